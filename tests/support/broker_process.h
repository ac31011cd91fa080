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
};

struct BrokerProcess {
  Process process;
  std::uint16_t port = 0;  // Of the native listener.
};

// Starts one without waiting for it.
Result<Process> start_broker(const BrokerOptions& options);
// The native port out of the ready line. Errors: closed (it ended), request_timed_out.
Result<std::uint16_t> wait_until_ready(Process& broker, std::chrono::milliseconds patience);
Result<BrokerProcess> start_ready_broker(const BrokerOptions& options,
                                         std::chrono::milliseconds patience);

}  // namespace ropewalk::support
