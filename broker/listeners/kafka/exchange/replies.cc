#include "broker/listeners/kafka/exchange/replies.h"

#include <utility>
#include <variant>

namespace ropewalk::kafka {
namespace {

std::size_t memory_of(const std::vector<env::Chunk>& frame) {
  std::size_t bytes = 0;
  for (const env::Chunk& chunk : frame)
    if (const auto* const memory = std::get_if<SharedBytes>(&chunk)) bytes += memory->size();
  return bytes;
}

}  // namespace

Replies::Place Replies::next() {
  waiting_.emplace_back();
  hold_or_release();
  return first_ + waiting_.size() - 1;
}

void Replies::fill(Place place, std::vector<env::Chunk> frame) {
  if (closed_) return;
  Reply& reply = at(place);
  ENSURE(!reply.ready, "a second reply to one request");
  reply.ready = true;
  reply.memory = memory_of(frame);
  memory_ += reply.memory;
  reply.frame = std::move(frame);
  send_ready();
}

void Replies::close(Place place, Error why) {
  if (closed_) return;
  Reply& reply = at(place);
  ENSURE(!reply.ready, "a second reply to one request");
  reply.ready = true;
  reply.closing = std::move(why);
  send_ready();
}

std::size_t Replies::held_bytes() const {
  const auto outbox = outbox_.lock();
  return memory_ + (outbox ? outbox->held_bytes() : 0);
}

void Replies::send_ready() {
  const auto outbox = outbox_.lock();
  while (!waiting_.empty() && waiting_.front().ready) {
    Reply reply = std::move(waiting_.front());
    waiting_.pop_front();
    first_++;
    memory_ -= reply.memory;
    if (outbox && !reply.frame.empty()) outbox->send(std::move(reply.frame));
    if (!reply.closing) continue;
    closed_ = true;
    waiting_.clear();
    memory_ = 0;
    if (outbox) outbox->close_after_sending(std::move(*reply.closing));
  }
  hold_or_release();
}

void Replies::hold_or_release() {
  const bool full = waiting_.size() >= waiting_max_;
  if (full == holds_) return;
  holds_ = full;
  if (const auto outbox = outbox_.lock()) outbox->hold_reading(full);
}

}  // namespace ropewalk::kafka
