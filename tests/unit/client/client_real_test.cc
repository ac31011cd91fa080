// What only the real environment shows: the client makes one, fails with words, and ends it.
#include <gtest/gtest.h>

#include "common/env/real/real_environment.h"
#include "common/env/task_group.h"
#include <ropewalk/client.h>
#include <ropewalk/producer.h>

namespace ropewalk {
namespace {

// A port that takes connections and never says a word; until close().
class SilentPort {
 public:
  SilentPort() : environment_(env::make_real_environment({.cores = 1})) {
    on_core([this] {
      tasks_ = std::make_unique<env::TaskGroup>(environment_->core(0));
      tasks_->spawn("listen", listen());
    });
    environment_->block_until([this] { return ready_.load(); }, env::kNever);
  }
  ~SilentPort() {
    // The task ends a little after its last line.
    for (bool empty = false; !empty;) on_core([&] { empty = tasks_->size() == 0; });
    environment_->stop();
    environment_->run_until_stopped();
    listener_.reset();
    tasks_.reset();
  }
  void close() {
    on_core([this] { listener_.reset(); });
  }
  std::string address() const { return fmt::format("127.0.0.1:{}", port_); }

 private:
  void on_core(const std::function<void()>& job) {
    std::atomic<bool> done{false};
    environment_->core(0).post([&] {
      job();
      done = true;
      environment_->notify();
    });
    environment_->block_until([&] { return done.load(); }, env::kNever);
  }
  Task<void> listen() {
    auto listener = co_await environment_->network().listen({.host = "127.0.0.1", .port = 0}, {});
    if (listener) {
      listener_ = std::move(*listener);
      port_ = listener_->local().port;
    }
    ready_ = true;
    environment_->notify();
  }

  std::unique_ptr<env::RealEnvironment> environment_;
  std::unique_ptr<env::TaskGroup> tasks_;
  std::unique_ptr<env::Listener> listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> ready_{false};
};

TEST(ClientReal, RefusesAddressesThatAreNone) {
  EXPECT_EQ(Client::connect({.brokers = {}}).error().code, Errc::invalid_request);
  EXPECT_EQ(Client::connect({.brokers = {"no port"}}).error().code, Errc::invalid_request);
}

TEST(ClientReal, SaysThatNobodyListens) {
  SilentPort port;
  port.close();
  auto client = Client::connect({.brokers = {port.address()}});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Errc::connection_refused);
  const std::string& words = client.error().context;
  EXPECT_NE(words.find(port.address()), std::string::npos);
  EXPECT_EQ(words.find("connecting"), words.rfind("connecting")) << words << " says it twice";
}

TEST(ClientReal, GivesUpOnABrokerThatSaysNothing) {
  SilentPort port;
  auto client = Client::connect(
      {.brokers = {port.address()}, .connect_timeout = std::chrono::milliseconds(100)});
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, Errc::request_timed_out);
}

}  // namespace
}  // namespace ropewalk
