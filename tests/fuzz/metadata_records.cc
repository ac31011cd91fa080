// Entries of the metadata log: protobuf to records and back, in words, and into an image.
#include "broker/metadata/image.h"
#include "broker/metadata/record_codec.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

void use(const std::vector<metadata::Record>& records) {
  const std::string stored = metadata::encode_records(records);
  const auto again = metadata::decode_records(stored);
  ENSURE(again && metadata::encode_records(*again) == stored, "other records when stored");
  metadata::ImageEditor editor(std::make_shared<const metadata::Image>(), Offset(1));
  for (const metadata::Record& record : records) {
    std::ignore = metadata::describe_record(record);
    std::ignore = editor.apply(record);
  }
  std::ignore = editor.finish();
}

std::vector<metadata::Record> some_records() {
  metadata::BrokerRegistration broker;
  broker.id = BrokerId(1);
  broker.incarnation.bytes.fill(1);
  broker.listeners.push_back({"native", "a", 9192});
  broker.directories.resize(1);
  broker.directories[0].bytes.fill(2);
  TopicId topic;
  topic.bytes.fill(3);
  metadata::Partition partition;
  partition.replicas = partition.in_sync = {BrokerId(1)};
  partition.directories = broker.directories;
  partition.leader = BrokerId(1);
  metadata::PartitionChangeRecord change;
  change.topic = topic;
  change.leader = kNoBroker;
  change.in_sync = std::vector<BrokerId>{};
  return {metadata::FeatureLevelRecord{"level", 1},
          metadata::RegisterBrokerRecord{broker},
          metadata::BrokerRegistrationChangeRecord{BrokerId(1), BrokerEpoch(1), false, {}, {}},
          metadata::TopicRecord{topic, "orders"},
          metadata::PartitionRecord{topic, partition},
          change,
          metadata::ConfigRecord{topic, "retention.ms", "1000"},
          metadata::ConfigRecord{metadata::ClusterScope{}, "durability", std::nullopt},
          metadata::ProducerIdsRecord{ProducerId(1000), BrokerId(1), BrokerEpoch(1)},
          metadata::NoOpRecord{},
          metadata::RemoveTopicRecord{topic},
          metadata::UnregisterBrokerRecord{BrokerId(1), BrokerEpoch(1)}};
}

}  // namespace

std::vector<Seed> seeds() {
  const std::string zero(1, '\0');
  std::vector<Seed> all = {
      {"all", zero + metadata::encode_records(some_records())},
      {"entry", "\x01" + std::string(metadata::encode_entry(some_records(), 5).text())},
      {"entry_as_it_is", "\x02" + std::string(metadata::encode_entry(some_records(), 5).text())}};
  for (const metadata::Record& record : some_records())
    all.push_back(
        {fmt::format("kind_{}", record.index()), zero + metadata::encode_records({&record, 1})});
  return all;
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const int mode = input.byte() % 3;
  if (mode == 0) {
    if (const auto records = metadata::decode_records(input.rest())) use(*records);
    return 0;
  }
  const std::string batch =
      mode == 1 ? with_right_checksums(input.rest()) : std::string(input.rest());
  if (const auto records = metadata::decode_entry(as_bytes(batch)); records && *records)
    use(**records);
  return 0;
}
