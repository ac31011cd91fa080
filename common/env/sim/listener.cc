#include "common/env/sim/listener.h"

#include <utility>

#include "common/env/sim/node.h"
#include "common/error.h"

namespace ropewalk::sim {

Result<void> SimListener::bind() {
  TRY(at_.port, fabric_.bind(environment_.node().name(), at_.port, *this));
  return {};
}

bool SimListener::reachable_from(const std::string& node) const {
  return node == environment_.node().name() || !env::is_loopback(at_.host);
}

Task<Result<std::unique_ptr<env::Connection>>> SimListener::accept(env::Core& owner) {
  auto& core = dynamic_cast<SimCore&>(owner);
  auto start = [this, &core](OperationRef<Accepted> operation) {
    accepting_ = std::move(operation);
    owner_ = &core;
    serve();
  };
  Accepted accepted = co_await suspend<Accepted>(environment_.current_core(), std::move(start));
  if (accepted && tls_) accepted = tls_->wrap(*std::move(accepted), env::End::accepting);
  co_return accepted;
}

void SimListener::arrived(std::shared_ptr<Channel> channel) {
  backlog_.push_back(std::move(channel));
  serve();
}

void SimListener::serve() {
  if (accepting_.expired()) return;
  if (closed_)
    return complete(std::exchange(accepting_, {}), Accepted(fail(Errc::closed, "listener closed")));
  if (backlog_.empty()) return;
  auto channel = std::move(backlog_.front());
  backlog_.pop_front();
  World& world = fabric_.world();
  channel->attach(1, *owner_);
  if (world.random().chance(fabric_.accept_error)) {
    world.count("net.accept_error");
    channel->close(1);
    return complete(std::exchange(accepting_, {}), Accepted(fail(Errc::io_error, "accept")));
  }
  complete(std::exchange(accepting_, {}), Accepted(make_connection(std::move(channel), 1)));
}

void SimListener::close() {
  if (closed_) return;
  closed_ = true;
  fabric_.unbind(environment_.node().name(), at_.port, *this);
  if (!environment_.alive()) return;
  for (auto& channel : std::exchange(backlog_, {})) {
    channel->attach(1, environment_.core(0));
    channel->close(1);
  }
  serve();
}

}  // namespace ropewalk::sim
