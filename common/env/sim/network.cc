#include <algorithm>
#include <memory>
#include <utility>

#include "common/env/sim/channel.h"
#include "common/env/sim/fabric.h"
#include "common/env/sim/listener.h"
#include "common/env/sim/node.h"
#include "common/error.h"

namespace ropewalk::sim {

namespace {

using Connected = Result<std::unique_ptr<env::Connection>>;

class SimConnection final : public env::Connection {
 public:
  SimConnection(std::shared_ptr<Channel> channel, std::size_t side)
      : channel_(std::move(channel)), side_(side), core_(channel_->core(side)) {}
  ~SimConnection() override { close(); }

  env::Endpoint local() const override { return channel_->address(side_).endpoint; }
  env::Endpoint remote() const override { return channel_->address(1 - side_).endpoint; }

  Task<Result<void>> wait_readable() override {
    auto start = [channel = channel_, side = side_](OperationRef<Result<void>> operation) {
      channel->wait_readable(side, std::move(operation));
    };
    Result<void> result = co_await suspend<Result<void>>(core_, std::move(start));
    co_return result;
  }

  Result<std::size_t> try_read(MutableByteSpan into) override {
    if (!alive()) return fail(Errc::closed, "the process is dead");
    return channel_->try_read(side_, into);
  }

  Task<Result<void>> write(std::span<const env::Chunk> chunks) override {
    auto start = [channel = channel_, side = side_, chunks](OperationRef<Result<void>> operation) {
      channel->write(side, chunks, std::move(operation));
    };
    auto channel = channel_;
    Result<void> result = co_await suspend<Result<void>>(core_, std::move(start));
    if (!result && result.error().code == Errc::cancelled) channel->abandon_write(side_);
    co_return result;
  }

  Result<std::size_t> try_write(std::span<const env::Chunk> chunks) override {
    if (!alive()) return fail(Errc::closed, "the process is dead");
    return channel_->try_write(side_, chunks);
  }

  std::uint64_t bytes_written() const override { return channel_->bytes_written(side_); }

  void close() override {
    if (alive()) channel_->close(side_);
  }

 private:
  bool alive() const { return core_.environment().alive(); }

  const std::shared_ptr<Channel> channel_;
  const std::size_t side_;
  SimCore& core_;
};

// One attempt to connect, until it is answered or its time is over.
class Attempt : public std::enable_shared_from_this<Attempt> {
 public:
  Attempt(Fabric& fabric, SimCore& core, Node& target, env::Endpoint to,
          OperationRef<Connected> operation)
      : fabric_(fabric),
        core_(core),
        target_(target),
        to_(std::move(to)),
        operation_(std::move(operation)),
        here_(core.environment().node().name()) {}

  void send_syn(Duration after) {
    fabric_.world().schedule(fabric_.world().now() + after + fabric_.delay(here_, target_.name()),
                             nullptr, [self = shared_from_this()] { self->syn_arrives(); });
  }

 private:
  void syn_arrives() {
    if (operation_.expired()) return;
    const bool silent = fabric_.is_cut(here_, target_.name()) ||
                        fabric_.is_cut(target_.name(), here_) || !target_.powered();
    SimListener* listener = silent ? nullptr : fabric_.listener(target_.name(), to_.port);
    if (silent || (listener != nullptr && listener->full())) {
      fabric_.world().count("net.silent_connect");
      return send_syn(
          fabric_.world().between(std::chrono::milliseconds(200), std::chrono::seconds(1)));
    }
    if (listener == nullptr || !listener->reachable_from(here_)) {
      fabric_.world().count("net.refused_connect");
      return answer([to = to_]() -> Connected {
        return fail(Errc::connection_refused, "connecting to {}", to.to_string());
      });
    }
    const bool inside = target_.name() == here_ && env::is_loopback(to_.host);
    const env::Endpoint from{inside ? "127.0.0.1" : here_, fabric_.next_port()};
    auto channel = std::make_shared<Channel>(fabric_, Channel::Address{here_, from},
                                             Channel::Address{target_.name(), to_});
    channel->attach(0, core_);
    fabric_.add_channel(channel);
    listener->arrived(channel);
    // Made here: when nobody waits any more, its destruction closes.
    answer([channel]() -> Connected { return make_connection(channel, 0); });
  }

