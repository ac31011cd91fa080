#include "broker/rpc/peer_session.h"

#include <chrono>
#include <utility>
#include <vector>

#include "broker/rpc/peer_hello.h"
#include "broker/security/broker_certificate.h"
#include "common/wire/errors.h"

namespace ropewalk::rpc {
namespace {

v1::ResponseHeader header_of(std::int64_t correlation_id, const Error* error) {
  v1::ResponseHeader header;
  header.set_correlation_id(correlation_id);
  if (error != nullptr) wire::set_error(*header.mutable_error(), *error);
  return header;
}

// The beginning of the numbers that are spoken between brokers (v1/header.proto).
constexpr std::int32_t kFirstPeerApi = 1000;

}  // namespace

// The answers of a connection. On its core; may outlive the connection.
struct PeerSession::Answering {
  std::weak_ptr<Outbox> outbox;
  std::size_t unanswered = 0;
  const std::size_t unanswered_max;
  bool holding = false;

  void send(std::int64_t correlation_id, Result<PeerAnswer> answer) const {
    const auto to = outbox.lock();
    if (!to) return;
    const v1::ResponseHeader header = header_of(correlation_id, answer ? nullptr : &answer.error());
    if (answer && answer->writer) return to->send(answer->writer->write(header));
    const SharedBytes body = answer ? std::move(answer->body) : SharedBytes();
    std::vector<env::Chunk> frame{wire::encode_frame_start(header, body.size())};
    if (!body.empty()) frame.emplace_back(body);
    to->send(std::move(frame));
  }

  void began() {
    unanswered++;
    hold(unanswered >= unanswered_max);
  }
  void ended(std::int64_t correlation_id, Result<PeerAnswer> answer) {
    unanswered--;
    send(correlation_id, std::move(answer));
    hold(unanswered >= unanswered_max);
  }

 private:
  void hold(bool wanted) {
    const auto to = outbox.lock();
    if (to && std::exchange(holding, wanted) != wanted) to->hold_reading(wanted);
  }
};

// One request's way back, from whatever core.
class PeerSession::Pending {
 public:
  Pending(std::shared_ptr<const PeerHandlers> handlers, env::Core& core,
          std::shared_ptr<Answering> answering, std::int64_t correlation_id)
      : handlers_(std::move(handlers)),
        core_(core),
        answering_(std::move(answering)),
        correlation_id_(correlation_id) {}
  ~Pending() {
    if (!told_) tell(fail(Errc::broker_not_available, "the request was given up"));
  }

  void tell(Result<PeerAnswer> answer) {
    // Behind that the core may be gone, too.
    if (std::exchange(told_, true) || handlers_->stopped.load(std::memory_order_acquire)) return;
    if (core_.is_current()) return answering_->ended(correlation_id_, std::move(answer));
    core_.post([answering = answering_, id = correlation_id_,
                answer = std::move(answer)]() mutable { answering->ended(id, std::move(answer)); });
  }

