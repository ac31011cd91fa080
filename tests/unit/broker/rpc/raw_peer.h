// A peer that sends whatever bytes a test likes to a server in the same simulation, and reads
// frames.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/sim_peer.h"

namespace ropewalk::rpc {

inline std::string framed(std::string_view frame) {
  std::string whole(4, '\0');
  store_be(reinterpret_cast<std::byte*>(whole.data()), static_cast<std::uint32_t>(frame.size()));
  return whole + std::string(frame);
}

class RawPeer : public support::SimPeer {
 public:
  using SimPeer::SimPeer;

  // The next frame without its length; "" when the server has closed.
  std::string read() {
    return receive([](std::string& bytes) { return take_frame(bytes); }).value_or("");
  }
  // Whether the server closes, without another frame.
  bool closed() { return read().empty() && received().empty(); }

 private:
  static std::optional<std::string> take_frame(std::string& bytes) {
    if (bytes.size() < 4) return std::nullopt;
    const auto length = load_be<std::uint32_t>(as_bytes(bytes).data());
    if (bytes.size() - 4 < length) return std::nullopt;
    std::string frame = bytes.substr(4, length);
    bytes.erase(0, 4 + length);
    return frame;
  }
};

}  // namespace ropewalk::rpc
