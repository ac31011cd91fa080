#include "tests/load/topic_churn.h"

#include <utility>

#include <fmt/format.h>

#include "tests/support/http_get.h"

namespace ropewalk::load {
namespace {

using namespace std::chrono_literals;

constexpr int kRecordsOfAVisitor = 50;

}  // namespace

TopicChurn::TopicChurn(std::vector<std::string> topics, std::string broker,
                       std::uint16_t admin_port, Verdict& verdict)
    : topics_(std::move(topics)),
      broker_(std::move(broker)),
      admin_port_(admin_port),
      verdict_(verdict),
      thread_([this] { churn(); }) {}

TopicChurn::~TopicChurn() { thread_.join(); }

void TopicChurn::churn() {
  for (int round = 0; !verdict_.ended(); round++) {
    if (const auto turned = turn(round); !turned)
      verdict_.fault("churn", to_string(turned.error()));
    for (int i = 0; i < 10 && !verdict_.ended(); i++) std::this_thread::sleep_for(100ms);
  }
}

Result<void> TopicChurn::turn(int round) {
  TRY_VOID(come_and_go(round));
  TRY(auto client, Client::connect(patient_client(broker_, "admin")));
  Admin admin(client);
  TRY_VOID(change_settings(admin, round));
  if (round % 3 == 0) TRY_VOID(delete_records(admin, round));
  return look(admin);
}

// A topic from its creation to its deletion, with its own client.
Result<void> TopicChurn::come_and_go(int round) {
  TRY(auto client, Client::connect(patient_client(broker_, "visitor")));
  Admin admin(client);
  const std::string name = fmt::format("visitor-{}", round);
  TRY_VOID(admin.create_topic({.name = name, .partitions = 1 + round % 4}));
  Producer producer(client, {.compression = static_cast<Compression>(round % 5)});
  for (int i = 0; i < kRecordsOfAVisitor; i++)
    static_cast<void>(producer.send({.topic = name, .key = std::to_string(i), .value = "visitor"}));
  TRY_VOID(producer.close());
  Consumer consumer(client);
  TRY_VOID(consumer.assign_topic(name));
  std::size_t read = 0;
  const auto patience = std::chrono::steady_clock::now() + 5min;
  while (read < kRecordsOfAVisitor && std::chrono::steady_clock::now() < patience) {
    TRY(const auto records, consumer.poll(200ms));
    read += records.size();
  }
  if (read != kRecordsOfAVisitor)
    return fail(Errc::corrupt, "{} of {} records of {} came back", read, kRecordsOfAVisitor, name);
  consumer.close();
  TRY_VOID(admin.delete_topic(name));
  verdict_.count("topics made and deleted");
  return {};
}

Result<void> TopicChurn::change_settings(Admin& admin, int round) {
  const std::string& topic = topics_[static_cast<std::size_t>(round) % topics_.size()];
  const std::vector<TopicSettingChange> changes = {
      {"segment.bytes", std::to_string((1 << 20) << (round % 3))},
      {"segment.ms", std::to_string(3000 + 1000 * (round % 3))},
      {"retention.bytes", round % 2 == 0 ? std::optional<std::string>() : "6000000"}};
  TRY_VOID(admin.set_topic_config(topic, changes));
  TRY(const auto described, admin.describe_topics({topic}));
  for (const DescribedSetting& setting : described.front().settings)
    if (setting.name == changes[0].name && setting.value != *changes[0].value)
      return fail(Errc::corrupt, "{} of {} is {}, and was set to {}", setting.name, topic,
                  setting.value, *changes[0].value);
  verdict_.count("settings changed");
  return {};
}

Result<void> TopicChurn::delete_records(Admin& admin, int round) {
  const PartitionName partition{topics_[static_cast<std::size_t>(round / 3) % topics_.size()],
                                round % kPartitions};
  TRY(const auto offsets, admin.list_offsets({{partition, OffsetWanted::earliest, {}},
                                              {partition, OffsetWanted::latest, {}}}));
  const std::int64_t before = (offsets[0].offset + offsets[1].offset) / 2;
  TRY(const auto deleted, admin.delete_records({{partition, before}}));
  if (deleted.front().begin < before)
    return fail(Errc::corrupt, "{} begins at {}, and records before {} were deleted",
                to_string(partition), deleted.front().begin, before);
  verdict_.count("records deleted up to an offset");
  return {};
}

Result<void> TopicChurn::look(Admin& admin) {
  TRY_VOID(admin.list_topics());
  TRY_VOID(admin.cluster_status());
  for (const char* path : {"/metrics", "/healthz", "/readyz"}) {
    TRY(const auto got, support::http_get(admin_port_, path, 5min));
    if (got.status != 200 || got.body.empty())
      return fail(Errc::corrupt, "{}: {}, {}", path, got.status, got.body);
  }
  verdict_.count("scrapes");
  return {};
}

}  // namespace ropewalk::load
