#include "client/src/link.h"

#include <array>

#include "common/log.h"
#include "common/version.h"
#include "common/wire/assembler.h"
#include "common/wire/errors.h"

namespace ropewalk::client {
namespace {

constexpr std::size_t kResponseBytesMax = 256 << 20;
constexpr std::size_t kReadPageBytes = 64 << 10;
constexpr std::string_view kSoftwareName = "ropewalk-cpp";

constexpr std::array kKnownApis{
    wire::ApiRange{v1::API_NEGOTIATE, 1, 1},
    wire::ApiRange{v1::API_METADATA, 1, 1},
    wire::ApiRange{v1::API_DESCRIBE_CLUSTER, 1, 1},
    wire::ApiRange{v1::API_CREATE_TOPIC, 1, 1},
    wire::ApiRange{v1::API_DELETE_TOPIC, 1, 1},
    wire::ApiRange{v1::API_DESCRIBE_TOPICS, 1, 1},
    wire::ApiRange{v1::API_SET_TOPIC_CONFIG, 1, 1},
    wire::ApiRange{v1::API_INIT_PRODUCER_ID, 1, 1},
    wire::ApiRange{v1::API_PRODUCE, 1, 1},
    wire::ApiRange{v1::API_FETCH, 1, 1},
    wire::ApiRange{v1::API_LIST_OFFSETS, 1, 1},
    wire::ApiRange{v1::API_DELETE_RECORDS, 1, 1},
    wire::ApiRange{v1::API_ELECT_LEADERS, 1, 1},
    wire::ApiRange{v1::API_ALTER_REASSIGNMENTS, 1, 1},
    wire::ApiRange{v1::API_LIST_REASSIGNMENTS, 1, 1},
    wire::ApiRange{v1::API_DESCRIBE_REPLICAS, 1, 1},
    wire::ApiRange{v1::API_PLAN_DRAIN, 1, 1},
    wire::ApiRange{v1::API_UNREGISTER_BROKER, 1, 1},
    wire::ApiRange{v1::API_SET_DRAINED, 1, 1},
    wire::ApiRange{v1::API_DESCRIBE_VOTERS, 1, 1},
    wire::ApiRange{v1::API_CHANGE_VOTERS, 1, 1},
    wire::ApiRange{v1::API_DESCRIBE_FEATURES, 1, 1},
    wire::ApiRange{v1::API_UPDATE_FEATURE, 1, 1},
};

// Whose answer must show what this client has seen before. Produce and fetch find their partition
// or say so.
bool reads_metadata(v1::ApiKey api) {
  return api == v1::API_METADATA || api == v1::API_DESCRIBE_TOPICS ||
         api == v1::API_DESCRIBE_CLUSTER || api == v1::API_LIST_REASSIGNMENTS ||
         api == v1::API_PLAN_DRAIN;
}

}  // namespace

Link::Link(LinkContext& context, env::Endpoint to)
    : context_(context),
      to_(std::move(to)),
      number_(++context.links_made),
      conversation_(kKnownApis),
      opened_(context.core),
      to_write_(context.core) {}

void Link::start(const std::shared_ptr<Link>& self) {
  if (!self->context_.tasks.spawn("link", run(self)))
    self->close({Errc::closed, "the client is closed"});
}

void Link::close(const Error& why) {
  if (closed_) return;
  closed_ = true;
  why_closed_ = why;
  if (connection_) connection_->close();
  for (const CallPtr& call : calls_.take_all()) {
    call->result.emplace(std::unexpected(why));
    call->done.set();
  }
  for (Outgoing& outgoing : outgoing_) {
    if (!outgoing.written) continue;
    outgoing.written->result.emplace(std::unexpected(why));
    outgoing.written->done.set();
  }
  outgoing_.clear();
  opened_.set();
  let_first_go();
  to_write_.set();
}

void Link::let_first_go() {
  if (opened_.is_set() && !line_.empty()) line_.front()->turn.set();
}

Task<void> Link::run(std::shared_ptr<Link> self) {
  const env::MonotonicTime deadline =
      self->context_.environment.now() + self->context_.connect_timeout;
  auto connected = co_await self->context_.environment.network().connect(self->to_, deadline, {});
  if (!connected) {
    self->close(connected.error());  // Says where to.
    co_return;
  }
  if (self->closed_) co_return;
  self->connection_ = std::move(*connected);
  self->context_.tasks.spawn("link writer", write_loop(self));
  self->context_.tasks.spawn("link reader", read_loop(self));
  auto negotiated = co_await negotiate(self);
  if (!negotiated) {
    self->close(self->within_negotiation(std::move(negotiated).error()).error());
    co_return;
  }
  self->context_.meter.connections_opened.fetch_add(1, std::memory_order_relaxed);
  self->opened_.set();
  self->let_first_go();
}

std::unexpected<Error> Link::within_negotiation(Error error) const {
  return within(fmt::format("negotiating with {}", to_.to_string()), std::move(error));
}

Task<Result<void>> Link::negotiate(std::shared_ptr<Link> self) {
  v1::NegotiateRequest request;
  request.set_software_name(std::string(kSoftwareName));
  request.set_software_version(std::string(version()));
  request.set_cluster_id(self->context_.cluster_id);
  const env::MonotonicTime deadline =
      self->context_.environment.now() + self->context_.connect_timeout;
  auto call = std::make_shared<Call>(self->context_.core);
  v1::RequestHeader header = self->header_for(v1::API_NEGOTIATE, 1, deadline);
  header.set_client_id(self->context_.client_id);
  header.set_correlation_id(self->calls_.add(call, deadline.time_since_epoch()));
  self->enqueue({.pieces = {wire::encode_frame(header, request)}, .written = nullptr});
  CO_TRY(const wire::ResponseFrame reply, co_await await_reply(self, call, {.deadline = deadline}));
  v1::NegotiateResponse response;
  CO_TRY_VOID(wire::parse(reply.body.span(), response));
  CO_TRY_VOID(self->conversation_.negotiated(std::move(response), self->context_.cluster_id));
  const v1::NegotiateResponse& broker = self->conversation_.broker();
  if (broker.sasl_mechanisms_size() != 0)
    co_return fail(Errc::sasl_authentication_failed,
                   "the broker asks for authentication, which this client does not have");
  self->context_.cluster_id = broker.cluster_id();
  co_return Result<void>();
}

Task<Result<void>> Link::wait_open(std::shared_ptr<Link> self, env::MonotonicTime deadline) {
  CO_TRY_VOID(co_await self->opened_.wait_until(deadline));
  if (self->closed_) co_return fail(self->why_closed_);
  co_return Result<void>();
}

Task<Result<void>> Link::wait_turn(std::shared_ptr<Link> self, env::MonotonicTime deadline) {
  const env::Environment& environment = self->context_.environment;
  const bool is_free = self->opened_.is_set() && self->line_.empty();
  if (!is_free || environment.now() < self->quiet_until_) {
    Place place(*self);
    CO_TRY_VOID(co_await listen_for(self, place.turn, {.deadline = deadline}));
    while (!self->closed_ && environment.now() < self->quiet_until_) {
      const bool slept = co_await self->context_.core.sleep_until(self->quiet_until_);
      if (!slept) co_return fail(Errc::cancelled, "");
    }
  }
  if (self->closed_) co_return fail(self->why_closed_);
  co_return Result<void>();
}

v1::RequestHeader Link::header_for(v1::ApiKey api, std::int32_t version,
                                   env::MonotonicTime deadline) {
  using std::chrono::milliseconds;
  v1::RequestHeader header;
  header.set_api_key(api);
  header.set_api_version(version);
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - context_.environment.now());
  header.set_timeout_ms(static_cast<std::int32_t>(
      std::clamp<std::int64_t>(left.count(), 1, std::numeric_limits<std::int32_t>::max())));
  if (reads_metadata(api)) header.set_min_metadata_offset(context_.metadata_offset);
  return header;
}

