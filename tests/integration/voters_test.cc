// A cluster of one daemon grows to three voters, and one of them loses its disk, with the command.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/support/broker_process.h"
#include "tests/support/free_ports.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::support {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kPatience = 60s;

struct Outcome {
  int status = -1;
  std::string out;
  std::string errors;
};

class GrowingCluster : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const std::uint16_t port : free_ports(3))
      listens_.push_back(fmt::format("127.0.0.1:{}", port));
    brokers_.resize(3);
    cluster_ = run({program("ropewalkd"), "new-id"}).out;
    cluster_.pop_back();
    first_ = fmt::format("1@{}", listens_[0]);
  }
  void TearDown() override { directory_.keep_if(HasFailure()); }

  std::string data_of(std::size_t i) {
    return directory_.file(fmt::format("data-{}-{}", i + 1, disks_[i]));
  }
  Outcome run(std::vector<std::string> command) {
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
    std::ifstream errors(options.stderr_file);
    outcome.errors.assign(std::istreambuf_iterator<char>(errors), {});
    return outcome;
  }
  Outcome ropewalk(std::vector<std::string> arguments) {
    std::vector<std::string> brokers;
    for (const auto& broker : brokers_)
      if (broker) brokers.push_back(fmt::format("127.0.0.1:{}", broker->port));
    arguments.insert(arguments.begin(), {program("ropewalk"), "--brokers",
                                         fmt::format("{}", fmt::join(brokers, ","))});
    return run(std::move(arguments));
  }
  Outcome voters(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"cluster", "voters"});
    return ropewalk(std::move(arguments));
  }
  std::vector<std::string> identity(std::size_t i, const std::string& quorum_voters) {
    std::vector<std::string> flags{"--broker-id", std::to_string(i + 1), "--cluster-id",
                                   cluster_,      "--broker-listen",     listens_[i]};
    if (!quorum_voters.empty()) flags.insert(flags.end(), {"--quorum-voters", quorum_voters});
    return flags;
  }
  void format(std::size_t i, const std::string& quorum_voters) {
    std::vector<std::string> command{program("ropewalkd"), "format", "--data-dir", data_of(i)};
    for (std::string& flag : identity(i, quorum_voters)) command.push_back(std::move(flag));
    const Outcome formatted = run(command);
    ASSERT_EQ(formatted.status, 0) << formatted.errors;
  }
  void start(std::size_t i, const std::string& quorum_voters) {
    BrokerOptions options{.data_directory = data_of(i),
                          .stderr_file = directory_.file(fmt::format("broker-{}.log", i + 1)),
                          .flags = identity(i, quorum_voters),
                          .admin_listen = "off",
                          .kafka_listen = "off"};
    auto process = start_broker(options);
    ASSERT_TRUE(process) << to_string(process.error());
    brokers_[i] = std::make_unique<BrokerProcess>(BrokerProcess{std::move(*process), 0, 0, 0, 0});
    auto ports = support::wait_until_ready(brokers_[i]->process, kPatience);
    ASSERT_TRUE(ports) << to_string(ports.error());
    brokers_[i]->port = ports->native;
  }

  TemporaryDirectory directory_{"voters"};
  std::vector<std::string> listens_;
  std::string cluster_;
  std::string first_;
  std::vector<int> disks_{1, 1, 1};
  std::vector<std::unique_ptr<BrokerProcess>> brokers_;
};

TEST_F(GrowingCluster, GrowsToThreeAndReplacesALostDisk) {
  ASSERT_NO_FATAL_FAILURE(format(0, first_));
  ASSERT_NO_FATAL_FAILURE(start(0, first_));
  for (const std::size_t i : {1U, 2U}) {
    ASSERT_NO_FATAL_FAILURE(format(i, first_));
    ASSERT_NO_FATAL_FAILURE(start(i, first_));
  }
  const Outcome two = voters({"add", "2"});
  ASSERT_EQ(two.status, 0) << two.errors;
  EXPECT_THAT(two.errors, HasSubstr("2 voters bear no more failures than 1"));
  const Outcome three = voters({"add", "3"});
  ASSERT_EQ(three.status, 0) << three.errors;
  EXPECT_EQ(three.errors, "");
  EXPECT_EQ(voters({"add", "3"}).status, 1);

  brokers_[1]->process.kill_hard();
  brokers_[1].reset();
  disks_[1]++;
  const std::string others = fmt::format("{},3@{}", first_, listens_[2]);
  ASSERT_NO_FATAL_FAILURE(format(1, others));
  ASSERT_NO_FATAL_FAILURE(start(1, others));
  const Outcome replaced = voters({"replace", "2"});
  ASSERT_EQ(replaced.status, 0) << replaced.errors;

  // Two of the three decide: the first, and the disk that is new.
  brokers_[2]->process.kill_hard();
  brokers_[2].reset();
  const Outcome created = ropewalk({"topic", "create", "t", "--partitions", "1"});
  EXPECT_EQ(created.status, 0) << created.errors;
  const Outcome status = ropewalk({"cluster", "status"});
  EXPECT_THAT(status.out, HasSubstr("voters 1 2 3"));
}

// With an empty disk it would be a cluster of its own.
TEST_F(GrowingCluster, GrowsNotFromAVoterWithoutQuorumVoters) {
  ASSERT_NO_FATAL_FAILURE(format(0, ""));
  ASSERT_NO_FATAL_FAILURE(start(0, ""));
  ASSERT_NO_FATAL_FAILURE(format(1, first_));
  ASSERT_NO_FATAL_FAILURE(start(1, first_));
  const Outcome refused = voters({"add", "2"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, HasSubstr("quorum_voters"));
  EXPECT_THAT(voters({"list"}).out, HasSubstr("observer"));
}

// Nobody could reach it, and it nobody.
TEST_F(GrowingCluster, SeveralVotersNeedAPortForEachOther) {
  const std::string several = fmt::format("{},2@{},3@{}", first_, listens_[1], listens_[2]);
  ASSERT_NO_FATAL_FAILURE(format(0, first_));
  const Outcome refused = run({program("ropewalkd"), "--data-dir", data_of(0), "--broker-id", "1",
                               "--native-listen", "127.0.0.1:0", "--kafka-listen", "off",
                               "--admin-listen", "off", "--quorum-voters", several});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.errors, HasSubstr("broker_listen is off"));
}

}  // namespace
}  // namespace ropewalk::support
