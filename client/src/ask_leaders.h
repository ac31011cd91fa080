// Questions about partitions, put to their leaders: offsets to be found, records to be deleted.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/src/shell.h"
#include "ropewalk/types.h"
#include "ropewalk/v1/error.pb.h"
#include "ropewalk/v1/leader.pb.h"

namespace ropewalk::client {

// The partitions that are asked about, and how far that is.
class LeaderRound {
 public:
  explicit LeaderRound(std::vector<PartitionName> partitions)
      : partitions_(std::move(partitions)), answered_(partitions_.size()) {}

  std::size_t size() const { return partitions_.size(); }
  const PartitionName& partition(std::size_t index) const { return partitions_[index]; }
  bool answered(std::size_t index) const { return answered_[index]; }
  bool complete() const;

  void set_answered(std::size_t index) { answered_[index] = true; }
  // The broker's error for the partition: forgets what it has shown to be wrong; the partition is
  // asked about again. Errors: this one, naming the partition, when it does not pass.
  Result<void> refused(ClusterView& view, std::size_t index, const v1::Error& error,
                       const v1::LeaderHint* hint);

  Error last{Errc::leader_not_available, ""};  // Why the latest attempt failed.

 private:
  std::vector<PartitionName> partitions_;
  std::vector<bool> answered_;
};

struct LeaderCall {
  v1::ApiKey api = v1::API_NONE;
  std::string doing;  // "finding offsets": for messages.
  // The request about these partitions of the round, whose leaders the view knows.
  std::function<Link::Encode(const ClusterView& view, const std::vector<std::size_t>& asked)>
      encode;
  // Notes the answers in the round. Errors: what does not pass.
  std::function<Result<void>(ClusterView& view, const std::vector<std::size_t>& asked,
                             ByteSpan body)>
      take;
};

// Asks until the round is complete. What can pass (a leader that moves, a broker that is away) is
// tried again until the deadline. Core only. Errors: the first that does not pass, naming the
// partition; request_timed_out, cancelled.
Task<Result<void>> ask_leaders(std::shared_ptr<Shell> shell, std::shared_ptr<LeaderRound> round,
                               LeaderCall call, env::MonotonicTime deadline);

}  // namespace ropewalk::client