Task<Result<wire::ResponseFrame>> Link::call(std::shared_ptr<Link> self, v1::ApiKey api,
                                             Encode encode, Patience patience,
                                             std::shared_ptr<bool> answered) {
  const env::MonotonicTime deadline = patience.deadline;
  if (answered) *answered = true;
  CO_TRY_VOID(co_await wait_turn(self, deadline));
  CO_TRY(const std::int32_t version, self->conversation_.version_of(api));
  auto call = std::make_shared<Call>(self->context_.core);
  v1::RequestHeader header = self->header_for(api, version, deadline);
  header.set_correlation_id(self->calls_.add(call, deadline.time_since_epoch()));
  self->enqueue({.pieces = encode(header), .written = nullptr});
  if (answered) *answered = false;
  const env::MonotonicTime began = self->context_.environment.now();
  self->context_.meter.requests.began();
  auto reply = co_await await_reply(self, call, patience);
  self->count_answer(reply, began);
  if (!reply) co_return fail(std::move(reply).error());
  if (answered) *answered = true;
  if (reply->header.has_error()) co_return fail(wire::from_proto(reply->header.error()));
  co_return std::move(*reply);
}

void Link::count_answer(const Result<wire::ResponseFrame>& reply, env::MonotonicTime began) {
  RequestMeter& requests = context_.meter.requests;
  if (reply && !reply->header.has_error()) {
    requests.answered(context_.environment.now() - began);
  } else {
    requests.failed();
  }
}

