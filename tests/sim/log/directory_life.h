// One life of a process that holds a data directory and the logs of its partitions, driven from a
// test. End it with Node::kill() or power_cut(), then destroy it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "broker/log/log_directory.h"
#include "tests/unit/broker/log/log_rig.h"

namespace ropewalk::log {

inline constexpr const char* kRoot = "/d";

class DirectoryLife {
 public:
  DirectoryLife(sim::Simulation& world, sim::Node& node);

  Result<void> open(bool may_format);
  // Recovers the partition and takes it into use. `synced` is called inside whenever the durable
  // end has moved, with what it is.
  Result<void> open_partition(TopicPartition partition, LogOptions options,
                              std::function<void(Offset)> synced = {});
  Result<void> close(TopicPartition partition);
  // The marker of a clean stop. Pre: all logs are closed.
  Result<void> leave_marker();

  // Runs `work` inside the partition's Serial and returns when it has run.
  void inside(TopicPartition partition, std::function<void(PartitionLog&)> work);
  bool wait_durable(TopicPartition partition, Offset end);
  // Everything from the log's start to its end.
  Result<std::string> read_all(TopicPartition partition);

  bool has(TopicPartition partition) const { return owners_.contains(partition); }
  LogOwner& owner(TopicPartition partition) { return *owners_.at(partition); }
  PartitionLog& log(TopicPartition partition) { return *owner(partition).log; }
  LogDirectory& directory() { return *directory_; }
  env::Core& core() { return environment_.core(0); }
  sim::Simulation& world() { return world_; }

 private:
  sim::Simulation& world_;
  env::Environment& environment_;
  std::unique_ptr<env::FileSystem> files_;
  std::unique_ptr<LogDirectory> directory_;
  std::map<TopicPartition, std::shared_ptr<LogOwner>> owners_;
};

}  // namespace ropewalk::log
