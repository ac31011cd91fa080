#include "broker/metadata/controller_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ropewalk/internal/controller.pb.h"
#include "tests/support/ids.h"

namespace ropewalk::metadata {
namespace {

using ::testing::HasSubstr;

template <class Kind>
struct Of {};

// One of each kind, with no field left as it is made. A kind without one does not compile.
ControllerEvent example(Of<RegisterBroker>) {
  RegisterBroker event;
  event.cluster = id_of<ClusterId>(1);
  event.broker.id = BrokerId(2);
  event.broker.incarnation = id_of<IncarnationId>(3);
  event.broker.listeners = {{"native", "a", 9192}, {"broker", "::1", 65535}};
  event.broker.rack = "r";
  event.broker.names_voters = true;
  event.broker.all_directories = true;
  event.broker.directories = {id_of<DirectoryId>(4), id_of<DirectoryId>(5)};
  event.broker.features = {{"metadata.version", 1, 2}};
  event.clean_stop_epoch = BrokerEpoch(0);
  event.cut = {{id_of<TopicId>(6), 7}};
  event.damaged = {{id_of<TopicId>(8), 9}, {id_of<TopicId>(8), 10}};
  event.ends = {{{id_of<TopicId>(6), 7}, LeaderEpoch(11), Offset(12)},
                {{id_of<TopicId>(6), 8}, kNoLeaderEpoch, Offset(0)}};
  return event;
}
ControllerEvent example(Of<BrokerHeartbeat>) {
  return BrokerHeartbeat{BrokerId(1), BrokerEpoch(2), Offset(3),
                         true,        true,           {id_of<DirectoryId>(4)}};
}
ControllerEvent example(Of<CreateTopics>) {
  return CreateTopics{{{"a", 3, 2, {{"k", "v"}, {"", "\xff"}}},
                       {"b", -1, -1, {}, {{0, {BrokerId(1), BrokerId(2)}}, {1, {BrokerId(2)}}}}},
                      true};
}
ControllerEvent example(Of<DeleteTopics>) {
  return DeleteTopics{{{id_of<TopicId>(1), ""}, {TopicId(), "b"}}};
}
ControllerEvent example(Of<CreatePartitions>) {
  using Assignments = std::vector<Replicas>;
  return CreatePartitions{{{{TopicId(), "a"}, 4},
                           {{id_of<TopicId>(1), ""}, 5, Assignments{{BrokerId(1)}, {}}},
                           {{TopicId(), "c"}, 6, Assignments()}},
                          true};
}
ControllerEvent example(Of<SetConfigs>) {
  return SetConfigs{{{ClusterScope{}, "a", "1", ConfigEdit::set},
                     {BrokerId(2), "b", std::nullopt, ConfigEdit::append},
                     {TopicRef{TopicId(), "t"}, "c", "", ConfigEdit::subtract}},
                    true,
                    {ClusterScope{}, BrokerId(3), TopicRef{id_of<TopicId>(4), ""}}};
}
ControllerEvent example(Of<AllocateProducerIds>) {
  return AllocateProducerIds{BrokerId(1), BrokerEpoch(2)};
}
ControllerEvent example(Of<ReportSynced>) {
  return ReportSynced{BrokerId(1), BrokerEpoch(2), {id_of<TopicId>(3), 4}, LeaderEpoch(5)};
}
ControllerEvent example(Of<AlterInSync>) {
  const InSyncMember one{BrokerId(1), id_of<IncarnationId>(6)};
  const InSyncMember two{BrokerId(2), id_of<IncarnationId>(7)};
  const TopicPartition partition{id_of<TopicId>(3), 4};
  return AlterInSync{
      BrokerId(1),
      BrokerEpoch(2),
      {{partition, LeaderEpoch(5), PartitionEpoch(8), {one, two}, Recovery::recovered},
       {partition, LeaderEpoch(6), PartitionEpoch(9), {one}, Recovery::recovering}}};
}

ControllerEvent example(Of<ReportDamaged>) {
  return ReportDamaged{
      BrokerId(1), BrokerEpoch(2), {{id_of<TopicId>(3), 4}, {id_of<TopicId>(3), 5}}};
}

ControllerEvent example(Of<ElectLeaders>) {
  return ElectLeaders{ElectionKind::unclean, {{id_of<TopicId>(3), 4}}};
}

ControllerEvent example(Of<AlterReassignments>) {
  return AlterReassignments{{{{id_of<TopicId>(3), 4}, Replicas{BrokerId(1), BrokerId(2)}},
                             {{id_of<TopicId>(3), 5}, Replicas{}},
                             {{id_of<TopicId>(3), 6}, std::nullopt}}};
}
ControllerEvent example(Of<UnregisterBroker>) { return UnregisterBroker{BrokerId(7)}; }
ControllerEvent example(Of<UpdateFeature>) { return UpdateFeature{"metadata.version", 2, true}; }
ControllerEvent example(Of<ChangeVoters>) {
  return ChangeVoters{VoterName{BrokerId(7), id_of<DirectoryId>(8)},
                      VoterName{BrokerId(9), DirectoryId()}};
}
ControllerEvent example(Of<DescribeVoters>) { return DescribeVoters(); }

template <std::size_t... at>
std::vector<ControllerEvent> all_events(std::index_sequence<at...>) {
  return {example(Of<std::variant_alternative_t<at, ControllerEvent>>())...};
}
std::vector<ControllerEvent> all_events() {
  return all_events(std::make_index_sequence<std::variant_size_v<ControllerEvent>>());
}

ItemAnswer example(Of<std::monostate>) { return std::monostate(); }
ItemAnswer example(Of<BrokerRegistered>) { return BrokerRegistered{BrokerEpoch(1)}; }
ItemAnswer example(Of<HeartbeatState>) { return HeartbeatState{false, true, true}; }
ItemAnswer example(Of<TopicCreated>) {
  return TopicCreated{id_of<TopicId>(1), 2, 3, {{"k", "v"}, {"l", "w"}}};
}
ItemAnswer example(Of<ProducerIdBlock>) { return ProducerIdBlock{ProducerId(1), 2}; }
ItemAnswer example(Of<QuorumState>) {
  QuorumReplica full{BrokerId(4), id_of<DirectoryId>(5),       "h", 9193, true, true, true, true,
                     Offset(0),   std::chrono::milliseconds(6)};
  return QuorumState{BrokerId(1), Term(2), Offset(3), Offset(2), {full, QuorumReplica()}};
}

// An event that is answered with items of that kind, so many.
ControllerEvent asking(Of<std::monostate>, std::size_t count) {
  return DeleteTopics{std::vector<TopicRef>(count)};
}
ControllerEvent asking(Of<BrokerRegistered>, std::size_t) { return RegisterBroker(); }
ControllerEvent asking(Of<HeartbeatState>, std::size_t) { return BrokerHeartbeat(); }
ControllerEvent asking(Of<TopicCreated>, std::size_t count) {
  return CreateTopics{std::vector<NewTopic>(count)};
}
ControllerEvent asking(Of<ProducerIdBlock>, std::size_t) { return AllocateProducerIds(); }
ControllerEvent asking(Of<QuorumState>, std::size_t) { return DescribeVoters(); }

// What comes back of an answer; what the bytes are not taken for is an error of the outer.
Result<Result<ControllerAnswer>> through_bytes(const Result<ControllerAnswer>& answer,
                                               const ControllerEvent& asked) {
  return decode_answer(encode_answer(answer).text(), asked);
}

template <class Kind>
void expect_round_trip() {
  const ControllerAnswer answer{Offset(77), {example(Of<Kind>())}};
  const auto again = through_bytes(answer, asking(Of<Kind>(), 1));
  ASSERT_TRUE(again) << to_string(again.error());
  ASSERT_TRUE(*again) << to_string(again->error());
  EXPECT_EQ((*again)->offset, Offset(77));
  ASSERT_EQ((*again)->items.size(), 1U);
  ASSERT_TRUE((*again)->items[0]);
  EXPECT_EQ(*(*again)->items[0], example(Of<Kind>()));
}
template <std::size_t... at>
void expect_round_trips(std::index_sequence<at...>) {
  (expect_round_trip<std::variant_alternative_t<at, ItemAnswer>>(), ...);
}

TEST(ControllerCodec, BringsEveryKindOfEventBack) {
  for (const ControllerEvent& event : all_events()) {
    const auto again = decode_event(encode_event(event).text());
    ASSERT_TRUE(again) << event.index() << ": " << to_string(again.error());
    EXPECT_TRUE(*again == event) << "kind " << event.index();
  }
}

// -1 of a new topic is its default, no presence.
TEST(ControllerCodec, BringsWhatIsNotSaidBackAsNotSaid) {
  const std::vector<ControllerEvent> events = {
      RegisterBroker(), BrokerHeartbeat(),      CreateTopics{{{"a", -1, -1, {}}}},
      DeleteTopics(),   CreatePartitions{{{}}}, SetConfigs{{{ClusterScope{}, "a", std::nullopt}}},
      SetConfigs()};
  for (const ControllerEvent& event : events) {
    const auto again = decode_event(encode_event(event).text());
    ASSERT_TRUE(again) << event.index() << ": " << to_string(again.error());
    EXPECT_TRUE(*again == event) << "kind " << event.index();
  }
}

TEST(ControllerCodec, BringsEveryKindOfAnswerBack) {
  expect_round_trips(std::make_index_sequence<std::variant_size_v<ItemAnswer>>());
}

TEST(ControllerCodec, BringsErrorsBack) {
  const auto whole =
      through_bytes(fail(Errc::not_controller, "ask \xff elsewhere"), DeleteTopics());
  ASSERT_TRUE(whole && !*whole);
  EXPECT_EQ(whole->error().code, Errc::not_controller);
  EXPECT_EQ(whole->error().context, "ask \xff elsewhere");

  ControllerAnswer answer{Offset(5), {ItemAnswer(), fail(Errc::topic_already_exists, "a")}};
  const auto some = through_bytes(answer, asking(Of<std::monostate>(), 2));
  ASSERT_TRUE(some && *some);
  EXPECT_TRUE((*some)->items[0]);
  EXPECT_EQ((*some)->items[1].error().code, Errc::topic_already_exists);
  EXPECT_EQ((*some)->items[1].error().context, "a");
}

// Callers take the item apart as what they asked for.
TEST(ControllerCodec, RefusesAnswersToAnotherQuestion) {
  const ControllerAnswer epoch{Offset(1), {example(Of<BrokerRegistered>())}};
  EXPECT_EQ(through_bytes(epoch, BrokerHeartbeat()).error().code, Errc::malformed_frame);
  const ControllerAnswer one{Offset(1), {ItemAnswer()}};
  EXPECT_EQ(through_bytes(one, asking(Of<std::monostate>(), 2)).error().code,
            Errc::malformed_frame);
  EXPECT_EQ(decode_answer("", BrokerHeartbeat()).error().code, Errc::malformed_frame);
}

// Whatever is cut off: no crash, and nothing that was not sent.
TEST(ControllerCodec, RefusesBytesThatAreNone) {
  EXPECT_EQ(decode_event("\xff\xff").error().code, Errc::malformed_frame);
  EXPECT_EQ(decode_answer("\xff\xff", DeleteTopics()).error().code, Errc::malformed_frame);
  internal::ControllerRequest request;
  request.set_version(1);
  request.mutable_register_broker()->set_cluster("short");
  EXPECT_EQ(decode_event(request.SerializeAsString()).error().code, Errc::malformed_frame);
  request.mutable_register_broker()->clear_cluster();
  request.mutable_register_broker()->add_listeners()->set_port(65536);
  EXPECT_EQ(decode_event(request.SerializeAsString()).error().code, Errc::malformed_frame);
  request.mutable_set_configs()->add_changes()->set_edit(internal::ConfigChange::SET);
  EXPECT_THAT(decode_event(request.SerializeAsString()).error().context, HasSubstr("nobody"));
  internal::ControllerResponse response;
  response.mutable_error()->set_context("no code");
  EXPECT_EQ(decode_answer(response.SerializeAsString(), DeleteTopics()).error().code,
            Errc::malformed_frame);
}

// They may say what this controller would overlook.
TEST(ControllerCodec, RefusesKindsAndVersionsThatItDoesNotKnow) {
  internal::ControllerRequest request;
  request.set_version(1);
  EXPECT_EQ(decode_event(request.SerializeAsString()).error().code, Errc::unsupported_version);
  request.set_version(2);
  request.mutable_delete_topics();
  EXPECT_EQ(decode_event(request.SerializeAsString()).error().code, Errc::unsupported_version);
  request.set_version(1);
  auto& change = *request.mutable_set_configs()->add_changes();
  change.mutable_scope()->mutable_cluster();
  EXPECT_EQ(decode_event(request.SerializeAsString()).error().code, Errc::unsupported_version);
}

}  // namespace
}  // namespace ropewalk::metadata