Task<Result<void>> Link::listen_for(std::shared_ptr<Link> self, env::Event& event,
                                    Patience patience) {
  const env::Environment& environment = self->context_.environment;
  env::MonotonicTime quiet_since = environment.now() + patience.held;
  for (;;) {
    const env::MonotonicTime look = std::min(quiet_since + kSilence, patience.deadline);
    auto waited = co_await event.wait_until(look);
    if (waited || waited.error().code != Errc::request_timed_out) co_return waited;
    if (environment.now() >= patience.deadline) co_return waited;
    if (self->heard_ <= quiet_since) {
      if (patience.moved && patience.moved())
        self->close({Errc::network_exception,
                     fmt::format("{} is silent and leads no more", self->to_.to_string())});
      self->context_.on_silence(*self);
    }
    quiet_since = environment.now();
  }
}

Task<Result<wire::ResponseFrame>> Link::await_reply(std::shared_ptr<Link> self, CallPtr call,
                                                    Patience patience) {
  auto waited = co_await listen_for(self, call->done, patience);
  if (call->result) co_return std::move(*call->result);
  if (waited) co_return fail(Errc::closed, "a reply that never came");
  if (waited.error().code != Errc::request_timed_out) co_return fail(std::move(waited).error());
  const Error why{Errc::request_timed_out,
                  fmt::format("no reply from {} in time", self->to_.to_string())};
  // A broker that does not answer in time may be gone without a word; what else waits for it is
  // better asked of a fresh connection.
  if (patience.closes_link) self->close(why);
  self->calls_.expire(self->context_.environment.now().time_since_epoch());
  co_return fail(why);
}

Task<Result<void>> Link::send(std::shared_ptr<Link> self, v1::ApiKey api, Encode encode,
                              env::MonotonicTime deadline) {
  CO_TRY_VOID(co_await wait_turn(self, deadline));
  CO_TRY(const std::int32_t version, self->conversation_.version_of(api));
  v1::RequestHeader header = self->header_for(api, version, deadline);
  // Never answered but with an error that closes the connection; the table forgets it as late.
  auto unanswered = std::make_shared<Call>(self->context_.core);
  header.set_correlation_id(
      self->calls_.add(unanswered, self->context_.environment.now().time_since_epoch()));
  self->calls_.expire(self->context_.environment.now().time_since_epoch());
  auto written = std::make_shared<Call>(self->context_.core);
  const env::MonotonicTime began = self->context_.environment.now();
  self->context_.meter.requests.began();
  self->enqueue({.pieces = encode(header), .written = written});
  auto waited = co_await written->done.wait_until(deadline);
  if (waited && (!written->result || *written->result)) {
    self->context_.meter.requests.answered(self->context_.environment.now() - began);
  } else {
    self->context_.meter.requests.failed();
  }
  if (!waited) co_return fail(std::move(waited).error());
  if (written->result && !*written->result) co_return fail(written->result->error());
  co_return Result<void>();
}

