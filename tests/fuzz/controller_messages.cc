// What brokers ask of the controller, and its answers: protobuf to values and back.
#include "broker/metadata/controller_codec.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

using metadata::ControllerEvent;

DirectoryId a_directory() {
  DirectoryId directory;
  directory.bytes.fill(2);
  return directory;
}

// What answers are held against, by number.
std::vector<ControllerEvent> some_events() {
  TopicId topic;
  topic.bytes.fill(3);
  metadata::RegisterBroker life;
  life.broker.id = BrokerId(1);
  life.broker.incarnation.bytes.fill(1);
  life.broker.listeners.push_back({"broker", "a", 9193});
  life.broker.directories.resize(1);
  life.clean_stop_epoch = BrokerEpoch(4);
  life.cut = life.damaged = {{topic, 1}};
  life.ends = {{{topic, 1}, LeaderEpoch(2), Offset(3)}};
  const metadata::TopicRef by_name{TopicId(), "orders"};
  const metadata::Replicas replicas{BrokerId(1), BrokerId(2)};
  return {
      life,
      metadata::BrokerHeartbeat{BrokerId(1), BrokerEpoch(4), Offset(9), true, true, {{}}},
      metadata::CreateTopics{{{"orders", -1, -1, {{"a", "b"}}, {{0, replicas}}}}, true},
      metadata::DeleteTopics{{by_name, {topic, ""}}},
      metadata::CreatePartitions{{{by_name, 2, std::vector<metadata::Replicas>{replicas}}}, true},
      metadata::SetConfigs{
          {{metadata::ClusterScope{}, "a", "b"}, {by_name, "a", {}}}, true, {BrokerId(1)}},
      metadata::AllocateProducerIds{BrokerId(1), BrokerEpoch(4)},
      metadata::ReportSynced{BrokerId(1), BrokerEpoch(4), {topic, 1}, LeaderEpoch(2)},
      metadata::AlterInSync{
          BrokerId(1),
          BrokerEpoch(4),
          {{{topic, 1}, LeaderEpoch(2), PartitionEpoch(3), {{BrokerId(1), {}}}, {}}}},
      metadata::ReportDamaged{BrokerId(1), BrokerEpoch(4), {{topic, 1}}},
      metadata::ElectLeaders{metadata::ElectionKind::unclean, {{topic, 1}}},
      metadata::AlterReassignments{{{{topic, 1}, replicas}, {{topic, 2}, std::nullopt}}},
      metadata::UnregisterBroker{BrokerId(1)},
      metadata::UpdateFeature{"metadata.version", 2},
      metadata::ChangeVoters{metadata::VoterName{BrokerId(1), {}},
                             metadata::VoterName{BrokerId(2), a_directory()}},
      metadata::DescribeVoters{}};
}

using Answer = Result<metadata::ControllerAnswer>;

void read_event(std::string_view bytes) {
  const auto event = metadata::decode_event(bytes);
  if (!event) return;
  const auto again = metadata::decode_event(metadata::encode_event(*event).text());
  ENSURE(again && *again == *event, "another event of kind {} when sent", event->index());
}

void read_answer(std::string_view bytes, const ControllerEvent& asked) {
  const auto answer = metadata::decode_answer(bytes, asked);
  if (!answer) return;
  const SharedBytes sent = metadata::encode_answer(*answer);
  const auto again = metadata::decode_answer(sent.text(), asked);
  ENSURE(again && metadata::encode_answer(*again).text() == sent.text(),
         "another answer when sent");
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (const ControllerEvent& event : some_events())
    all.push_back({fmt::format("event_{}", event.index()),
                   '\0' + std::string(metadata::encode_event(event).text())});
  const auto add = [&all](std::string name, char asked, const Answer& answer) {
    all.push_back({std::move(name), asked + std::string(metadata::encode_answer(answer).text())});
  };
  const auto one = [](metadata::ItemAnswer item) {
    return metadata::ControllerAnswer{Offset(5), {std::move(item)}};
  };
  add("registered", 1, one(metadata::BrokerRegistered{BrokerEpoch(5)}));
  add("heartbeat", 2, one(metadata::HeartbeatState{false, true, true}));
  add("created", 3, one(metadata::TopicCreated{TopicId(), 1, 1, {{"a", "b"}}}));
  add("deleted", 4,
      metadata::ControllerAnswer{Offset(5), {metadata::ItemAnswer(), fail(Errc::not_found, "b")}});
  add("producer_ids", 7, one(metadata::ProducerIdBlock{ProducerId(1000), 1000}));
  metadata::QuorumReplica replica;
  replica.broker = BrokerId(1);
  replica.directory = a_directory();
  replica.log_end = Offset(9);
  add("quorum", 15,
      one(metadata::QuorumState{BrokerId(1), Term(2), Offset(9), Offset(8), {replica}}));
  add("refused", 1, fail(Errc::not_controller, "elsewhere"));
  return all;
}

}  // namespace ropewalk::fuzz

// The first byte: 0 an event, else an answer to the event of that number, from 1.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  static const std::vector<ControllerEvent> asked = some_events();
  Input input(data, size);
  const std::size_t what = input.byte() % (asked.size() + 1);
  if (what == 0)
    read_event(input.rest());
  else
    read_answer(input.rest(), asked[what - 1]);
  return 0;
}
