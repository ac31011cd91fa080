// One connection that a PeerLink has made, from its first byte to its last. On the link's core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "broker/rpc/frame_reader.h"
#include "common/bytes.h"
#include "common/env/core.h"
#include "common/env/event.h"
#include "common/env/network.h"
#include "common/env/time.h"
#include "common/error.h"
#include "common/wire/correlation.h"

namespace ropewalk::rpc {

// A request, until its answer. Held by the one who waits and by the link.
struct PeerCall {
  explicit PeerCall(env::Core& core) : done(core) {}
  void end(Result<SharedBytes> with) {
    if (!result) result.emplace(std::move(with));
    done.set();
  }
  env::Event done;
  std::optional<Result<SharedBytes>> result;
};

struct PeerChannel : std::enable_shared_from_this<PeerChannel> {
  PeerChannel(env::Core& on, std::unique_ptr<env::Connection> made, ReceiveSlab& slab,
              std::shared_ptr<FrameBudget> budget, std::size_t frame_bytes_max)
      : core(on),
        connection(std::move(made)),
        reader(slab, std::move(budget), frame_bytes_max),
        to_write(on) {}

  // The first reason counts.
  void end(Error with) {
    if (why) return;
    why = std::move(with);
    unwatch();
    connection->close();
    to_write.set();
  }
  // Ends it at that time, unless watch() or unwatch() comes first.
  void watch(env::MonotonicTime until, Error late) {
    unwatch();
    timer = core.call_at(until, [self = weak_from_this(), late = std::move(late)]() mutable {
      const auto alive = self.lock();
      if (!alive) return;
      alive->timer = env::TimerId::none;
      alive->end(std::move(late));
    });
  }
  // Wakes the writer then.
  void wake_at(env::MonotonicTime when) {
    unwatch();
    timer = core.call_at(when, [self = weak_from_this()] {
      const auto alive = self.lock();
      if (!alive) return;
      alive->timer = env::TimerId::none;
      alive->to_write.set();
    });
  }
  void unwatch() {
    if (timer != env::TimerId::none) core.cancel(timer);
    timer = env::TimerId::none;
  }

  env::Core& core;
  const std::unique_ptr<env::Connection> connection;
  FrameReader reader;
  env::Event to_write;                                      // Something waits, or it has ended.
  wire::CorrelationTable<std::shared_ptr<PeerCall>> calls;  // Null: a ping's.
  std::optional<Error> why;                                 // It has ended.
  env::MonotonicTime next_ping{};
  bool pinged = false;     // And not answered yet.
  bool unchecked = false;  // Something was sent behind the last ping.
  env::TimerId timer = env::TimerId::none;
};

}  // namespace ropewalk::rpc
