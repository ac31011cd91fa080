#include "broker/listeners/kafka/kafka_session.h"

#include <chrono>
#include <concepts>
#include <string>
#include <utility>

#include "broker/listeners/kafka/api_versions.h"
#include "broker/listeners/kafka/calls/produce.h"
#include "broker/listeners/kafka/calls/serve.h"
#include "broker/listeners/kafka/messages/all.h"

namespace ropewalk::kafka {
namespace {

std::shared_ptr<const security::Caller> caller_of(const rpc::Accepted& accepted) {
  security::Caller caller;
  caller.listener = "kafka";
  caller.peer = accepted.remote;
  caller.local = accepted.local;
  return std::make_shared<const security::Caller>(std::move(caller));
}

// The answers that clients have not taken are as many as may be, and Kafka's protocol has no word
// for that: the request waits until there is room. As where memory for a large frame is waited for,
// it looks again instead of being woken, since all cores share the limit and reaching it is rare.
constexpr std::chrono::milliseconds kRoomPause{5};

template <class Request>
Task<void> serve_with_room(Shared& shared, std::weak_ptr<rpc::Outbox> to, Exchange exchange,
                           Request message) {
  for (;;) {
    const auto outbox = to.lock();
    if (!outbox) co_return;
    if (!outbox->answers_are_full()) break;
    const env::MonotonicTime now = shared.environment.now();
    if (now >= exchange.context.deadline) {
      exchange.close({Errc::budget_exceeded,
                      "clients have not taken as many bytes of answers as the broker holds for "
                      "all of them (answer_bytes_max)"});
      co_return;
    }
    const bool slept = co_await outbox->core().sleep_until(now + kRoomPause);
    if (!slept) co_return;
  }
  co_await serve(shared, std::move(exchange), std::move(message));
}

// By its api key.
bool is_no_kafka(ByteSpan frame) {
  constexpr std::int16_t kLastKeyOfKafka = 1000;  // With room for calls to come.
  if (frame.size() < sizeof(std::int16_t)) return true;
  const auto key = load_be<std::int16_t>(frame.data());
  return key < 0 || key > kLastKeyOfKafka;
}

}  // namespace

KafkaSession::KafkaSession(Shared& shared, const rpc::Accepted& accepted)
    : shared_(shared),
      made_(shared.environment.now()),
      outbox_(accepted.outbox),
      caller_(caller_of(accepted)),
      turn_(shared.uses.produce_turn()),
      replies_(std::make_shared<Replies>(accepted.outbox, shared.options.requests_max)),
      tasks_(std::make_shared<env::TaskGroup>(accepted.core)) {}

KafkaSession::~KafkaSession() = default;

void KafkaSession::on_frames(std::span<const SharedBytes> frames) {
  for (const SharedBytes& frame : frames) {
    if (broken_) break;
    on_frame(frame);
  }
  turn_.go();
}

void KafkaSession::on_broken(const Error& error) { break_off(error); }

void KafkaSession::on_frame(const SharedBytes& frame) {
  if (!introduced_ && is_no_kafka(frame.span()))
    return break_off({Errc::invalid_request,
                      "this is no Kafka client; those of Ropewalk's own protocol have a port of "
                      "their own (native_listen)"});
  auto start = read_request_header(frame);
  if (!start) return break_off(std::move(start).error());
  if (start->api == nullptr) return answer_unserved(start->header);
  Exchange exchange = exchange_for(*start);
  introduced_ = true;
  for_each_call([&]<class C>() {
    using Request = typename C::Request;
    if (&Request::kApi != start->api) return;
    if constexpr (std::same_as<Request, ApiVersionsRequest>)
      answer_api_versions(exchange, frame, start->body_at);
    else if constexpr (std::same_as<Request, ProduceRequest>)
      produce(std::move(exchange), frame, start->body_at);
    else
      this->start<Request>(std::move(exchange), frame, start->body_at);
  });
}

Exchange KafkaSession::exchange_for(const RequestStart& start) {
  const std::string_view client_id =
      start.header.client_id ? std::string_view(*start.header.client_id) : std::string_view();
  if (client_id != caller_->client_id) {
    security::Caller renamed = *caller_;
    renamed.client_id = client_id;
    caller_ = std::make_shared<const security::Caller>(std::move(renamed));
  }
  Exchange exchange;
  exchange.replies = replies_;
  exchange.place = replies_->next();
  exchange.version = start.header.api_version;
  exchange.correlation_id = start.header.correlation_id;
  exchange.clock =
      telemetry::RequestClock(shared_.environment, shared_.metrics.of(start.header.api_key));
  exchange.context.caller = caller_;
  exchange.context.deadline = exchange.clock.since() + shared_.options.timeout;
  return exchange;
}

// As Kafka does: a version of ApiVersions that is not known here is answered in the oldest one, so
// that the client can choose; nobody could read a reply to anything else.
void KafkaSession::answer_unserved(const RequestHeader& header) {
  if (header.api_key != kApiVersions.key)
    return break_off(
        {Errc::unsupported_version, fmt::format("api key {} in version {} is not served here",
                                                header.api_key, header.api_version)});
  introduced_ = true;
  Exchange exchange = exchange_for({.header = header, .api = &kApiVersions, .body_at = 0});
  exchange.version = 0;
  const Error error{Errc::unsupported_version,
                    fmt::format("ApiVersions in version {}", header.api_version)};
  exchange.reply(refused_api_versions(error.code), &error);
}

void KafkaSession::answer_api_versions(const Exchange& exchange, const SharedBytes& frame,
                                       std::size_t body_at) {
  const auto message = read_body<ApiVersionsRequest>(frame, body_at, exchange.version);
  if (!message) {
    exchange.close(message.error());
    broken_ = true;
    return;
  }
  const auto good = check_software(*message, exchange.version);
  if (!good) return exchange.reply(refused_api_versions(good.error().code), &good.error());
  exchange.reply(served_api_versions());
}

void KafkaSession::produce(Exchange exchange, const SharedBytes& frame, std::size_t body_at) {
  auto message = read_body<ProduceRequest>(frame, body_at, exchange.version);
  if (!message) {
    broken_ = true;
    return exchange.close(message.error());
  }
  add_produce(shared_, std::move(exchange), std::move(*message), turn_);
}

template <class Request>
void KafkaSession::start(Exchange exchange, const SharedBytes& frame, std::size_t body_at) {
  auto allowed = may_start(frame.size() - body_at);
  if (allowed) {
    auto message = read_body<Request>(frame, body_at, exchange.version);
    if (message) {
      auto outbox = outbox_.lock();
      const bool must_wait = outbox && outbox->answers_are_full();
      auto task = must_wait
                      ? serve_with_room(shared_, outbox_, std::move(exchange), std::move(*message))
                      : serve(shared_, std::move(exchange), std::move(*message));
      tasks_->spawn("request", std::move(task));
      return;
    }
    allowed = fail(std::move(message).error());
  }
  broken_ = true;
  exchange.close(allowed.error());
}

// Kafka's protocol has no word for these: the connection closes, and the log says why. A client
// that takes its answers never meets the last one.
Result<void> KafkaSession::may_start(std::size_t body_bytes) const {
  if (body_bytes > shared_.options.plain_body_bytes_max)
    return fail(Errc::frame_too_large,
                "a request without records of {} bytes, at most {} are allowed", body_bytes,
                shared_.options.plain_body_bytes_max);
  const std::size_t held = replies_->held_bytes();
  if (held >= shared_.options.held_bytes_max)
    return fail(Errc::budget_exceeded, "{} bytes of answers were not taken yet on this connection",
                held);
  return {};
}

void KafkaSession::break_off(Error error) {
  broken_ = true;
  turn_.go();  // What came before is served; answers that are ready at once still leave.
  replies_->close(replies_->next(), std::move(error));
}

}  // namespace ropewalk::kafka
