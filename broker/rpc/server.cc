#include "broker/rpc/server.h"

#include <algorithm>
#include <chrono>
#include <unordered_set>
#include <utility>

#include "common/env/crossing.h"
#include "common/log.h"

namespace ropewalk::rpc {
namespace {

// Out of descriptors, say: existing connections go on meanwhile, and may end and give theirs back.
constexpr std::chrono::milliseconds kAcceptPause{100};

// How often a connection is looked at until its time is over: how late it may be closed.
constexpr int kLooksPerLimit = 8;

constexpr telemetry::Family kConnections{"ropewalk_connections", "Connections that are open."};
constexpr telemetry::Family kConnectionsMax{"ropewalk_connections_limit",
                                            "How many connections may be open."};
constexpr telemetry::Family kPerAddressMax{"ropewalk_connections_per_address_limit",
                                           "How many connections of one address may be open."};

}  // namespace

// A core's share of the server. Used on that core.
struct Server::Worker {
  explicit Worker(env::Core& on) : core(on), connections(on) {}

  env::Core& core;
  ReceiveSlab slab;
  std::unordered_set<ServerConnection*> open;  // Those whose writing task runs.
  bool watching = false;                       // Over their silence.
  env::TaskGroup connections;
};

Server::Server(env::Environment& environment, ServerOptions options, SessionFactory factory)
    : environment_(environment),
      options_(std::move(options)),
      factory_(std::move(factory)),
      tally_(std::make_shared<ServerTally>(
          environment,
          options_.shared ? options_.shared : std::make_shared<SharedLimits>(Limits{}))),
      accepting_(environment.core(0)) {
  std::size_t cores = environment.core_count();
  if (options_.cores > 0) cores = std::min(cores, options_.cores);
  for (std::size_t index = 0; index < cores; index++)
    workers_.push_back(std::make_unique<Worker>(environment.core(index)));
}

Server::~Server() = default;

Task<Result<void>> Server::start() {
  auto listening = co_await environment_.network().listen(options_.listen, options_.connection);
  if (!listening) {
    const bool taken = listening.error().code == Errc::address_in_use;
    co_return within(
        fmt::format("{}_listen = {}{}", options_.name, options_.listen.to_string(),
                    taken ? fmt::format(": another process listens on port {}; choose another "
                                        "with the setting {}_listen (port 0: any free one)",
                                        options_.listen.port, options_.name)
                          : std::string()),
        std::move(listening).error());
  }
  listener_ = std::move(*listening);
  accepting_.spawn("accept", accept_loop());
  co_return Result<void>();
}

env::Endpoint Server::local() const { return listener_->local(); }

Task<void> Server::accept_loop() {
  for (;;) {
    Worker& worker = *workers_[next_worker_];
    auto accepted = co_await listener_->accept(worker.core);
    if (!accepted) {
      const Errc code = accepted.error().code;
      if (code == Errc::cancelled || code == Errc::closed) co_return;
      tally_->metrics.accept_errors.add();
      tally_->accepting.warn(environment_.now().time_since_epoch(), "accepting on {}: {}",
                             options_.name, accepted.error());
      const bool slept =
          co_await environment_.core(0).sleep_until(environment_.now() + kAcceptPause);
      if (!slept) co_return;
      continue;
    }
    // Here, so that a burst does not pass the limit before its cores have admitted any of it.
    auto seat = tally_->seats.take((*accepted)->remote().host);
    if (!seat) {
      say_refused((*accepted)->remote(), seat.error());
      continue;  // Which closes it.
    }
    tally_->metrics.accepted.add();
    next_worker_ = (next_worker_ + 1) % workers_.size();
    worker.core.post(
        [this, &worker, connection = std::move(*accepted), seat = std::move(*seat)]() mutable {
          admit(std::move(connection), std::move(seat), worker);
        });
  }
}

void Server::say_refused(const env::Endpoint& remote, Seats::Full full) {
  const auto now = environment_.now().time_since_epoch();
  if (full == Seats::Full::all) {
    tally_->metrics.refused.add();
    tally_->too_many.warn(now, "refusing {}: {} connections of {} are open, as many as may be",
                          remote.to_string(), connections(), options_.name);
  } else {
    tally_->metrics.refused_of_address.add();
    tally_->too_many_of_address.warn(
        now,
        "refusing {}: its address has {} connections of {}, as many as one may have "
        "(max_connections_per_address)",
        remote.to_string(), tally_->seats.of_address_max(), options_.name);
  }
}

// On the worker's core.
void Server::admit(std::unique_ptr<env::Connection> connection, Seats::Seat seat, Worker& worker) {
  if (worker.connections.stopping()) return;
  const env::Endpoint local = connection->local();
  const env::Endpoint remote = connection->remote();
  std::unique_ptr<Reader> reader;
  if (options_.framing == Framing::none)
    reader = std::make_unique<StreamReader>(worker.slab);
  else
    reader = std::make_unique<FrameReader>(worker.slab, tally_->limits->frames,
                                           options_.limits.frame_bytes_max);
  auto served = std::make_shared<ServerConnection>(environment_, worker.core, std::move(connection),
                                                   std::move(reader), options_.limits, tally_,
                                                   std::move(seat));
  served->use(factory_(Accepted{worker.core, local, remote, served}));
  worker.connections.spawn("read frames", served->read_frames());
  worker.connections.spawn("write replies", write_replies(worker, std::move(served)));
  if (worker.watching) return;
  worker.watching = true;
  worker.connections.spawn("close the silent", close_the_silent(worker));
}

// A connection lives as long as this.
Task<void> Server::write_replies(Worker& worker, std::shared_ptr<ServerConnection> connection) {
  worker.open.insert(connection.get());
  co_await connection->write_replies();
  worker.open.erase(connection.get());
}

Task<void> Server::close_the_silent(Worker& worker) {
  const ConnectionLimits& limits = options_.limits;
  const env::Duration every =
      std::min({limits.idle_max, limits.introduction_max, limits.transfer_max}) / kLooksPerLimit;
  for (;;) {
    const bool slept = co_await worker.core.sleep_until(environment_.now() + every);
    if (!slept) co_return;
    // What closing one sets going comes later, never inside of this loop.
    for (ServerConnection* const connection : worker.open)
      connection->check_silence(environment_.now());
  }
}

void Server::show(telemetry::Page& page) const {
  page.gauge(kConnections, {{"listener", options_.name}}, std::uint64_t{connections()});
  page.gauge(kConnectionsMax, {{"listener", options_.name}},
             std::uint64_t{tally_->seats.all_max()});
  page.gauge(kPerAddressMax, {{"listener", options_.name}},
             std::uint64_t{tally_->seats.of_address_max()});
  tally_->metrics.show(page, options_.name);
}

Task<void> Server::stop() {
  if (listener_) listener_->close();
  co_await accepting_.stop();
  for (const std::unique_ptr<Worker>& worker : workers_)
    co_await env::on(worker->core, worker->connections.stop());
}

}  // namespace ropewalk::rpc
