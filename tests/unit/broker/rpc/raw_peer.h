// A peer that sends whatever bytes a test likes to a server in the same simulation, and reads
// frames.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "common/env/sim/simulation.h"

namespace ropewalk::rpc {

inline std::string framed(std::string_view frame) {
  std::string whole(4, '\0');
  store_be(reinterpret_cast<std::byte*>(whole.data()), static_cast<std::uint32_t>(frame.size()));
  return whole + std::string(frame);
}

class RawPeer {
 public:
  RawPeer(sim::Simulation& world, sim::Node& node, const env::Endpoint& server)
      : world_(world), node_(node), core_(node.environment().core(0)) {
    connection_ = world_.run(core_, connect(node_.environment(), server)).value();
  }

  // All of it, or what the server takes before it closes.
  void send(std::string bytes) {
    std::vector<env::Chunk> chunks{SharedBytes(std::move(bytes))};
    std::ignore = world_.run(core_, write(*connection_, std::move(chunks)));
  }
  // The next frame without its length; "" when the server has closed.
  std::string read() { return world_.run(core_, read_frame(*connection_, received_)); }
  // Whether the server closes, without another frame.
  bool closed() { return read().empty() && received_.empty(); }
  void close() { connection_->close(); }

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
  static Task<std::string> read_frame(env::Connection& connection, std::string& received) {
    for (;;) {
      if (received.size() >= 4) {
        const auto length = load_be<std::uint32_t>(as_bytes(received).data());
        if (received.size() - 4 >= length) {
          std::string frame = received.substr(4, length);
          received.erase(0, 4 + length);
          co_return frame;
        }
      }
      auto readable = co_await connection.wait_readable();
      if (!readable) co_return std::string();
      std::array<std::byte, 4096> buffer;
      auto count = connection.try_read(buffer);
      if (!count && count.error().code == Errc::would_block) continue;
      if (!count || *count == 0) co_return std::string();
      received += as_text(ByteSpan(buffer).first(*count));
    }
  }

  sim::Simulation& world_;
  sim::Node& node_;
  env::Core& core_;
  std::unique_ptr<env::Connection> connection_;
  std::string received_;
};

}  // namespace ropewalk::rpc
