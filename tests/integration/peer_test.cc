// The port between brokers of a real daemon.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "common/uuid.h"
#include "common/wire/errors.h"
#include "ropewalk/internal/peer.pb.h"
#include "ropewalk/v1/metadata.pb.h"
#include "ropewalk/v1/negotiate.pb.h"
#include "ropewalk/v1/produce.pb.h"
#include "tests/support/broker_process.h"
#include "tests/support/raw_socket.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::support {
namespace {

using std::chrono::seconds;

class PeerPort : public ::testing::Test {
 protected:
  BrokerProcess start() {
    auto started = start_ready_broker({.data_directory = root_.file("data"),
                                       .stderr_file = root_.file("stderr"),
                                       .flags = {"--broker-listen=127.0.0.1:0", "--broker-id=7"}},
                                      seconds(60));
    ENSURE(started.has_value(), "{}", started.error());
    return std::move(*started);
  }

  TemporaryDirectory root_{"peer"};
};

Result<wire::ResponseFrame> ask(std::uint16_t port, const std::string& request) {
  TRY(RawSocket socket, RawSocket::connect(port, {}));
  TRY_VOID(socket.send(request));
  TRY(wire::ResponseFrame answer, socket.receive());
  if (answer.header.closing() && !socket.closes()) return fail(Errc::closed, "it did not close");
  return answer;
}

internal::PeerHello hello_to(const std::string& cluster) {
  internal::PeerHello hello;
  hello.set_version(1);
  hello.set_cluster(cluster);
  hello.set_broker(8);
  hello.set_directory(std::string(16, 'd'));
  hello.set_incarnation(std::string(16, 'i'));
  return hello;
}

// The cluster's id, as any client is told it.
std::string cluster_of(const BrokerProcess& broker) {
  const auto answer = ask(broker.port, raw_negotiate());
  v1::NegotiateResponse response;
  ENSURE(answer && wire::parse(answer->body.span(), response), "negotiating");
  return response.cluster_id();
}

Result<internal::PeerHello> greet(const BrokerProcess& broker, const internal::PeerHello& hello) {
  TRY(const auto answer, ask(broker.broker_port, raw_frame(internal::PEER_HELLO, 1, hello)));
  if (answer.header.has_error()) return fail(wire::from_proto(answer.header.error()));
  internal::PeerHello said;
  TRY_VOID(wire::parse(answer.body.span(), said));
  return said;
}

TEST_F(PeerPort, SaysWhoItIsAndIsAnotherInEachLife) {
  std::string incarnation;
  std::string directory;
  for (int life = 0; life < 2; life++) {
    BrokerProcess broker = start();
    const std::string cluster = cluster_of(broker);
    const auto said = greet(broker, hello_to(cluster));
    ASSERT_TRUE(said) << to_string(said.error());
    EXPECT_EQ(said->cluster(), cluster);
    EXPECT_EQ(said->broker(), 7);
    EXPECT_EQ(said->incarnation().size(), 16u);
    EXPECT_NE(said->incarnation(), incarnation);
    if (life == 1) EXPECT_EQ(said->directory(), directory);
    incarnation = said->incarnation();
    directory = said->directory();
    broker.process.signal(SIGTERM);
    const int status = broker.process.wait();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
}

TEST_F(PeerPort, RefusesStrangersAndClientsAndGoesOn) {
  const BrokerProcess broker = start();
  const std::string cluster = cluster_of(broker);
  auto another = hello_to(std::string(16, 'x'));
  EXPECT_EQ(greet(broker, another).error().code, Errc::inconsistent_cluster_id);
  auto mistaken = hello_to(cluster);
  mistaken.set_expected_broker(1);
  EXPECT_EQ(greet(broker, mistaken).error().code, Errc::wrong_owner);

  const std::string requests[] = {
      raw_negotiate(),
      raw_frame(v1::API_METADATA, 1, v1::MetadataRequest()),
      raw_frame(v1::API_PRODUCE, 1, v1::ProduceRequest()),
      raw_frame(internal::PEER_HELLO, 1, hello_to(cluster)) +
          raw_frame(v1::API_PRODUCE, 2, v1::ProduceRequest()),
  };
  for (const std::string& request : requests) {
    auto socket = RawSocket::connect(broker.broker_port, {});
    ASSERT_TRUE(socket && socket->send(request));
    auto answer = socket->receive();
    if (answer && !answer->header.has_error()) answer = socket->receive();  // Behind the hello.
    ASSERT_TRUE(answer) << to_string(answer.error());
    EXPECT_EQ(wire::from_proto(answer->header.error()).code, Errc::unknown_api);
    EXPECT_TRUE(answer->header.closing());
    EXPECT_TRUE(socket->closes());
  }
  EXPECT_TRUE(greet(broker, hello_to(cluster)));
}

}  // namespace
}  // namespace ropewalk::support
