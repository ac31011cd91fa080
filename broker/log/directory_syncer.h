// Makes files durable: one a data directory. Syncs are asked of it, never of a file, so that how
// they are grouped is decided in one place.
//
// Files wait in one queue for one of `sync_threads` workers; a file that waits already is synced
// once for all who asked. Lives on the core of its HomeTasks; ask from any core.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/log/directory_metrics.h"
#include "broker/log/home_tasks.h"
#include "common/env/environment.h"
#include "common/env/file.h"

namespace ropewalk::log {

struct SyncRequest {
  std::vector<env::FilePtr> files;
  std::vector<std::string> directories;
};

class DirectorySyncer {
 public:
  using Done = std::move_only_function<void(Result<void>)>;

  // All must outlive the syncer. `sync_threads`: how many syncs may run at a time.
  DirectorySyncer(env::Environment& environment, env::FileSystem& files, HomeTasks& tasks,
                  DirectoryMetrics& metrics, std::size_t sync_threads = 16);
  ~DirectorySyncer();

  // What was written before this call is durable when `done` runs: on the asking core, never inside
  // this call. An error is the first one that a file or directory had; nothing is tried again
  // (R11). After the tasks have stopped, `done` is destroyed without having run.
  void sync(SyncRequest request, Done done);
  // The same for a coroutine on any core.
  Task<Result<void>> sync(SyncRequest request);

  std::uint64_t syncs_done() const;  // On the home core.

 private:
  struct State;
  env::Environment& environment_;
  std::shared_ptr<State> state_;
};

}  // namespace ropewalk::log
