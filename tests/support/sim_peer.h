// A client in the simulation that sends whatever bytes a test likes. What comes back is for those
// that build on it.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/env/sim/simulation.h"

namespace ropewalk::support {

class SimPeer {
 public:
  SimPeer(sim::Simulation& world, sim::Node& node, const env::Endpoint& server)
      : world_(world), core_(node.environment().core(0)) {
    connection_ = world_.run(core_, connect(node.environment(), server)).value();
  }

  // All of it, or what the server takes before it closes.
  void send(std::string bytes) {
    std::vector<env::Chunk> chunks{SharedBytes(std::move(bytes))};
    std::ignore = world_.run(core_, write(*connection_, std::move(chunks)));
  }
  void close() { connection_->close(); }

 protected:
  // What `take` makes of the bytes that have come, once it makes something of them; nothing when
  // the server closes before. It takes them out.
  template <class Take>
  auto receive(Take take) {
    for (;;) {
      if (auto taken = take(received_)) return taken;
      if (!world_.run(core_, read_some(*connection_, received_)))
        return decltype(take(received_))();
    }
  }
  const std::string& received() const { return received_; }

 private:
  static Task<Result<std::unique_ptr<env::Connection>>> connect(env::Environment& environment,
                                                                env::Endpoint to) {
    const auto deadline = environment.now() + std::chrono::seconds(5);
    auto connected = co_await environment.network().connect(to, deadline, {});
    co_return connected;
  }
  static Task<Result<void>> write(env::Connection& connection, std::vector<env::Chunk> chunks) {
    auto written = co_await connection.write(chunks);
    co_return written;
  }
  // Whether more came.
  static Task<bool> read_some(env::Connection& connection, std::string& received) {
    for (;;) {
      auto readable = co_await connection.wait_readable();
      if (!readable) co_return false;
      std::array<std::byte, 4096> buffer;
      auto count = connection.try_read(buffer);
      if (!count && count.error().code == Errc::would_block) continue;
      if (!count || *count == 0) co_return false;
      received += as_text(ByteSpan(buffer).first(*count));
      co_return true;
    }
  }

  sim::Simulation& world_;
  env::Core& core_;
  std::unique_ptr<env::Connection> connection_;
  std::string received_;
};

}  // namespace ropewalk::support
