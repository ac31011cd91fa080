#include "broker/metadata/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/metadata/record_codec.h"

namespace ropewalk::metadata {
namespace {

template <class Id>
Id id_of(std::uint8_t number) {
  Uuid uuid;
  uuid.bytes[0] = 1;
  uuid.bytes[15] = number;
  return Id(uuid);
}

Partition partition(std::int32_t index, std::vector<BrokerId> replicas = {BrokerId(1)}) {
  Partition made;
  made.index = PartitionId(index);
  made.directories.assign(replicas.size(), id_of<DirectoryId>(9));
  made.in_sync = replicas;
  made.leader = replicas.front();
  made.replicas = std::move(replicas);
  return made;
}

ImagePtr apply_all(ImagePtr base, Offset offset, const std::vector<Record>& records) {
  ImageEditor editor(std::move(base), offset);
  for (const Record& record : records) {
    auto applied = editor.apply(record);
    EXPECT_TRUE(applied) << to_string(applied.error());
  }
  return editor.finish();
}

BrokerRegistration broker(std::int32_t id) {
  BrokerRegistration made;
  made.id = BrokerId(id);
  made.incarnation = id_of<IncarnationId>(7);
  made.listeners = {{"native", "localhost", 9192}};
  made.rack = "r1";
  made.directories = {id_of<DirectoryId>(9)};
  made.features = {{"metadata.version", 1, 1}};
  return made;
}

std::vector<Record> one_of_each() {
  PartitionChangeRecord change;
  change.topic = id_of<TopicId>(1);
  change.index = PartitionId(0);
  change.leader = kNoBroker;
  change.eligible = std::vector<BrokerId>{};
  change.durability = Durability::syncing;
  change.last_known_eligible = std::vector{BrokerId(1)};
  change.last_known_ends = {{LeaderEpoch(0), Offset(7), true, true}};
  change.unclean = true;
  change.unclean_cause = UncleanCause::wait_is_over;
  return {FeatureLevelRecord{"metadata.version", 1},
          RegisterBrokerRecord{broker(1)},
          BrokerRegistrationChangeRecord{BrokerId(1), BrokerEpoch(5), false, true, {}},
          TopicRecord{id_of<TopicId>(1), "orders"},
          PartitionRecord{id_of<TopicId>(1), partition(0)},
          PartitionRecord{id_of<TopicId>(1), partition(1)},
          change,
          ConfigRecord{id_of<TopicId>(1), "durability", "replicated"},
          ConfigRecord{ClusterScope{}, "segment.bytes", "1048576"},
          ConfigRecord{BrokerId(1), "x", ""},
          TopicRecord{id_of<TopicId>(65), "same bucket"},
          ProducerIdsRecord{ProducerId(1000), BrokerId(1), BrokerEpoch(5)},
          NoOpRecord{}};
}

ImagePtr full_image() { return apply_all(std::make_shared<Image>(), Offset(5), one_of_each()); }

TEST(Image, ShowsWhatRecordsSay) {
  const auto image = full_image();
  EXPECT_EQ(image->offset(), Offset(5));
  EXPECT_EQ(image->broker(BrokerId(1))->epoch, BrokerEpoch(5));  // The entry's offset.
  EXPECT_FALSE(image->broker(BrokerId(1))->fenced);
  ASSERT_NE(image->topic("orders"), nullptr);
  EXPECT_EQ(image->topic("orders")->partitions.size(), 2u);
  const auto* changed = image->partition({id_of<TopicId>(1), 0});
  EXPECT_EQ(changed->leader, kNoBroker);
  EXPECT_EQ(changed->leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(changed->partition_epoch, PartitionEpoch(1));
  EXPECT_EQ(changed->last_unclean_epoch, LeaderEpoch(1));
  EXPECT_EQ(changed->last_known_ends,
            (std::vector<ReplicaEnd>{{LeaderEpoch(0), Offset(7), true, true}}));
  EXPECT_EQ(image->topic("orders")->configs.at("durability"), "replicated");
  EXPECT_EQ(image->partition({id_of<TopicId>(1), 2}), nullptr);
  EXPECT_EQ(image->partition({id_of<TopicId>(1), -1}), nullptr);
}

// Through bytes: what is written as a snapshot makes the same image again.
TEST(Image, SurvivesSnapshotRoundTrip) {
  const auto image = full_image();
  const auto records = to_records(*image);
  auto decoded = decode_records(encode_records(records));
  ASSERT_TRUE(decoded);
  const auto again = apply_all(std::make_shared<Image>(), Offset(5), *decoded);
  EXPECT_EQ(encode_records(to_records(*again)), encode_records(records));
  EXPECT_EQ(*again->broker(BrokerId(1)), *image->broker(BrokerId(1)));
  EXPECT_EQ(*again->partition({id_of<TopicId>(1), 0}), *image->partition({id_of<TopicId>(1), 0}));
}

TEST(Image, OlderOneStaysAsItWas) {
  const auto before = full_image();
  PartitionChangeRecord change;
  change.topic = id_of<TopicId>(1);
  change.index = PartitionId(1);
  change.leader = BrokerId(1);
  const auto after = apply_all(before, Offset(6),
                               {change, ConfigRecord{id_of<TopicId>(1), "durability", std::nullopt},
                                RemoveTopicRecord{id_of<TopicId>(65)}});
  EXPECT_EQ(before->partition({id_of<TopicId>(1), 1})->leader_epoch, LeaderEpoch(0));
  EXPECT_EQ(after->partition({id_of<TopicId>(1), 1})->leader_epoch, LeaderEpoch(1));
  EXPECT_TRUE(before->topic("same bucket"));
  EXPECT_FALSE(after->topic("same bucket"));
  EXPECT_EQ(before->topics().size(), 2u);
  EXPECT_EQ(after->topics().size(), 1u);
  EXPECT_TRUE(before->topic("orders")->configs.contains("durability"));
  EXPECT_FALSE(after->topic("orders")->configs.contains("durability"));
}

TEST(Image, NamesItsChanges) {
  const auto before = full_image();
  PartitionChangeRecord change;
  change.topic = id_of<TopicId>(1);
  change.index = PartitionId(1);
  change.leader = BrokerId(1);
  auto after = apply_all(before, Offset(6), {change});
  auto changes = partition_changes(*before, *after);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].id.partition, 1);
  EXPECT_EQ(changes[0].after->leader_epoch, LeaderEpoch(1));

