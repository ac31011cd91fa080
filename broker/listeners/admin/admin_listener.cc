#include "broker/listeners/admin/admin_listener.h"

#include <utility>

namespace ropewalk::admin {
namespace {

// Monitors are few, and each is read in small pieces.
constexpr std::size_t kReadBytesMax = 16 << 10;

}  // namespace

AdminListener::AdminListener(env::Environment& environment, AdminPages pages)
    : shared_{environment, std::move(pages), tasks_}, tasks_(environment.core(0)) {}

rpc::ServerOptions AdminListener::server_options() {
  rpc::ServerOptions options;
  options.name = "admin";
  options.shared =
      std::make_shared<rpc::SharedLimits>(rpc::Limits{.connections_max = kConnectionsMax});
  options.limits.read_bytes_max = kReadBytesMax;
  options.framing = rpc::Framing::none;
  options.cores = 1;
  return options;
}

rpc::SessionFactory AdminListener::sessions() {
  return [this](const rpc::Accepted& accepted) -> std::unique_ptr<rpc::Session> {
    return std::make_unique<AdminSession>(shared_, accepted);
  };
}

Task<void> AdminListener::stop() { co_await tasks_.stop(); }

}  // namespace ropewalk::admin
