#include "tests/integration/hostile_fixture.h"

#include <csignal>
#include <fstream>
#include <thread>

#include <sys/wait.h>

#include "tests/support/fetch_records.h"

namespace ropewalk::support {

using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 120s;  // Machines were seen to stand still for a minute.

}  // namespace

void Hostile::start(std::vector<std::string> flags, std::size_t descriptors_max) {
  auto started = start_ready_broker({.data_directory = directory_.file("data"),
                                     .stderr_file = directory_.file("broker.log"),
                                     .flags = std::move(flags),
                                     .admin_listen = "off",
                                     .descriptors_max = descriptors_max},
                                    kPatience);
  ASSERT_TRUE(started) << to_string(started.error());
  broker_ = std::make_unique<BrokerProcess>(std::move(*started));
  auto client = NativeClient::connect(broker_->port, kPatience);
  ASSERT_TRUE(client) << to_string(client.error());
  auto made = client->create_topic({.name = "good", .partitions = GoodTraffic::kPartitions});
  ASSERT_TRUE(made) << to_string(made.error());
  topic_id_ = *made;
  // Its replicas are opened a moment after they have leaders: no reason for anybody to try again.
  for (std::int32_t partition = 0; partition < GoodTraffic::kPartitions; partition++) {
    const FetchFrom beginning{.topic_id = topic_id_, .partition = partition};
    auto opened = fetch_records(*client, beginning);
    while (!opened && opened.error().code == Errc::leader_not_available)
      opened = fetch_records(*client, beginning);
    ASSERT_TRUE(opened) << to_string(opened.error());
  }
  good_ = std::make_unique<GoodTraffic>(broker_->port, topic_id_);
  expect_progress();
}

void Hostile::TearDown() {
  if (good_) EXPECT_EQ(good_->finish(), "");
  good_.reset();
  if (broker_) {
    broker_->process.signal(SIGTERM);
    const int status = broker_->process.wait();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
  }
  std::ifstream log(directory_.file("broker.log"));
  for (std::string line; std::getline(log, line);)
    EXPECT_EQ(line.find(" error "), std::string::npos) << line;
  directory_.keep_if(HasFailure());
}

void Hostile::expect_progress() { EXPECT_EQ(good_->progress(20), ""); }

RawSocket Hostile::admitted(RawSocket::Options options) {
  options.negotiate = true;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    auto socket = RawSocket::connect(broker_->port, options);
    if (socket) return std::move(*socket);
    ENSURE(std::chrono::steady_clock::now() < deadline, "not admitted: {}", socket.error());
    std::this_thread::sleep_for(5ms);  // Until the broker has seen that others are gone.
  }
}

void Hostile::expect_resident_below(std::size_t mebibytes) const {
  if (kSanitized) return;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (resident_mebibytes() >= mebibytes && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(10ms);
  EXPECT_LT(resident_mebibytes(), mebibytes);
}

std::size_t Hostile::resident_mebibytes() const {
  return resident_bytes(broker_->process.pid()) >> 20;
}

}  // namespace ropewalk::support
