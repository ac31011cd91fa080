// An outbox that keeps what a session has sent.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "broker/rpc/session.h"
#include "common/error.h"

namespace ropewalk::support {

class KeptOutbox final : public rpc::Outbox {
 public:
  explicit KeptOutbox(env::Core& core) : core_(core) {}
  void send(std::vector<env::Chunk> frame) override {
    ENSURE(!closed, "a reply behind the last one");
    ENSURE(!frame.empty(), "an empty reply");
    frames.push_back(std::move(frame));
  }
  void close_after_sending(Error why) override { closed = std::move(why); }
  std::size_t held_bytes() const override { return held; }
  bool answers_are_full() override { return full; }
  void hold_reading(bool hold) override { holds_reading = hold; }
  env::Core& core() override { return core_; }

  std::vector<std::vector<env::Chunk>> frames;
  std::optional<Error> closed;
  // What the session is told.
  std::size_t held = 0;
  bool full = false;
  bool holds_reading = false;  // What it asks for.

 private:
  env::Core& core_;
};

}  // namespace ropewalk::support
