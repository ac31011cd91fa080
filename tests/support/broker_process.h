// A ropewalkd of its own, on free ports of the loopback.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "common/error.h"
#include "tests/support/process.h"

namespace ropewalk::support {

struct BrokerOptions {
  std::string data_directory;
  std::string stderr_file;
  std::vector<std::string> flags = {};        // Beside the data directory and the ports.
  std::vector<std::string> environment = {};  // NAME=VALUE.
  std::string listen = "127.0.0.1:0";         // The native listener.
  std::string admin_listen = "127.0.0.1:0";
  std::string kafka_listen = "127.0.0.1:0";
  std::size_t descriptors_max = 0;  // 0: as many as we may have.
};

struct BrokerProcess {
  Process process;
  std::uint16_t port = 0;        // Of the native listener.
  std::uint16_t admin_port = 0;  // 0: off.
  std::uint16_t kafka_port = 0;
  std::uint16_t broker_port = 0;
};

// Starts one without waiting for it.
Result<Process> start_broker(const BrokerOptions& options);
// The ports out of the ready line. Errors: closed (it ended), request_timed_out.
struct BrokerPorts {  // 0: off.
  std::uint16_t native = 0;
  std::uint16_t admin = 0;
  std::uint16_t kafka = 0;
  std::uint16_t broker = 0;
};
Result<BrokerPorts> wait_until_ready(Process& broker, std::chrono::milliseconds patience);
Result<BrokerProcess> start_ready_broker(const BrokerOptions& options,
                                         std::chrono::milliseconds patience);

}  // namespace ropewalk::support
