#include "common/env/serial.h"

#include <atomic>
#include <vector>

#include "common/env/environment.h"
#include "common/error.h"
#include "common/queue.h"

namespace ropewalk::env {
namespace {

thread_local const void* g_inside = nullptr;  // The Serial that this thread drains.

}  // namespace

// `inbox` is kIdle while nobody is inside; otherwise a stack of what came meanwhile, the newest on
// top.
struct Serial::State {
  State(Environment& in, SerialOwner& of) : environment(in), owner(of) {}
  ~State() {
    ENSURE(g_inside != this, "a serial object ends while it is entered");
    collect();
  }

  // Compared only, never followed.
  static Work* idle_mark() {
    return reinterpret_cast<Work*>(std::uintptr_t{1});  // NOLINT(performance-no-int-to-ptr)
  }

  // Takes over what others have brought, oldest first.
  void collect() {
    Work* newest = inbox.load(std::memory_order_relaxed);
    if (newest == idle_mark()) return;
    newest = inbox.exchange(nullptr, std::memory_order_acquire);
    const auto insert_at = static_cast<std::ptrdiff_t>(pending.size());
    while (newest != nullptr) {
      Work* const older = newest->next_;
      pending.emplace(pending.begin() + insert_at, newest);
      newest = older;
    }
  }

  bool try_enter() {
    Work* expected = idle_mark();
    return inbox.compare_exchange_strong(expected, nullptr, std::memory_order_acquire);
  }
  bool try_leave() {
    Work* expected = nullptr;
    return pending.empty() &&
           inbox.compare_exchange_strong(expected, idle_mark(), std::memory_order_release);
  }

  void enter(std::unique_ptr<Work> work) {
    for (;;) {
      Work* newest = inbox.load(std::memory_order_relaxed);
      if (newest == idle_mark()) {
        if (!try_enter()) continue;
        pending.push_back(std::move(work));
        if (environment.serial_pretends_busy()) return drain_later();
        return drain();
      }
      work->next_ = newest;
      if (inbox.compare_exchange_weak(newest, work.get(), std::memory_order_release,
                                      std::memory_order_relaxed)) {
        static_cast<void>(work.release());  // The inbox has it now.
        return;
      }
    }
  }

  void drain_later() {
    environment.current_core().post([this, keep = owner.shared_from_this()] { drain(); });
  }

  // Pre: this thread has entered.
  void drain() {
    const auto keep = owner.shared_from_this();
    const void* const outer = g_inside;
    g_inside = this;
    std::size_t items = 0;
    std::size_t bytes = 0;
    while (items < kDrainItems && bytes < kDrainBytes) {
      if (pending.empty()) collect();
      if (pending.empty()) break;
      const std::unique_ptr<Work> work = std::move(pending.front());
      pending.pop_front();
      items++;
      bytes += work->bytes;
      work->run();
    }
    owner.drained();
    g_inside = outer;
    auto jobs = std::move(after);
    after.clear();
    if (!try_leave()) drain_later();
    for (Job& job : jobs) job();
  }

  Environment& environment;
  SerialOwner& owner;
  std::atomic<Work*> inbox{idle_mark()};
  // The rest is used inside only.
  Queue<std::unique_ptr<Work>> pending;
  std::vector<Job> after;
};

Serial::Serial(Environment& environment, SerialOwner& owner)
    : state_(std::make_unique<State>(environment, owner)) {}

Serial::~Serial() = default;

void Serial::enter(std::unique_ptr<Work> work) { state_->enter(std::move(work)); }

void Serial::after_leaving(Job job) {
  ENSURE(inside(), "after_leaving is for code inside the serial object");
  state_->after.push_back(std::move(job));
}

bool Serial::inside() const { return g_inside == state_.get(); }

}  // namespace ropewalk::env
