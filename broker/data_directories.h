// The data directories of one broker: opens them all, or makes a new cluster of one out of empty
// ones.
//
// On core 0. The first directory also holds the quorum, which has a file system (and so threads) of
// its own. A later one whose disk fails while it is opened takes no part in this life (R11); the
// first, and any while a new cluster is made, must be there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/log_directory.h"
#include "common/env/environment.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/settings/broker_settings.h"
#include "common/uuid.h"

namespace ropewalk {

class DataDirectories {
 public:
  // Rules: architecture.md, "Names, ports, command line". Errors: wrong_owner, not_found, corrupt,
  // permission_denied, ...
  static Task<Result<std::unique_ptr<DataDirectories>>> open(env::Environment& environment,
                                                             BrokerSettings settings);

  ClusterId cluster() const { return cluster_; }
  // Of the first directory: it names this broker's place in the quorum.
  DirectoryId first_id() const { return directories_.front()->meta().directory; }
  std::vector<DirectoryId> ids() const;  // Of those that take part.
  std::vector<log::LogDirectory*> logs() const;
  // Those that do not, with the reason; their ids are not known.
  struct Lost {
    std::string root;
    Error error;
  };
  const std::vector<Lost>& lost() const { return lost_; }
  std::vector<TopicPartition> replicas() const;  // What the journals hold.
  env::FileSystem& quorum_files() { return *quorum_files_; }
  // The quorum may begin from nothing: nothing here shows that there was one before.
  bool quorum_may_format() const { return quorum_may_format_; }
  // There is one now: no later life may begin from nothing.
  Task<Result<void>> remember_quorum();
  // What the last life left when it stopped in order, the same in every directory.
  std::optional<BrokerEpoch> clean_stop_epoch() const;

  Task<Result<void>> write_clean_stop(log::CleanStop marker);
  // Pre: all logs are closed.
  Task<void> close();

 private:
  DataDirectories() = default;

  // One that answers so far.
  struct Found {
    std::string root;
    std::unique_ptr<env::FileSystem> files;
    std::optional<log::DirectoryMeta> meta;  // None: it is empty.
  };
  static Task<Result<Found>> look_at(env::Environment& environment, std::string root,
                                     std::size_t sync_threads);
  Task<Result<void>> look_at_all(env::Environment& environment, const BrokerSettings& settings);
  Result<void> choose_cluster(env::Environment& environment, const BrokerSettings& settings);
  Task<Result<void>> take(env::Environment& environment, Found found,
                          const BrokerSettings& settings);
  Task<Result<void>> open_all(env::Environment& environment, const BrokerSettings& settings);
  Result<void> check_each_is_once() const;
  // Fails, or goes on without it.
  Result<void> go_without(const std::string& root, Error error);

  std::vector<Found> found_;  // Until they are taken.
  bool fresh_ = false;        // All are empty: a new cluster.
  std::vector<Lost> lost_;
  ClusterId cluster_;
  bool quorum_may_format_ = false;
  std::vector<std::string> roots_;  // Of those that take part, in order; and what is there.
  std::vector<std::unique_ptr<env::FileSystem>> files_;
  std::unique_ptr<env::FileSystem> quorum_files_;
  std::vector<std::unique_ptr<log::LogDirectory>> directories_;
};

}  // namespace ropewalk
