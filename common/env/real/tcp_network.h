// Listening and connecting over TCP.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/env/core.h"
#include "common/env/network.h"
#include "common/env/real/address.h"
#include "common/env/real/socket.h"
#include "common/env/real/thread_pool.h"

namespace ropewalk::env::real {

class TcpListener final : public Listener {
 public:
  // `system_congestion_control`: what sockets for other machines shall have.
  TcpListener(std::unique_ptr<Socket> socket, Endpoint local, ConnectionOptions options,
              std::string system_congestion_control)
      : socket_(std::move(socket)),
        local_(std::move(local)),
        options_(std::move(options)),
        system_congestion_control_(std::move(system_congestion_control)) {}

  Endpoint local() const override { return local_; }
  Task<Result<std::unique_ptr<Connection>>> accept(Core& owner) override;
  void close() override { socket_->close(); }

 private:
  std::unique_ptr<Socket> socket_;
  Endpoint local_;
  ConnectionOptions options_;
  std::string system_congestion_control_;
};

class TcpNetwork final : public Network {
 public:
  // `current_core` answers for the calling thread.
  explicit TcpNetwork(std::function<Core&()> current_core)
      : current_core_(std::move(current_core)), resolver_("rw-resolve", 2) {}

  Task<Result<std::unique_ptr<Listener>>> listen(Endpoint at, ConnectionOptions options) override;
  Task<Result<std::unique_ptr<Connection>>> connect(Endpoint to, MonotonicTime deadline,
                                                    ConnectionOptions options) override;
  Task<Result<std::vector<std::string>>> resolve(std::string host, MonotonicTime deadline) override;
  void stop() { resolver_.stop(); }

 private:
  using Addresses = std::vector<Address>;

  Task<Result<Addresses>> look_up(Endpoint endpoint, MonotonicTime deadline);
  Task<Result<std::unique_ptr<Connection>>> connect_to(const Address& address,
                                                       MonotonicTime deadline,
                                                       const ConnectionOptions& options);

  std::function<Core&()> current_core_;
  ThreadPool resolver_;
};

}  // namespace ropewalk::env::real
