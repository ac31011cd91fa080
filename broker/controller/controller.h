// The decisions of the one active controller (M2): what happens becomes records.
//
// Pure: no clock, chance, file or socket; the shell (broker/node) hands in the time and ids that
// nobody has had, keeps M6's order and tells answers once they are committed. One object a term of
// office: what it holds beside the image are the sessions of the brokers, which a new controller
// begins anew in full, and the waits for replicas that may be the only ones to hold what was
// committed. Lives on the control core.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "broker/controller/batch.h"
#include "broker/metadata/controller_port.h"
#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::controller {

struct ControllerOptions {
  ClusterId cluster;
  std::chrono::milliseconds session{3000};
  // For who was in sync last, where nobody left is whole, in a `replicated` topic (R7).
  std::chrono::milliseconds unclean_recovery_wait{30'000};
  // How often it is looked whether the first replicas lead; 0: never.
  std::chrono::milliseconds balance_every{0};
  std::int32_t partitions_default = 1;   // Of a topic whose maker leaves it to the cluster.
  std::int32_t partitions_max = 10'000;  // Of one topic.
  std::size_t replicas_max = 20'000;     // Of partitions, on one broker.
  std::function<Uuid()> draw_id;         // Ids for topics.
  // Whether it votes on the metadata, which no record says.
  std::function<bool(BrokerId)> votes = [](BrokerId) { return false; };
};

// The levels of `metadata.version` that this build understands, from the oldest that it can go on
// with; a new cluster begins with the newest. What a level adds is not written below it, for
// brokers that would not heed it:
//   2  settings of single brokers (broker/metadata/broker_settings.h)
inline constexpr std::int32_t kMetadataVersionMin = 1;
inline constexpr std::int32_t kMetadataVersion = 2;
inline constexpr std::int32_t kBrokerSettingsSince = 2;
inline constexpr const char* kMetadataVersionFeature = "metadata.version";

class Controller {
 public:
  using Time = env::MonotonicTime;

  // Every registered broker that is not fenced gets a full session from `now` on.
  Controller(ControllerOptions options, const metadata::Image& image, Time now);

  // What has to be in the image before anything else is decided: the feature level of a new
  // cluster.
  void prepare(Batch& batch) const;

  // Decides one event against batch.image() and adds the records that follow from it. An item that
  // is refused adds none.
  std::vector<Result<metadata::ItemAnswer>> decide(Batch& batch,
                                                   const metadata::ControllerEvent& event,
                                                   Time now);

  // That life of a broker is known to be over (M3): so is its session.
  void end_session(BrokerId broker, BrokerEpoch epoch, const metadata::Image& image);
  // Fences the brokers whose session is over, elects where nobody is waited for any longer, and
  // gives leaderships back to the first replicas.
  void expire(Batch& batch, Time now);
  // When expire() will have something to do; kNever if nothing runs.
  Time next_expiry() const;

 private:
  using Items = std::vector<Result<metadata::ItemAnswer>>;
  using Item = Result<metadata::ItemAnswer>;
  Items on(Batch& batch, const metadata::RegisterBroker& event, Time now);
  Items on(Batch& batch, const metadata::BrokerHeartbeat& event, Time now);
  Items on(Batch& batch, const metadata::CreateTopics& event, Time now);
  Items on(Batch& batch, const metadata::DeleteTopics& event, Time now);
  Items on(Batch& batch, const metadata::CreatePartitions& event, Time now);
  Items on(Batch& batch, const metadata::SetConfigs& event, Time now);
  Items on(Batch& batch, const metadata::AllocateProducerIds& event, Time now);
  Items on(Batch& batch, const metadata::ReportSynced& event, Time now);
  Items on(Batch& batch, const metadata::AlterInSync& event, Time now);
  Items on(Batch& batch, const metadata::ReportDamaged& event, Time now);
  Items on(Batch& batch, const metadata::ElectLeaders& event, Time now);
  Items on(Batch& batch, const metadata::AlterReassignments& event, Time now);
  Items on(Batch& batch, const metadata::UnregisterBroker& event, Time now);
  static Items on(Batch& batch, const metadata::UpdateFeature& event, Time now);
  // Whoever asks for decisions answers these: they make no records.
  static Items on(Batch&, const metadata::ChangeVoters&, Time) { return not_by_records(); }
  static Items on(Batch&, const metadata::DescribeVoters&, Time) { return not_by_records(); }
  static Items not_by_records();

  void expire_sessions(Batch& batch, Time now);
  // What the records from that one on have left without a leader, or may have given one.
  void look_after_leaderless(Batch& batch, std::size_t from, Time now);
  void await_recovery(const metadata::Image& image, const TopicPartition& id, Time now);
  void expire_recoveries(Batch& batch, Time now);
  void balance_leaders(Batch& batch, Time now);
  bool may_shut_down(const metadata::Image& image, BrokerId broker) const;

  ControllerOptions options_;
  std::map<BrokerId, Time> session_ends_;
  std::map<BrokerId, Offset> applied_;    // Of the metadata, as heartbeats tell.
  std::map<BrokerId, Offset> shutdowns_;  // Where those that want to end have left everything.
  Time next_balance_ = env::kNever;
  std::map<TopicPartition, Time> recoveries_;  // When R7's wait is over.
};

}  // namespace ropewalk::controller
