#include "broker/listeners/admin/admin_session.h"

#include <utility>
#include <vector>

#include "broker/telemetry/page.h"

namespace ropewalk::admin {
namespace {

HttpResponse text_of(unsigned status, std::string words) {
  return {.status = status, .body = std::move(words) + "\n"};
}

Errc code_of(const HttpFault& fault) {
  return fault.status == 400 ? Errc::malformed_frame : Errc::frame_too_large;
}

}  // namespace

struct AdminSession::Talk : std::enable_shared_from_this<AdminSession::Talk> {
  Talk(Shared& with, const rpc::Accepted& accepted)
      : shared(with),
        outbox(accepted.outbox),
        reader(HttpLimits{}),
        owes_since(with.environment.now()) {}

  void take(ByteSpan bytes) {
    if (over) return;
    const bool had_some = reader.has_some();
    reader.add(bytes);
    const bool answered = go_on();
    if (!reader.has_some())
      owes_since.reset();
    else if (!had_some || answered)
      owes_since = shared.environment.now();
  }

  // Whether a whole request was there.
  bool go_on() {
    bool any = false;
    while (!over && !serving) {
      auto request = reader.next();
      if (!request) {
        give_up(request.error());
      } else if (!*request) {
        break;
      } else {
        any = true;
        answer(std::move(**request));
      }
    }
    return any;
  }

  void answer(HttpRequest request) {
    if (request.method != "GET" && request.method != "HEAD") {
      HttpResponse refused = text_of(405, "only GET and HEAD are served here");
      refused.allow = "GET, HEAD";
      return send(request, std::move(refused));
    }
    if (request.path == "/healthz") return send(request, text_of(200, "ok"));
    if (request.path == "/readyz") {
      const auto ready = shared.pages.ready();
      return send(request, ready ? text_of(200, "ready") : text_of(503, ready.error().context));
    }
    if (request.path == "/metrics") {
      serving = true;
      shared.tasks.spawn("metrics page", serve_metrics(shared_from_this(), std::move(request)));
      return;
    }
    send(request, text_of(404, "there are /metrics, /healthz and /readyz"));
  }

  static Task<void> serve_metrics(std::shared_ptr<Talk> self, HttpRequest request) {
    HttpResponse response;
    response.body = co_await self->shared.pages.metrics();
    response.content_type = telemetry::Page::kContentType;
    self->serving = false;
    self->send(request, std::move(response));
    // What came meanwhile counts from now.
    self->go_on();
    self->owes_since.reset();
    if (self->reader.has_some()) self->owes_since = self->shared.environment.now();
  }

  void send(const HttpRequest& request, HttpResponse response) {
    HttpReply reply;
    reply.response = std::move(response);
    reply.version = request.version;
    reply.keep_alive = request.keep_alive;
    reply.head = request.method == "HEAD";
    put(std::move(reply));
    if (!request.keep_alive) end({Errc::none, {}});
  }

  void give_up(const HttpFault& fault) {
    HttpReply reply;
    reply.response = text_of(fault.status, fault.words);
    reply.keep_alive = false;
    put(std::move(reply));
    end({code_of(fault), fault.words});
  }

  void put(HttpReply reply) {
    const auto to = outbox.lock();
    if (!to) return;
    std::vector<env::Chunk> chunks;
    chunks.emplace_back(SharedBytes(encode(std::move(reply), shared.environment.wall_now())));
    to->send(std::move(chunks));
  }

  void end(Error why) {
    over = true;
    if (const auto to = outbox.lock()) to->close_after_sending(std::move(why));
  }

  Shared& shared;
  const std::weak_ptr<rpc::Outbox> outbox;
  HttpReader reader;
  std::optional<env::MonotonicTime> owes_since;  // Of the first request, or of one that has begun.
  bool serving = false;                          // A page is being made.
  bool over = false;                             // Nothing more is read or sent.
};

AdminSession::AdminSession(Shared& shared, const rpc::Accepted& accepted)
    : talk_(std::make_shared<Talk>(shared, accepted)) {}
AdminSession::~AdminSession() = default;

void AdminSession::on_frames(std::span<const SharedBytes> pieces) {
  for (const SharedBytes& piece : pieces) talk_->take(piece.span());
}

// The peer took too long. Who has sent nothing gets nothing.
void AdminSession::on_broken(const Error& error) {
  if (talk_->over) return;
  if (talk_->reader.has_some()) {
    HttpReply reply;
    reply.response = text_of(408, error.context);
    reply.keep_alive = false;
    talk_->put(std::move(reply));
  }
  talk_->over = true;
}

std::optional<env::MonotonicTime> AdminSession::owes_since() const {
  if (talk_->serving) return std::nullopt;
  return talk_->owes_since;
}

bool AdminSession::is_busy() const { return talk_->serving; }

void AdminSession::on_closed() { talk_->over = true; }

}  // namespace ropewalk::admin