 private:
  const std::shared_ptr<const PeerHandlers> handlers_;
  env::Core& core_;
  const std::shared_ptr<Answering> answering_;
  const std::int64_t correlation_id_;
  bool told_ = false;
};

PeerSession::PeerSession(std::shared_ptr<const PeerHandlers> handlers, const Accepted& accepted)
    : handlers_(std::move(handlers)),
      core_(accepted.core),
      made_(handlers_->environment.now()),
      answering_(
          std::make_shared<Answering>(accepted.outbox, 0, handlers_->options.unanswered_max)) {}

PeerSession::~PeerSession() = default;

std::optional<env::MonotonicTime> PeerSession::owes_since() const {
  if (peer_) return std::nullopt;
  return made_;
}

bool PeerSession::is_busy() const { return answering_->unanswered > 0; }

void PeerSession::on_frames(std::span<const SharedBytes> frames) {
  for (const SharedBytes& frame : frames) {
    if (broken_) return;
    const auto request = wire::decode_request(frame);
    if (!request) return break_off(0, request.error());
    if (const auto served = serve(*request); !served)
      return break_off(request->header.correlation_id(), served.error());
  }
}

void PeerSession::on_broken(const Error& error) { break_off(0, error); }

Result<void> PeerSession::serve(const wire::RequestFrame& request) {
  if (handlers_->stopped.load(std::memory_order_acquire))
    return fail(Errc::shutting_down, "broker {} stops", handlers_->self.broker);
  const std::int32_t api = request.header.api_key();
  const std::int64_t id = request.header.correlation_id();
  if (api < kFirstPeerApi)
    return fail(Errc::unknown_api,
                "api key {} is not served here: this port is for brokers (broker_listen), clients "
                "have another (native_listen)",
                api);
  if (request.header.api_version() != kPeerVersion)
    return fail(Errc::unsupported_version, "version {} of api {}; broker {} knows {}",
                request.header.api_version(), api, handlers_->self.broker, kPeerVersion);
  if (id < 0) return fail(Errc::malformed_frame, "correlation id {}", id);
  if (api == internal::PEER_HELLO) return greet(request);
  if (!peer_) return fail(Errc::not_negotiated, "api {} before the hello", api);
  if (api == internal::PEER_PING) {
    answering_->send(id, SharedBytes());
    return {};
  }
  const auto found = handlers_->by_api.find(api);
  if (found == handlers_->by_api.end())
    return fail(Errc::unknown_api, "api key {} is not served by broker {}", api,
                handlers_->self.broker);
  const PeerHandlers::Handler& handler = found->second;
  if ((id == 0) != static_cast<bool>(handler.message))
    return fail(Errc::malformed_frame, "api {} with correlation id {}: it is {}", api, id,
                handler.message ? "a message, which has none" : "a request, which has one");
  if (handler.message)
    handler.message(request_of(request));
  else
    start(request, handler);
  return {};
}

Result<void> PeerSession::greet(const wire::RequestFrame& request) {
  if (peer_) return fail(Errc::malformed_frame, "a second hello");
  TRY(const PeerIdentity caller, admit_caller(request.body.span(), handlers_->self));
  const auto outbox = answering_->outbox.lock();
  if (!outbox) return fail(Errc::closed, "the connection is gone");
  TRY_VOID(security::check_certificate(outbox->peer_name(), caller.broker));
  peer_ = caller;
  const std::string hello = hello_of(handlers_->self).SerializeAsString();
  answering_->send(request.header.correlation_id(), SharedBytes(hello));
  return {};
}

void PeerSession::start(const wire::RequestFrame& request, const PeerHandlers::Handler& handler) {
  const std::int64_t id = request.header.correlation_id();
  if (answering_->unanswered >= answering_->unanswered_max)
    return answering_->send(
        id, fail(Errc::budget_exceeded, "{} requests of this connection wait for their answers",
                 answering_->unanswered));
  answering_->began();
  auto pending = std::make_unique<Pending>(handlers_, core_, answering_, id);
  handler.request(request_of(request),
                  [pending = std::move(pending)](Result<PeerAnswer> answer) mutable {
                    pending->tell(std::move(answer));
                  });
}

PeerRequest PeerSession::request_of(const wire::RequestFrame& request) const {
  env::Duration timeout = handlers_->options.timeout;
  if (request.header.timeout_ms() > 0)
    timeout = std::chrono::milliseconds(request.header.timeout_ms());
  return {*peer_, request.body, handlers_->environment.now() + timeout};
}

void PeerSession::break_off(std::int64_t correlation_id, const Error& error) {
  if (std::exchange(broken_, true)) return;
  const auto to = answering_->outbox.lock();
  if (!to) return;
  v1::ResponseHeader header = header_of(correlation_id, &error);
  header.set_closing(true);
  to->send({wire::encode_frame(header)});
  to->close_after_sending(error);
}

}  // namespace ropewalk::rpc
