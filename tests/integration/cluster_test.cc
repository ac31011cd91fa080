// Three daemons keep one cluster's metadata: formatted, started, killed and started again.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "ropewalk/v1/cluster.pb.h"
#include "ropewalk/v1/metadata.pb.h"
#include "tests/support/broker_process.h"
#include "tests/support/free_ports.h"
#include "tests/support/native_client.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::support {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 60s;
constexpr std::size_t kBrokers = 3;

std::string new_id() {
  auto printing = Process::start({.command = {program("ropewalkd"), "new-id"}, .stderr_file = ""});
  EXPECT_TRUE(printing) << to_string(printing.error());
  auto line = printing->read_line(kPatience);
  EXPECT_TRUE(line) << to_string(line.error());
  EXPECT_EQ(printing->wait(), 0);
  return line.value_or("");
}

class ThreeDaemons : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto ports = free_ports(kBrokers);
    std::vector<std::string> voters;
    for (std::size_t i = 0; i < kBrokers; i++) {
      listens_.push_back(fmt::format("127.0.0.1:{}", ports[i]));
      voters.push_back(fmt::format("{}@{}:{}", i + 1, listens_[i], new_id()));
    }
    voters_ = fmt::format("{}", fmt::join(voters, ","));
    cluster_ = new_id();
    brokers_.resize(kBrokers);
    for (std::size_t i = 0; i < kBrokers; i++) format(i);
    for (std::size_t i = 0; i < kBrokers; i++) begin(i);
    for (std::size_t i = 0; i < kBrokers; i++) wait_until_ready(i);
  }
  void TearDown() override { directory_.keep_if(HasFailure()); }

  std::string data_of(std::size_t i) { return directory_.file(fmt::format("data-{}", i + 1)); }
  std::vector<std::string> identity(std::size_t i) {
    return {"--broker-id", std::to_string(i + 1), "--cluster-id",
            cluster_,      "--quorum-voters",     voters_};
  }
  void format(std::size_t i) {
    ProcessOptions options;
    options.command = {program("ropewalkd"), "format", "--data-dir", data_of(i)};
    for (std::string& flag : identity(i)) options.command.push_back(std::move(flag));
    options.stderr_file = directory_.file("format.log");
    auto formatting = Process::start(options);
    ASSERT_TRUE(formatting) << to_string(formatting.error());
    while (formatting->read_line(kPatience)) {
    }
    ASSERT_EQ(formatting->wait(), 0);
  }
  void begin(std::size_t i) {
    BrokerOptions options{.data_directory = data_of(i),
                          .stderr_file = directory_.file(fmt::format("broker-{}.log", i + 1)),
                          .flags = identity(i),
                          .admin_listen = "off",
                          .kafka_listen = "off"};
    options.flags.push_back("--broker-listen");
    options.flags.push_back(listens_[i]);
    auto process = start_broker(options);
    ASSERT_TRUE(process) << to_string(process.error());
    brokers_[i] = std::make_unique<BrokerProcess>(BrokerProcess{std::move(*process), 0, 0, 0, 0});
  }
  void wait_until_ready(std::size_t i) {
    auto ports = support::wait_until_ready(brokers_[i]->process, kPatience);
    ASSERT_TRUE(ports) << to_string(ports.error());
    brokers_[i]->port = ports->native;
  }
  NativeClient client_of(std::size_t i) {
    auto client = NativeClient::connect(brokers_[i]->port, kPatience);
    EXPECT_TRUE(client) << to_string(client.error());
    return std::move(*client);
  }
  void create(std::size_t at, const std::string& name) {
    auto client = client_of(at);
    const auto made = client.create_topic({.name = name, .partitions = 3});
    ASSERT_TRUE(made) << to_string(made.error());
  }
  v1::DescribeClusterResponse cluster_as_seen_by(std::size_t i) {
    auto client = client_of(i);
    auto answer = client.call<v1::DescribeClusterResponse>(v1::API_DESCRIBE_CLUSTER,
                                                           v1::DescribeClusterRequest());
    EXPECT_TRUE(answer) << to_string(answer.error());
    return answer.value_or(v1::DescribeClusterResponse());
  }
  std::size_t controller_as_seen_by(std::size_t i) {
    return static_cast<std::size_t>(cluster_as_seen_by(i).controller_id() - 1);
  }
  void wait_until_fenced(std::size_t at, std::size_t dead) {
    const auto fenced = [&] {
      const v1::DescribeClusterResponse cluster = cluster_as_seen_by(at);
      return std::ranges::any_of(cluster.brokers(), [&](const auto& broker) {
        return broker.broker_id() == static_cast<std::int32_t>(dead + 1) && broker.fenced();
      });
    };
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!fenced()) ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
  std::vector<std::string> topics_of(std::size_t i) {
    auto client = client_of(i);
    v1::MetadataRequest request;
    request.set_all_topics(true);
    auto answer = client.call<v1::MetadataResponse>(v1::API_METADATA, request);
    EXPECT_TRUE(answer) << to_string(answer.error());
    std::vector<std::string> names;
    if (answer)
      for (const auto& topic : answer->topics()) names.push_back(topic.name());
    return names;
  }

  TemporaryDirectory directory_{"cluster"};
  std::vector<std::string> listens_;
  std::string voters_;
  std::string cluster_;
  std::vector<std::unique_ptr<BrokerProcess>> brokers_;
};

TEST_F(ThreeDaemons, GoOnWhenTheControllerIsKilled) {
  ASSERT_NO_FATAL_FAILURE(create(0, "first"));
  const std::size_t killed = controller_as_seen_by(0);
  ASSERT_LT(killed, kBrokers);
  brokers_[killed]->process.kill_hard();
  const std::size_t other = (killed + 1) % kBrokers;
  ASSERT_NO_FATAL_FAILURE(wait_until_fenced(other, killed));
  ASSERT_NO_FATAL_FAILURE(create(other, "second"));
  ASSERT_NO_FATAL_FAILURE(begin(killed));
  ASSERT_NO_FATAL_FAILURE(wait_until_ready(killed));
  for (std::size_t i = 0; i < kBrokers; i++)
    EXPECT_THAT(topics_of(i), ::testing::UnorderedElementsAre("first", "second"));
}

TEST_F(ThreeDaemons, StopCleanlyAndComeBack) {
  ASSERT_NO_FATAL_FAILURE(create(1, "kept"));
  for (const auto& broker : brokers_) broker->process.signal(SIGTERM);
  for (const auto& broker : brokers_) {
    const int status = broker->process.wait();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  for (std::size_t i = 0; i < kBrokers; i++) ASSERT_NO_FATAL_FAILURE(begin(i));
  for (std::size_t i = 0; i < kBrokers; i++) ASSERT_NO_FATAL_FAILURE(wait_until_ready(i));
  EXPECT_THAT(topics_of(2), ::testing::ElementsAre("kept"));
}

// A voter that waits for the others has not started yet: it must be possible to stop it.
TEST_F(ThreeDaemons, StopsWhileItWaitsForTheOthers) {
  for (const auto& broker : brokers_) broker->process.kill_hard();
  ASSERT_NO_FATAL_FAILURE(begin(0));
  EXPECT_EQ(brokers_[0]->process.read_line(2s).error().code, Errc::request_timed_out);
  brokers_[0]->process.signal(SIGTERM);
  const int status = brokers_[0]->process.wait();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace ropewalk::support