  after = apply_all(before, Offset(6), {RemoveTopicRecord{id_of<TopicId>(1)}});
  changes = partition_changes(*before, *after);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].after, nullptr);
  EXPECT_EQ(changes[0].topic, nullptr);

  // A changed setting concerns every partition.
  after = apply_all(before, Offset(6), {ConfigRecord{id_of<TopicId>(1), "retention.ms", "-1"}});
  EXPECT_EQ(partition_changes(*before, *after).size(), 2u);
}

TEST(Image, ASettingOfTheClusterConcernsAllPartitionsOnce) {
  const auto before = full_image();
  PartitionChangeRecord change;
  change.topic = id_of<TopicId>(1);
  change.index = PartitionId(1);
  change.leader = BrokerId(1);
  const auto after =
      apply_all(before, Offset(6), {change, ConfigRecord{ClusterScope{}, "retention.ms", "-1"}});
  std::size_t partitions = 0;
  after->topics().for_each(
      [&](const TopicId&, const TopicPtr& topic) { partitions += topic->partitions.size(); });
  EXPECT_EQ(partition_changes(*before, *after).size(), partitions);
}

TEST(Image, NamesThePartitionsThatATopicGrowsBy) {
  const auto before = full_image();
  const auto after =
      apply_all(before, Offset(6), {PartitionRecord{id_of<TopicId>(1), partition(2)}});
  const auto changes = partition_changes(*before, *after);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].id.partition, 2);
  EXPECT_EQ(changes[0].before, nullptr);
  EXPECT_EQ(changes[0].topic->partitions.size(), 3u);
}

