// A serial object: something that several cores use, one at a time (architecture, D3).
//
// Whoever brings work and finds the object idle runs it in place; while somebody runs it, others
// enqueue and go on, so that under load many pieces of work share one drained() (for a partition:
// one write). The order of one submitter is kept. Inside, code is ordinary single-threaded C++ that
// never suspends and never enters another serial object; what concerns others is handed to
// after_leaving(). Re-entering from inside enqueues. A drain is bounded by kDrainItems and
// kDrainBytes; what is left is posted to the core that drained.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "common/env/core.h"

namespace ropewalk::env {

class Environment;

// What a Serial guards. Held by shared_ptr: a drain keeps its owner alive.
class SerialOwner : public std::enable_shared_from_this<SerialOwner> {
 public:
  virtual ~SerialOwner() = default;
  // Inside, at the end of each drain, before others may enter.
  virtual void drained() = 0;
};

class Serial {
 public:
  static constexpr std::size_t kDrainItems = 64;
  static constexpr std::size_t kDrainBytes = 1 << 20;

  // One piece of work. Destroyed inside, right after it ran.
  class Work {
   public:
    virtual ~Work() = default;
    virtual void run() = 0;
    std::size_t bytes = 0;  // What it brings, for the bound of a drain.

   private:
    friend class Serial;
    Work* next_ = nullptr;
  };

  // `owner` owns this object (it is a member there).
  Serial(Environment& environment, SerialOwner& owner);
  ~Serial();
  Serial(const Serial&) = delete;
  Serial& operator=(const Serial&) = delete;

  // From a thread of one of the environment's cores. The work runs before this returns unless
  // somebody else is inside.
  void enter(std::unique_ptr<Work> work);
  template <class F>
  void enter(F function, std::size_t bytes = 0) {
    auto work = std::make_unique<FunctionWork<F>>(std::move(function));
    work->bytes = bytes;
    enter(std::unique_ptr<Work>(std::move(work)));
  }

  // Inside only: runs on the draining core after the object was left, in order.
  void after_leaving(Job job);

  // Whether the calling code runs inside (for ENSUREs).
  bool inside() const;

 private:
  template <class F>
  struct FunctionWork : Work {
    explicit FunctionWork(F f) : function(std::move(f)) {}
    void run() override { function(); }
    F function;
  };
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ropewalk::env
