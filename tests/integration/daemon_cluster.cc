#include "tests/integration/daemon_cluster.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>

#include "tests/support/free_ports.h"

namespace ropewalk::support {
namespace {

constexpr std::chrono::seconds kPatience{60};

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

void DaemonCluster::SetUp() {
  for (const std::uint16_t port : free_ports(kDaemons))
    listens_.push_back(fmt::format("127.0.0.1:{}", port));
  brokers_.resize(kDaemons);
  flags_.resize(kDaemons);
  disks_.assign(kDaemons, 1);
  cluster_ = run({program("ropewalkd"), "new-id"}).out;
  cluster_.pop_back();
  first_ = fmt::format("1@{}", listens_[0]);
}

std::string DaemonCluster::data_of(std::size_t i) {
  return directory_.file(fmt::format("data-{}-{}", i + 1, disks_[i]));
}

Outcome DaemonCluster::run(std::vector<std::string> command) {
  ProcessOptions options;
  options.command = std::move(command);
  options.stderr_file = directory_.file("command.log");
  std::filesystem::remove(options.stderr_file);
  auto running = Process::start(options);
  EXPECT_TRUE(running) << to_string(running.error());
  Outcome outcome;
  while (auto line = running->read_line(kPatience)) outcome.out += *line + "\n";
  const int status = running->wait();
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  outcome.errors = content_of(options.stderr_file);
  return outcome;
}

Outcome DaemonCluster::ropewalk(std::vector<std::string> arguments) {
  std::vector<std::string> at;
  for (const auto& broker : brokers_)
    if (broker && broker->port != 0) at.push_back(fmt::format("127.0.0.1:{}", broker->port));
  arguments.insert(arguments.begin(),
                   {program("ropewalk"), "--brokers", fmt::format("{}", fmt::join(at, ","))});
  return run(std::move(arguments));
}

Outcome DaemonCluster::voters(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"cluster", "voters"});
  return ropewalk(std::move(arguments));
}

std::vector<std::string> DaemonCluster::identity(std::size_t i, const std::string& quorum_voters) {
  std::vector<std::string> flags{"--broker-id", std::to_string(i + 1), "--cluster-id",
                                 cluster_,      "--broker-listen",     listens_[i]};
  if (!quorum_voters.empty()) flags.insert(flags.end(), {"--quorum-voters", quorum_voters});
  return flags;
}

void DaemonCluster::format(std::size_t i, const std::string& quorum_voters) {
  std::vector<std::string> command{program("ropewalkd"), "format", "--data-dir", data_of(i)};
  for (std::string& flag : identity(i, quorum_voters)) command.push_back(std::move(flag));
  const Outcome formatted = run(command);
  ASSERT_EQ(formatted.status, 0) << formatted.errors;
}

void DaemonCluster::begin(std::size_t i, const std::string& quorum_voters) {
  BrokerOptions options{.data_directory = data_of(i),
                        .stderr_file = log_of(i),
                        .flags = identity(i, quorum_voters),
                        .admin_listen = "off",
                        .kafka_listen = "off"};
  options.flags.insert(options.flags.end(), flags_[i].begin(), flags_[i].end());
  auto process = start_broker(options);
  ASSERT_TRUE(process) << to_string(process.error());
  brokers_[i] = std::make_unique<BrokerProcess>(BrokerProcess{std::move(*process), 0, 0, 0, 0});
}

void DaemonCluster::wait_until_ready(std::size_t i) {
  const auto ports = support::wait_until_ready(brokers_[i]->process, kPatience);
  ASSERT_TRUE(ports) << to_string(ports.error());
  brokers_[i]->port = ports->native;
}

void DaemonCluster::start(std::size_t i, const std::string& quorum_voters) {
  ASSERT_NO_FATAL_FAILURE(begin(i, quorum_voters));
  wait_until_ready(i);
}

void DaemonCluster::wait_for_log(std::size_t i, const std::string& words) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (content_of(log_of(i)).find(words) == std::string::npos)
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "\"" << words << "\" is not in\n"
                                                          << content_of(log_of(i));
}

}  // namespace ropewalk::support
