#include "tests/support/broker_process.h"

#include <charconv>
#include <utility>

namespace ropewalk::support {

Result<Process> start_broker(const BrokerOptions& options) {
  ProcessOptions process;
  process.command = {program("ropewalkd"), "--data-dir", options.data_directory, "--native-listen",
                     "127.0.0.1:0"};
  process.command.insert(process.command.end(), options.flags.begin(), options.flags.end());
  process.stderr_file = options.stderr_file;
  process.environment = options.environment;
  return Process::start(process);
}

Result<std::uint16_t> wait_until_ready(Process& broker, std::chrono::milliseconds patience) {
  TRY(const std::string line, broker.read_line(patience));
  const std::string_view text = line;
  if (!text.starts_with("ready ")) return fail(Errc::invalid_request, "not a ready line: {}", line);
  constexpr std::string_view kName = " native=";
  const auto at = text.find(kName);
  if (at == std::string_view::npos)
    return fail(Errc::invalid_request, "no native listener in: {}", line);
  auto address = text.substr(at + kName.size());
  address = address.substr(0, address.find(' '));
  const auto number = address.substr(address.rfind(':') + 1);
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), port);
  if (parsed.ec != std::errc() || port == 0)
    return fail(Errc::invalid_request, "no port in: {}", line);
  return port;
}

Result<BrokerProcess> start_ready_broker(const BrokerOptions& options,
                                         std::chrono::milliseconds patience) {
  TRY(auto process, start_broker(options));
  TRY(const std::uint16_t port, wait_until_ready(process, patience));
  return BrokerProcess{std::move(process), port};
}

}  // namespace ropewalk::support
