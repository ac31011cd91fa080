// Makes a topic, sends three records and reads them back.
//
// usage: hello HOST:PORT [TOPIC]
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <ropewalk/admin.h>
#include <ropewalk/client.h>
#include <ropewalk/consumer.h>
#include <ropewalk/producer.h>

namespace {

int give_up(const char* doing, const ropewalk::Error& error) {
  std::fprintf(stderr, "hello: %s: %s%s\n", doing, ropewalk::to_string(error).c_str(),
               ropewalk::is_retriable(error.code) ? " (later it may work)" : "");
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: hello HOST:PORT [TOPIC]\n");
    return 2;
  }
  const std::string topic = argc > 2 ? argv[2] : "hello";
  auto client = ropewalk::Client::connect({.brokers = {argv[1]}});
  if (!client) return give_up("connecting", client.error());

  ropewalk::Admin admin(*client);
  const auto created = admin.create_topic({.name = topic, .partitions = 1});
  if (!created && created.error().code != ropewalk::Errc::topic_already_exists)
    return give_up("making the topic", created.error());

  ropewalk::Producer producer(*client);
  std::vector<ropewalk::Delivery> deliveries;
  for (const char* word : {"one", "two", "three"})
    deliveries.push_back(producer.send({.topic = topic, .key = "count", .value = word}));
  for (const ropewalk::Delivery& delivery : deliveries) {
    const auto delivered = delivery.wait(std::chrono::seconds(30));
    if (!delivered) return give_up("sending", delivered.error());
    std::printf("sent to %s at %lld\n", to_string(delivered->partition).c_str(),
                static_cast<long long>(delivered->offset));
  }

  ropewalk::Consumer consumer(*client);
  if (const auto assigned = consumer.assign_topic(topic); !assigned)
    return give_up("assigning", assigned.error());
  for (std::size_t read = 0; read < deliveries.size();) {
    const auto records = consumer.poll(std::chrono::seconds(10));
    if (!records) return give_up("reading", records.error());
    for (const ropewalk::ConsumedRecord& record : *records)
      std::printf("read %.*s\n", static_cast<int>(record.value->size()), record.value->data());
    if (records->empty()) break;
    read += records->size();
  }
  return 0;
}
