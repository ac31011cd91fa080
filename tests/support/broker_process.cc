#include "tests/support/broker_process.h"

#include <charconv>
#include <utility>

namespace ropewalk::support {
namespace {

// Out of "ready native=HOST:PORT ...".
Result<std::uint16_t> port_of(std::string_view line, std::string_view name) {
  const auto at = line.find(name);
  if (at == std::string_view::npos) return fail(Errc::invalid_request, "no{} in: {}", name, line);
  auto address = line.substr(at + name.size());
  address = address.substr(0, address.find(' '));
  if (address == "off") return 0;
  const auto number = address.substr(address.rfind(':') + 1);
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), port);
  if (parsed.ec != std::errc() || port == 0)
    return fail(Errc::invalid_request, "no port in: {}", line);
  return port;
}

}  // namespace

Result<Process> start_broker(const BrokerOptions& options) {
  ProcessOptions process;
  process.command = {program("ropewalkd"), "--data-dir",     options.data_directory,
                     "--native-listen",    options.listen,   "--kafka-listen",
                     options.kafka_listen, "--admin-listen", options.admin_listen};
  process.command.insert(process.command.end(), options.flags.begin(), options.flags.end());
  process.stderr_file = options.stderr_file;
  process.environment = options.environment;
  process.descriptors_max = options.descriptors_max;
  return Process::start(process);
}

Result<BrokerPorts> wait_until_ready(Process& broker, std::chrono::milliseconds patience) {
  TRY(const std::string line, broker.read_line(patience));
  if (!line.starts_with("ready ")) return fail(Errc::invalid_request, "not a ready line: {}", line);
  BrokerPorts ports;
  TRY(ports.native, port_of(line, " native="));
  TRY(ports.admin, port_of(line, " admin="));
  TRY(ports.kafka, port_of(line, " kafka="));
  TRY(ports.broker, port_of(line, " broker="));
  return ports;
}

Result<BrokerProcess> start_ready_broker(const BrokerOptions& options,
                                         std::chrono::milliseconds patience) {
  TRY(auto process, start_broker(options));
  TRY(const BrokerPorts ports, wait_until_ready(process, patience));
  return BrokerProcess{std::move(process), ports.native, ports.admin, ports.kafka, ports.broker};
}

}  // namespace ropewalk::support