TEST(Image, RefusesContradictions) {
  const auto base = full_image();
  Partition no_member = partition(2);
  no_member.in_sync = {BrokerId(2)};
  Partition foreign_leader = partition(2);
  foreign_leader.leader = BrokerId(2);
  PartitionChangeRecord missing;
  missing.topic = id_of<TopicId>(1);
  missing.index = PartitionId(7);
  auto same_epoch = broker(1);
  same_epoch.epoch = BrokerEpoch(5);
  const std::vector<Record> bad{
      BrokerRegistrationChangeRecord{BrokerId(1), BrokerEpoch(4), true, {}, {}},
      BrokerRegistrationChangeRecord{BrokerId(2), BrokerEpoch(5), true, {}, {}},
      UnregisterBrokerRecord{BrokerId(1), BrokerEpoch(4)},
      RegisterBrokerRecord{same_epoch},
      TopicRecord{id_of<TopicId>(1), "other"},
      TopicRecord{id_of<TopicId>(2), "orders"},
      TopicRecord{TopicId(), "other"},
      RemoveTopicRecord{id_of<TopicId>(3)},
      PartitionRecord{id_of<TopicId>(3), partition(0)},
      PartitionRecord{id_of<TopicId>(1), partition(3)},
      PartitionRecord{id_of<TopicId>(1), no_member},
      PartitionRecord{id_of<TopicId>(1), foreign_leader},
      missing,
      ConfigRecord{id_of<TopicId>(3), "k", "v"},
      ProducerIdsRecord{ProducerId(999), BrokerId(1), BrokerEpoch(5)}};
  const std::string before = encode_records(to_records(*base));
  for (std::size_t i = 0; i < bad.size(); i++) {
    ImageEditor editor(base, Offset(6));
    auto applied = editor.apply(bad[i]);
    ASSERT_FALSE(applied) << i;
    EXPECT_EQ(applied.error().code, Errc::corrupt);
    EXPECT_EQ(encode_records(to_records(editor.view())), before) << i;
  }
}

TEST(RecordCodec, KeepsEveryKind) {
  auto records = one_of_each();
  records.push_back(UnregisterBrokerRecord{BrokerId(1), BrokerEpoch(5)});
  records.push_back(RemoveTopicRecord{id_of<TopicId>(1)});
  const std::string bytes = encode_records(records);
  auto decoded = decode_records(bytes);
  ASSERT_TRUE(decoded) << to_string(decoded.error());
  ASSERT_EQ(decoded->size(), records.size());
  for (std::size_t i = 0; i < records.size(); i++)
    EXPECT_EQ((*decoded)[i].index(), records[i].index());
  EXPECT_EQ(encode_records(*decoded), bytes);
  // A set but empty list is not an absent one.
  const auto& change = std::get<PartitionChangeRecord>((*decoded)[6]);
  EXPECT_TRUE(change.eligible && change.eligible->empty());
  EXPECT_FALSE(change.in_sync);
  const auto& config = std::get<ConfigRecord>((*decoded)[9]);
  EXPECT_TRUE(config.value && config.value->empty());
}

TEST(RecordCodec, EntryIsABatchWithOneRecord) {
  const auto entry = encode_entry(one_of_each(), 1234);
  auto decoded = decode_entry(entry.span());
  ASSERT_TRUE(decoded) << to_string(decoded.error());
  ASSERT_TRUE(decoded->has_value());
  EXPECT_EQ(encode_records(**decoded), encode_records(one_of_each()));
}

TEST(RecordCodec, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(decode_records("\xff\xff").error().code, Errc::corrupt);
  // records { version: 2 no_op {} }, then records { version: 1 } with a kind from the future.
  EXPECT_EQ(decode_records(std::string_view("\x0a\x04\x08\x02\x62\x00", 6)).error().code,
            Errc::unsupported_version);
  EXPECT_EQ(decode_records(std::string_view("\x0a\x05\x08\x01\xc2\x3e\x00", 7)).error().code,
            Errc::unsupported_version);
}

}  // namespace
}  // namespace ropewalk::metadata
