#include "broker/log/directory_syncer.h"

#include <algorithm>
#include <map>

#include "common/env/event.h"

namespace ropewalk::log {

namespace {

// One asking: how many of its syncs are still to come, and what went wrong first.
struct Asked {
  std::size_t left = 0;
  Result<void> outcome;
  env::Core* core = nullptr;
  DirectorySyncer::Done done;
};
using AskedPtr = std::shared_ptr<Asked>;

void one_ended(const AskedPtr& asked, const Result<void>& outcome) {
  if (!outcome && asked->outcome) asked->outcome = outcome;
  if (--asked->left > 0) return;
  if (asked->core->is_current())  // Inside of nobody's sync(): a round through the queue saved.
    asked->done(std::move(asked->outcome));
  else
    asked->core->post([asked] { asked->done(std::move(asked->outcome)); });
}

// A file or a directory that waits for a worker, and who waits for it.
struct WaitingSync {
  env::FilePtr file;  // Null for a directory.
  std::string directory;
  std::vector<AskedPtr> asked;
};

}  // namespace

struct DirectorySyncer::State : std::enable_shared_from_this<State> {
  State(env::Environment& in, env::FileSystem& file_system, HomeTasks& home,
        DirectoryMetrics& counting, std::size_t threads)
      : environment(in),
        files(file_system),
        tasks(home),
        metrics(counting),
        threads_max(std::max<std::size_t>(threads, 1)) {}

  void ask(SyncRequest request, AskedPtr asked) {
    asked->left = request.files.size() + request.directories.size();
    metrics.sync_requests.add();
    metrics.sync_request_files.add(asked->left);
    if (asked->left == 0) {
      asked->core->post([asked] { asked->done({}); });
      return;
    }
    for (env::FilePtr& file : request.files) {
      WaitingSync*& waits = waiting_files[file.get()];
      if (!waits) {
        waits = &add();
        waits->file = std::move(file);
      }
      waits->asked.push_back(asked);
    }
    for (std::string& directory : request.directories) {
      WaitingSync*& waits = waiting_directories[directory];
      if (!waits) {
        waits = &add();
        waits->directory = std::move(directory);
      }
      waits->asked.push_back(asked);
    }
    while (workers < threads_max && workers < running + queue.size()) {
      workers++;
      tasks.spawn("log sync", work(shared_from_this()));
    }
  }

  WaitingSync& add() {
    queue.push_back(std::make_unique<WaitingSync>());
    return *queue.back();
  }

  static Task<void> work(std::shared_ptr<State> self) {
    while (!self->queue.empty()) {
      const std::unique_ptr<WaitingSync> next = std::move(self->queue.front());
      self->queue.pop_front();
      // Whoever asks from here on may have written after the sync began, and waits for another.
      if (next->file)
        self->waiting_files.erase(next->file.get());
      else
        self->waiting_directories.erase(next->directory);
      self->running++;
      const env::MonotonicTime begun = self->environment.now();
      Result<void> outcome;
      if (next->file)
        outcome = co_await next->file->sync();
      else
        outcome = co_await self->files.sync_directory(next->directory);
      self->running--;
      self->done++;
      self->metrics.sync_took.observe(self->environment.now() - begun);
      if (!outcome) self->metrics.sync_failures.add();
      for (const AskedPtr& asked : next->asked) one_ended(asked, outcome);
    }
    self->workers--;
  }

  env::Environment& environment;
  env::FileSystem& files;
  HomeTasks& tasks;
  DirectoryMetrics& metrics;
  std::size_t threads_max;
  std::size_t workers = 0;
  std::size_t running = 0;
  std::uint64_t done = 0;
  std::deque<std::unique_ptr<WaitingSync>> queue;
  // Looked up only, never walked: the order of addresses decides nothing.
  std::map<env::File*, WaitingSync*> waiting_files;
  std::map<std::string, WaitingSync*> waiting_directories;
};

DirectorySyncer::DirectorySyncer(env::Environment& environment, env::FileSystem& files,
                                 HomeTasks& tasks, DirectoryMetrics& metrics,
                                 std::size_t sync_threads)
    : environment_(environment),
      state_(std::make_shared<State>(environment, files, tasks, metrics, sync_threads)) {}
DirectorySyncer::~DirectorySyncer() = default;

void DirectorySyncer::sync(SyncRequest request, Done done) {
  auto asked = std::make_shared<Asked>();
  asked->core = &environment_.current_core();
  asked->done = std::move(done);
  env::Core& home = state_->tasks.core();
  if (home.is_current()) {
    state_->ask(std::move(request), std::move(asked));
    return;
  }
  home.post([state = state_, request = std::move(request), asked = std::move(asked)]() mutable {
    state->ask(std::move(request), std::move(asked));
  });
}

Task<Result<void>> DirectorySyncer::sync(SyncRequest request) {
  env::OneShot<Result<void>> slot(environment_.current_core());
  sync(std::move(request), [slot](Result<void> outcome) { slot.set(std::move(outcome)); });
  auto waited = co_await slot.wait_until(env::kNever);
  if (!waited) co_return std::unexpected(std::move(waited).error());
  co_return std::move(*waited);
}

std::uint64_t DirectorySyncer::syncs_done() const { return state_->done; }

}  // namespace ropewalk::log
