#include "broker/rpc/peer_link.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "broker/rpc/peer_hello.h"
#include "broker/security/broker_certificate.h"
#include "common/wire/errors.h"
#include "common/wire/frame.h"

namespace ropewalk::rpc {
namespace {

// What a frame costs beside its body while it waits.
constexpr std::size_t kFrameBytes = 256;

// Until memory for a large answer is free again.
constexpr std::chrono::milliseconds kBudgetPause{5};

// Attempts after a connection has ended that end as if somebody listened.
constexpr unsigned kSecondLooks = 3;

// Trying again helps only once somebody has changed something.
bool is_stranger(Errc code) {
  return code == Errc::wrong_owner || code == Errc::inconsistent_cluster_id ||
         code == Errc::unsupported_version || code == Errc::malformed_frame ||
         code == Errc::unknown_api || code == Errc::permission_denied;
}

// "broker 2 at host:9193".
std::string name_of(const PeerAddress& to) {
  if (to.broker == kNoBroker) return fmt::format("the broker at {}", to.endpoint.to_string());
  return fmt::format("broker {} at {}", to.broker, to.endpoint.to_string());
}

}  // namespace

PeerLink::PeerLink(PeerLinkShared& shared, PeerAddress to)
    : shared_(shared), to_(std::move(to)), wanted_(shared.core) {}

bool PeerLink::is_idle() const {
  return !channel_ && !wanted_.is_set() && calls_ == 0 &&
         shared_.environment.now() >= next_attempt_;
}

void PeerLink::retire() {
  retired_ = true;
  drop_waiting({Errc::closed, fmt::format("{} is not wanted any more", name_of(to_))});
  if (channel_) channel_->end({Errc::closed, "not wanted any more"});
  wanted_.set();
}

Result<void> PeerLink::check_room(std::size_t body_bytes) const {
  if (retired_) return fail(Errc::closed, "{} is not wanted any more", name_of(to_));
  if (body_bytes + wire::kHeaderBytesMax > shared_.options.frame_bytes_max)
    return fail(Errc::message_too_large, "{} bytes to {}, at most {} are allowed", body_bytes,
                name_of(to_), shared_.options.frame_bytes_max - wire::kHeaderBytesMax);
  if (unsent_bytes_ >= shared_.options.unsent_bytes_max)
    return fail(Errc::budget_exceeded, "{} bytes to {} are unsent", unsent_bytes_, name_of(to_));
  return {};
}

bool PeerLink::send(std::int32_t api_key, SharedBytes body) {
  if (!check_room(body.size())) return false;
  enqueue({.api_key = api_key, .body = std::move(body), .call = nullptr});
  return true;
}

Task<Result<SharedBytes>> PeerLink::call(std::shared_ptr<PeerLink> self, std::int32_t api_key,
                                         SharedBytes body, env::MonotonicTime deadline) {
  CO_TRY_VOID(self->check_room(body.size()));
  if (self->calls_ >= self->shared_.options.calls_max)
    co_return fail(Errc::budget_exceeded, "{} requests wait for answers of {}", self->calls_,
                   name_of(self->to_));
  const auto call = std::make_shared<PeerCall>(self->shared_.core);
  self->calls_++;
  self->enqueue({.api_key = api_key, .body = std::move(body), .call = call, .deadline = deadline});
  auto waited = co_await call->done.wait_until(deadline);
  self->calls_--;
  if (call->result) co_return std::move(*call->result);
  // From here on nobody wants it: what is not sent yet need not be.
  Error why = waited ? Error{Errc::closed, "an answer that never came"} : std::move(waited).error();
  if (why.code == Errc::request_timed_out)
    why.context = fmt::format("{} has not answered in time", name_of(self->to_));
  call->end(fail(why));
  co_return fail(std::move(why));
}

void PeerLink::enqueue(Outgoing outgoing) {
  unsent_bytes_ += outgoing.body.size() + kFrameBytes;
  waiting_.push_back(std::move(outgoing));
  if (channel_)
    channel_->to_write.set();
  else
    wanted_.set();
}

void PeerLink::drop_waiting(const Error& why) {
  for (const Outgoing& outgoing : std::exchange(waiting_, {})) {
    unsent_bytes_ -= outgoing.body.size() + kFrameBytes;
    if (outgoing.call)
      outgoing.call->end(fail(why));
    else
      shared_.counts.dropped++;
  }
}

Task<void> PeerLink::run(std::shared_ptr<PeerLink> self) {
  PeerLinkShared& shared = self->shared_;
  for (;;) {
    const auto wanted = co_await self->wanted_.wait();
    if (!wanted || self->retired_) break;
    const bool slept = co_await shared.core.sleep_until(self->next_attempt_);
    if (!slept || self->retired_) break;
    self->attempt_began_ = shared.environment.now();
    const Error why = co_await serve_one_connection(self);
    if (shared.tasks.stopping() || self->retired_) break;
    if (self->channel_)
      self->connection_ended(why);
    else
      self->attempt_failed(why);
  }
  self->drop_waiting({Errc::shutting_down, "this broker stops"});
  self->channel_.reset();
}

// Returns why it ended, or was not to be had. channel_ is set if the hellos were exchanged.
Task<Error> PeerLink::serve_one_connection(std::shared_ptr<PeerLink> self) {
  PeerLinkShared& shared = self->shared_;
  const env::MonotonicTime deadline = self->attempt_began_ + shared.options.connect_timeout;
  auto connected = co_await shared.environment.network().connect(self->to_.endpoint, deadline,
                                                                 shared.options.connection);
  if (!connected) co_return std::move(connected).error();
  const auto channel =
      std::make_shared<PeerChannel>(shared.core, std::move(*connected), shared.slab, shared.budget,
                                    shared.options.frame_bytes_max);
  channel->watch(deadline, {Errc::request_timed_out, "no hello in time"});
  Turn hello;
  self->greet(*channel, hello);
  const auto written = co_await channel->connection->write(hello.chunks);
  if (!written) channel->end(written.error());
  co_await read_answers(self, channel);
  for (const CallPtr& call : channel->calls.take_all()) {
    if (call) call->end(within(name_of(self->to_), {Errc::closed, channel->why->context}));
  }
  co_return *channel->why;
}

// What waits is kept for the next connection, which is made at once: that shows whether the other
// process lives.
void PeerLink::connection_ended(const Error& why) {
  const env::MonotonicTime now = shared_.environment.now();
  log_debug("the connection to {} ended: {}", name_of(to_), why);
  channel_.reset();
  broken_at_once_ = now - connected_at_ < shared_.options.backoff_most ? broken_at_once_ + 1 : 0;
  next_attempt_ = now;
  second_looks_ = kSecondLooks;
  if (broken_at_once_ == 1) next_attempt_ = attempt_began_ + shared_.options.backoff_least;
  if (broken_at_once_ > 1) next_attempt_ = now + shared_.options.backoff_most;
  wanted_.set();
}

// Nobody tries again before something is to be sent.
void PeerLink::attempt_failed(const Error& why) {
  constexpr unsigned kDoublings = 20;
  const PeerLinkOptions& options = shared_.options;
  shared_.counts.failed++;
  if (is_stranger(why.code))
    shared_.strangers.warn(shared_.environment.now().time_since_epoch(), "connecting to {}: {}",
                           name_of(to_), why);
  else
    log_debug("connecting to {}: {}", name_of(to_), why);
  next_attempt_ = shared_.environment.now() +
                  std::min(options.backoff_least * (1U << failures_), options.backoff_most);
  failures_ = std::min(failures_ + 1, kDoublings);
  // A process that was killed closes its sockets one by one: that of a listener may still take
  // what is reset then. Only a refusal says that it is dead, and comes next.
  if (why.code == Errc::closed && second_looks_ > 0)
    second_looks_--;
  else
    wanted_.reset();
  drop_waiting(within(fmt::format("connecting to {}", name_of(to_)), why).error());
  if (why.code != Errc::connection_refused) return;
  shared_.counts.refused++;
  const BrokerId known = to_.broker == kNoBroker && met_ ? met_->broker : to_.broker;
  if (options.on_refused) options.on_refused(known, to_.endpoint);
}

void PeerLink::greet(PeerChannel& channel, Turn& turn) {
  const std::int64_t id = channel.calls.add(nullptr, wire::kNoDeadline);
  const internal::PeerHello hello = hello_to(to_, shared_.self);
  turn.chunks.emplace_back(
      wire::encode_frame(header_of(internal::PEER_HELLO, id, env::kNever), hello));
}

v1::RequestHeader PeerLink::header_of(std::int32_t api_key, std::int64_t correlation_id,
                                      env::MonotonicTime deadline) const {
  using std::chrono::milliseconds;
  v1::RequestHeader header;
  header.set_api_key(api_key);
  header.set_api_version(kPeerVersion);
  header.set_correlation_id(correlation_id);
  if (deadline == env::kNever) return header;
  const auto left = std::chrono::ceil<milliseconds>(deadline - shared_.environment.now());
  header.set_timeout_ms(static_cast<std::int32_t>(
      std::clamp<std::int64_t>(left.count(), 1, std::numeric_limits<std::int32_t>::max())));
  return header;
}

Task<void> PeerLink::write_requests(std::shared_ptr<PeerLink> self, ChannelPtr channel) {
  for (;;) {
    const auto woken = co_await channel->to_write.wait();
    if (!woken) channel->end(woken.error());
    if (channel->why) co_return;
    channel->to_write.reset();
    const Turn turn = self->take_turn(*channel);
    if (turn.chunks.empty()) continue;
    const auto written = co_await channel->connection->write(turn.chunks);
    self->unsent_bytes_ -= turn.unsent_bytes;
    if (!written) channel->end(written.error());
  }
}

// Everything that waits, for one gathered write.
PeerLink::Turn PeerLink::take_turn(PeerChannel& channel) {
  Turn turn;
  const env::MonotonicTime now = shared_.environment.now();
  channel.calls.expire(now.time_since_epoch());
  if (channel.calls.owed() > shared_.options.calls_max) {
    channel.end({Errc::request_timed_out,
                 fmt::format("{} requests were never answered", channel.calls.owed())});
    return turn;
  }
  const bool due = channel.unchecked || !waiting_.empty();
  channel.unchecked = !waiting_.empty() || (due && (channel.pinged || now < channel.next_ping));
  if (due && !channel.pinged && now >= channel.next_ping)
    add_ping(channel, turn);
  else if (due && !channel.pinged)
    channel.wake_at(channel.next_ping);
  for (Outgoing& outgoing : std::exchange(waiting_, {})) {
    if (outgoing.call && outgoing.call->result) {  // Given up meanwhile.
      unsent_bytes_ -= outgoing.body.size() + kFrameBytes;
      continue;
    }
    turn.unsent_bytes += outgoing.body.size() + kFrameBytes;
    std::int64_t id = 0;
    if (outgoing.call) id = channel.calls.add(outgoing.call, outgoing.deadline.time_since_epoch());
    const env::MonotonicTime deadline = outgoing.call ? outgoing.deadline : env::kNever;
    turn.chunks.emplace_back(
        wire::encode_frame_start(header_of(outgoing.api_key, id, deadline), outgoing.body.size()));
    if (!outgoing.body.empty()) turn.chunks.emplace_back(std::move(outgoing.body));
  }
  return turn;
}

// In front of what waits, so that a slow network is not taken for a dead one.
void PeerLink::add_ping(PeerChannel& channel, Turn& turn) {
  const env::MonotonicTime now = shared_.environment.now();
  const std::int64_t id = channel.calls.add(nullptr, wire::kNoDeadline);
  channel.pinged = true;
  channel.next_ping = now + shared_.options.ping_every;
  expect_a_word(channel);
  turn.chunks.emplace_back(
      wire::encode_frame_start(header_of(internal::PEER_PING, id, env::kNever), 0));
}

void PeerLink::expect_a_word(PeerChannel& channel) {
  channel.watch(shared_.environment.now() + shared_.options.silence_max,
                {Errc::request_timed_out, fmt::format("{} is silent", name_of(to_))});
}

Task<void> PeerLink::read_answers(std::shared_ptr<PeerLink> self, ChannelPtr channel) {
  PeerLinkShared& shared = self->shared_;
  while (!channel->why) {
    while (!channel->reader.unblock()) {
      if (channel->pinged) self->expect_a_word(*channel);  // It is not the one to blame.
      const bool slept = co_await shared.core.sleep_until(shared.environment.now() + kBudgetPause);
      if (!slept) channel->end({Errc::cancelled, "waiting for memory for an answer"});
      if (channel->why) co_return;
    }
    const auto readable = co_await channel->connection->wait_readable();
    if (!readable) channel->end(readable.error());
    if (!channel->why) self->read_some(channel);
  }
}

void PeerLink::read_some(const ChannelPtr& channel) {
  const MutableByteSpan room = channel->reader.prepare();
  const Result<std::size_t> count = channel->connection->try_read(room);
  if (!count && count.error().code == Errc::would_block) return;
  if (!count) return channel->end(count.error());
  if (*count == 0) return channel->end({Errc::closed, "the other side has closed the connection"});
  // The answer to a ping may be behind a large one.
  if (channel->pinged) expect_a_word(*channel);
  std::vector<SharedBytes> frames;
  const Result<void> split = channel->reader.filled(*count, frames);
  for (const SharedBytes& frame : frames) {
    if (channel->why) return;
    if (const auto taken = take_answer(channel, frame); !taken) channel->end(taken.error());
  }
  if (!split) channel->end(split.error());
}

Result<void> PeerLink::take_answer(const ChannelPtr& channel, const SharedBytes& frame) {
  TRY(wire::ResponseFrame answer, wire::decode_response(frame));
  Result<SharedBytes> result = std::move(answer.body);
  if (answer.header.has_error()) result = fail(wire::from_proto(answer.header.error()));
  if (!channel_) {  // The first one.
    TRY(const SharedBytes hello, std::move(result));
    TRY_VOID(channel->calls.take(answer.header.correlation_id()));
    return take_hello(channel, hello);
  }
  const bool closing = answer.header.closing();
  const std::string reason = result ? std::string() : to_string(result.error());
  if (closing && answer.header.correlation_id() == 0)
    return fail(Errc::closed, "it closes the connection: {}", reason);
  TRY(const auto call, channel->calls.take(answer.header.correlation_id()));
  if (call && *call) {
    (*call)->end(std::move(result));
  } else if (call) {
    channel->pinged = false;
    channel->unwatch();
    if (channel->unchecked) channel->wake_at(channel->next_ping);
  }
  if (closing) return fail(Errc::closed, "it closes the connection: {}", reason);
  return {};
}

Result<void> PeerLink::take_hello(const ChannelPtr& channel, const SharedBytes& body) {
  TRY(const PeerIdentity there, admit_called(body.span(), shared_.self, to_));
  TRY_VOID(security::check_certificate(channel->connection->peer_name(), there.broker));
  met_ = there;
  if (retired_ ||
      !shared_.tasks.spawn("requests to a broker", write_requests(shared_from_this(), channel)))
    return fail(Errc::closed, "not wanted any more");
  channel->unwatch();
  channel_ = channel;
  failures_ = 0;
  connected_at_ = shared_.environment.now();
  shared_.counts.connected++;
  log_debug("connected to broker {} at {}", met_->broker, to_.endpoint.to_string());
  if (!waiting_.empty()) channel->to_write.set();
  if (shared_.options.on_connected) shared_.options.on_connected(*met_, to_.endpoint);
  return {};
}

}  // namespace ropewalk::rpc
