// The admin port of a real daemon: what it shows moves with what the daemon does.
#include <chrono>
#include <map>
#include <sstream>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/records/batch_builder.h"
#include "tests/support/broker_process.h"
#include "tests/support/http_get.h"
#include "tests/support/native_client.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::support {
namespace {

using namespace std::chrono_literals;

class Admin : public ::testing::Test {
 protected:
  void start(std::string admin_listen = "127.0.0.1:0") {
    auto started = start_ready_broker({.data_directory = root_.file("data"),
                                       .stderr_file = root_.file("err"),
                                       .admin_listen = std::move(admin_listen)},
                                      60s);
    ASSERT_TRUE(started) << to_string(started.error());
    broker_.emplace(std::move(*started));
  }
  HttpGot get(const std::string& path) {
    auto got = http_get(broker_->admin_port, path, 20s);
    EXPECT_TRUE(got) << to_string(got.error());
    return got.value_or(HttpGot{});
  }
  // Every sample by its name and labels.
  std::map<std::string, double> samples() {
    std::map<std::string, double> values;
    std::istringstream lines(get("/metrics").body);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("#")) continue;
      const std::size_t space = line.rfind(' ');
      values[line.substr(0, space)] = std::stod(line.substr(space));
    }
    return values;
  }

  // Whether it was stored. The replica may take a moment to be there.
  static bool produce(NativeClient& client, const std::string& topic_id, ByteSpan batch) {
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    for (int tries = 0; std::chrono::steady_clock::now() < give_up; tries++) {
      if (tries > 0) std::this_thread::sleep_for(5ms);
      const auto frame = encode_produce({.correlation_id = tries, .topic_id = topic_id}, batch);
      if (!client.send(frame)) return false;
      const auto reply = client.receive();
      v1::ProduceResponse answer;
      if (!reply || !wire::parse(reply->body.span(), answer)) return false;
      if (!answer.partitions(0).has_error()) return true;
      if (!answer.partitions(0).error().retriable()) return false;
    }
    return false;
  }

  TemporaryDirectory root_{"admin"};
  std::optional<BrokerProcess> broker_;
};

TEST_F(Admin, ShowsWhatTheBrokerDoes) {
  start();
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  auto client = NativeClient::connect(broker_->port, 20s);
  ASSERT_TRUE(client) << to_string(client.error());
  const auto before = samples();
  EXPECT_EQ(before.at("ropewalk_ready"), 1);
  EXPECT_EQ(before.at("ropewalk_connections{listener=\"native\"}"), 1);
  EXPECT_GT(before.at("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(before.at("process_open_fds"), 5);
  EXPECT_GT(before.at("process_start_time_seconds"), 1e9);
  EXPECT_EQ(before.at("ropewalk_produced_records_total"), 0);

  const auto topic = client->create_topic({.name = "watched"});
  ASSERT_TRUE(topic) << to_string(topic.error());
  BatchBuilder builder;
  builder.append({.key = {}, .value = as_bytes("value")});
  const SharedBytes batch = builder.finish(Codec::none).value();
  ASSERT_TRUE(produce(*client, *topic, batch.span()));
  const auto after = samples();
  EXPECT_EQ(after.at("ropewalk_produced_records_total"), 1);
  EXPECT_EQ(after.at("ropewalk_produced_bytes_total"), static_cast<double>(batch.size()));
  EXPECT_EQ(after.at("ropewalk_leaders"), 1);
  for (const char* const name :
       {"ropewalk_received_bytes_total{listener=\"native\"}",
        "ropewalk_sent_bytes_total{listener=\"native\"}",
        "ropewalk_requests_total{listener=\"native\",api=\"produce\"}",
        "ropewalk_metadata_commit_offset",
        "ropewalk_connections_accepted_total{listener=\"admin\"}", "process_cpu_seconds_total"})
    EXPECT_GT(after.at(name), before.at(name)) << name;
}

TEST_F(Admin, CanBeOff) {
  start("off");
  EXPECT_EQ(broker_->admin_port, 0);
}

}  // namespace
}  // namespace ropewalk::support