void Link::enqueue(Outgoing outgoing) {
  outgoing_.push_back(std::move(outgoing));
  to_write_.set();
}

Task<void> Link::write_loop(std::shared_ptr<Link> self) {
  while (!self->closed_) {
    if (self->outgoing_.empty()) {
      self->to_write_.reset();
      auto woken = co_await self->to_write_.wait();
      if (!woken) co_return;
      continue;
    }
    // Everything that waits leaves in one gathered write.
    const std::deque<Outgoing> turn = std::exchange(self->outgoing_, {});
    std::vector<env::Chunk> chunks;
    for (const Outgoing& outgoing : turn)
      chunks.insert(chunks.end(), outgoing.pieces.begin(), outgoing.pieces.end());
    std::size_t bytes = 0;
    for (const Outgoing& outgoing : turn) {
      for (const SharedBytes& piece : outgoing.pieces) bytes += piece.size();
    }
    auto written = co_await self->connection_->write(chunks);
    if (written) self->context_.meter.bytes_sent.fetch_add(bytes, std::memory_order_relaxed);
    for (const Outgoing& outgoing : turn) {
      if (!outgoing.written) continue;
      if (!written) outgoing.written->result.emplace(std::unexpected(written.error()));
      outgoing.written->done.set();
    }
    if (!written) {
      self->close(written.error());
      co_return;
    }
  }
}

Task<void> Link::read_loop(std::shared_ptr<Link> self) {
  wire::FrameAssembler assembler(kResponseBytesMax);
  std::vector<SharedBytes> frames;
  while (!self->closed_) {
    auto readable = co_await self->connection_->wait_readable();
    if (!readable) {
      self->close(readable.error());
      co_return;
    }
    if (assembler.large_bytes() != 0) assembler.start_large();
    Result<std::size_t> read = 0;
    Result<void> found;
    frames.clear();
    if (assembler.in_large()) {
      read = self->connection_->try_read(assembler.large_space());
      if (read && *read != 0) assembler.large_filled(*read, frames);
    } else {
      auto page = std::make_shared_for_overwrite<std::byte[]>(kReadPageBytes);
      const MutableByteSpan whole(page.get(), kReadPageBytes);
      read = self->connection_->try_read(assembler.page_space(whole));
      // Also without bytes: the tail of the last frame has moved into this page.
      found = assembler.page_filled(SharedBytes(page, whole), read.value_or(0), frames);
    }
    if (read.value_or(0) != 0) self->heard_ = self->context_.environment.now();
    self->context_.meter.bytes_received.fetch_add(read.value_or(0), std::memory_order_relaxed);
    for (const SharedBytes& frame : frames) {
      if (auto taken = self->take_reply(frame); !taken) {
        self->close(taken.error());
        co_return;
      }
    }
    if (!found) {
      self->close(found.error());
    } else if (!read && read.error().code != Errc::would_block) {
      self->close(read.error());
    } else if (read && *read == 0) {
      self->close({Errc::closed, fmt::format("{} closed the connection", self->to_.to_string())});
    }
  }
}

Result<void> Link::take_reply(const SharedBytes& frame) {
  TRY(wire::ResponseFrame reply, wire::decode_response(frame));
  context_.metadata_offset = std::max(context_.metadata_offset, reply.header.metadata_offset());
  if (reply.header.throttle_time_ms() > 0)
    quiet_until_ =
        context_.environment.now() + std::chrono::milliseconds(reply.header.throttle_time_ms());
  const bool closing = reply.header.closing();
  const bool refused = reply.header.has_error() && conversation_.stage() == wire::Stage::fresh;
  // Another connection would hear the same, so that the broker's words are the reason to close.
  if (refused) return within_negotiation(wire::from_proto(reply.header.error()));
  TRY(std::optional<CallPtr> call, calls_.take(reply.header.correlation_id()));
  if (!call && reply.header.has_error())
    log_debug("{} refused a request: {}", to_.to_string(), wire::from_proto(reply.header.error()));
  if (call) {
    (*call)->result.emplace(std::move(reply));
    (*call)->done.set();
  }
  if (closing) return fail(Errc::closed, "{} closes the connection", to_.to_string());
  return {};
}

}  // namespace ropewalk::client
