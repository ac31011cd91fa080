// The replies of one connection in the order of its requests, whenever each of them is ready.
//
// On the connection's core; held by shared_ptr by its session and by every request that is served.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "broker/rpc/session.h"
#include "common/env/network.h"
#include "common/error.h"

namespace ropewalk::kafka {

class Replies {
 public:
  // From `waiting_max` requests without a reply on the connection is not read any further.
  Replies(std::weak_ptr<rpc::Outbox> outbox, std::size_t waiting_max)
      : outbox_(std::move(outbox)), waiting_max_(waiting_max) {}

  using Place = std::uint64_t;
  // The place of the next request's reply. Each place is filled once, by one of the three below.
  Place next();
  // A whole frame.
  void fill(Place place, std::vector<env::Chunk> frame);
  // There is no reply to this one: acks=0.
  void skip(Place place) { fill(place, {}); }
  // Nor to this one or to anything after it: the connection closes once what is before has left.
  void close(Place place, Error why);

  std::size_t waiting() const { return waiting_.size(); }
  // In memory: of replies that wait for others and of those that the peer has not taken.
  std::size_t held_bytes() const;

 private:
  struct Reply {
    bool ready = false;
    std::vector<env::Chunk> frame;
    std::size_t memory = 0;
    std::optional<Error> closing;
  };
  Reply& at(Place place) { return waiting_[static_cast<std::size_t>(place - first_)]; }
  void send_ready();
  void hold_or_release();

  const std::weak_ptr<rpc::Outbox> outbox_;
  const std::size_t waiting_max_;
  std::deque<Reply> waiting_;
  Place first_ = 0;  // Of these.
  std::size_t memory_ = 0;
  bool holds_ = false;  // The reading.
  bool closed_ = false;
};

}  // namespace ropewalk::kafka
