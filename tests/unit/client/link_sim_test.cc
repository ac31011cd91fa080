// One connection of a client, against a broker in memory.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/src/link.h"
#include "common/env/sim/simulation.h"
#include "ropewalk/v1/metadata.pb.h"
#include "tests/unit/client/fake_broker.h"

namespace ropewalk::client {
namespace {

using std::chrono::milliseconds;

class LinkSim : public ::testing::Test {
 protected:
  ~LinkSim() override {
    broker_node_.kill();
    client_node_.kill();
  }

  // Calls, and notes the number when the request leaves.
  void call(int number) {
    const auto encode = [this, number](const v1::RequestHeader& header) {
      left_.push_back(number);
      return std::vector<SharedBytes>{wire::encode_frame(header, v1::MetadataRequest())};
    };
    tasks_.spawn("call", wait_for(*this, encode));
  }
  static Task<void> wait_for(LinkSim& self, Link::Encode encode) {
    const auto deadline = self.client_node_.environment().now() + std::chrono::seconds(20);
    const auto reply = co_await Link::call(self.link_, v1::API_METADATA, std::move(encode),
                                           {.deadline = deadline}, nullptr);
    EXPECT_TRUE(reply) << to_string(reply.error());
    self.answered_++;
  }

  sim::Simulation simulation_{1};
  sim::Node& broker_node_ = simulation_.add_node("broker");
  sim::Node& client_node_ = simulation_.add_node("client");
  FakeBroker broker_{broker_node_};
  env::Core& core_ = client_node_.environment().core(0);
  env::TaskGroup tasks_{core_};
  ClientMeter meter_;
  LinkContext context_{.environment = client_node_.environment(),
                       .core = core_,
                       .tasks = tasks_,
                       .meter = meter_,
                       .client_id = "",
                       .connect_timeout = std::chrono::seconds(10),
                       .cluster_id = "",
                       .metadata_offset = 0,
                       .links_made = 0,
                       .on_silence = [](Link&) {}};
  std::shared_ptr<Link> link_ = std::make_shared<Link>(context_, env::Endpoint{"broker", 9192});
  std::vector<int> left_;
  int answered_ = 0;
};

// A broker that stands still is waited for, with a look around now and then: each who waits looks
// at times of its own. Two batches of a producer must not change places by it.
TEST_F(LinkSim, RequestsLeaveInTheOrderOfTheCalls) {
  simulation_.run_for(milliseconds(10));  // The broker listens.
  broker_node_.pause(Link::kSilence + milliseconds(50));
  core_.post([this] {
    Link::start(link_);
    call(1);
  });
  simulation_.run_for(milliseconds(100));
  core_.post([this] { call(2); });
  core_.post([this] { call(3); });
  simulation_.run_for(std::chrono::seconds(5));
  EXPECT_THAT(left_, ::testing::ElementsAre(1, 2, 3));
  EXPECT_EQ(answered_, 3);
}

}  // namespace
}  // namespace ropewalk::client