  void answer(std::function<Connected()> result) {
    const Duration at = fabric_.world().now() + fabric_.delay(target_.name(), here_);
    fabric_.world().schedule(at, &core_.environment(),
                             [self = shared_from_this(), result = std::move(result)] {
                               complete(self->operation_, result());
                             });
  }

  Fabric& fabric_;
  SimCore& core_;
  Node& target_;
  const env::Endpoint to_;
  const OperationRef<Connected> operation_;
  const std::string here_;
};

class SimNetwork final : public env::Network {
 public:
  SimNetwork(Fabric& fabric, SimEnvironment& environment)
      : fabric_(fabric), environment_(environment) {}

  Task<Result<std::unique_ptr<env::Listener>>> listen(env::Endpoint at,
                                                      env::ConnectionOptions options) override {
    const std::string& here = environment_.node().name();
    const bool any = at.host == "0.0.0.0" || at.host == "::" || at.host.empty();
    if (!any && at.host != here && !env::is_loopback(at.host))
      co_return fail(Errc::invalid_request, "{} is no address of {}", at.host, here);
    auto listener =
        std::make_unique<SimListener>(fabric_, environment_, std::move(at), std::move(options.tls));
    CO_TRY_VOID(listener->bind());
    co_return std::unique_ptr<env::Listener>(std::move(listener));
  }

  Task<Connected> connect(env::Endpoint to, env::MonotonicTime deadline,
                          env::ConnectionOptions options) override {
    SimCore& core = environment_.current_core();
    Node* target = env::is_loopback(to.host) ? &environment_.node() : fabric_.find_node(to.host);
    auto start = [this, &core, target, to, deadline](OperationRef<Connected> operation) {
      World& world = fabric_.world();
      if (target == nullptr) {
        world.schedule(world.now() + std::chrono::milliseconds(1), &environment_, [operation, to] {
          complete(operation, Connected(fail(Errc::not_found, "no host {}", to.host)));
        });
        return;
      }
      if (deadline != env::kNever) {
        const Duration at = environment_.clock().true_time_of(deadline, world.now());
        world.schedule(at, &environment_, [operation, to] {
          complete(operation, Connected(fail(Errc::request_timed_out, "{}", to.to_string())));
        });
      }
      std::make_shared<Attempt>(fabric_, core, *target, to, operation)->send_syn(Duration::zero());
    };
    Connected connected = co_await suspend<Connected>(core, std::move(start));
    if (connected && options.tls)
      connected = options.tls->wrap(*std::move(connected), env::End::connecting);
    co_return connected;
  }

  // A node has no address but its name.
  Task<Result<std::vector<std::string>>> resolve(std::string host, env::MonotonicTime) override {
    if (env::is_loopback(host)) co_return std::vector<std::string>{"127.0.0.1"};
    if (fabric_.find_node(host) == nullptr) co_return fail(Errc::not_found, "no host {}", host);
    co_return std::vector<std::string>{std::move(host)};
  }

 private:
  Fabric& fabric_;
  SimEnvironment& environment_;
};

}  // namespace

std::unique_ptr<env::Connection> make_connection(std::shared_ptr<Channel> channel,
                                                 std::size_t side) {
  return std::make_unique<SimConnection>(std::move(channel), side);
}

std::unique_ptr<env::Network> make_network(Fabric& fabric, SimEnvironment& environment) {
  return std::make_unique<SimNetwork>(fabric, environment);
}

}  // namespace ropewalk::sim
