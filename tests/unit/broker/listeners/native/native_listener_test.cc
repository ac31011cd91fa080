// The listener behind a real rpc::Server in the simulated world, over the real use cases of a
// broker that has no partitions.
#include "broker/listeners/native/native_listener.h"

#include <gtest/gtest.h>

#include "broker/listeners/native/apis.h"
#include "broker/log/log_directory.h"
#include "broker/metadata/controller_port.h"
#include "broker/metadata/metadata_view.h"
#include "broker/replication/replica_manager.h"
#include "broker/rpc/server.h"
#include "broker/security/authorizer.h"
#include "broker/service/service_metrics.h"
#include "common/wire/frame.h"
#include "ropewalk/internal/peer.pb.h"
#include "ropewalk/v1/fetch.pb.h"
#include "ropewalk/v1/metadata.pb.h"
#include "ropewalk/v1/negotiate.pb.h"
#include "ropewalk/v1/offsets.pb.h"
#include "ropewalk/v1/produce.pb.h"
#include "ropewalk/v1/topics.pb.h"
#include "tests/unit/broker/listeners/native/peer.h"

namespace ropewalk::native {
namespace {

using namespace std::chrono_literals;

// A cluster in which nobody decides.
class NoController final : public metadata::ControllerPort {
 public:
  Task<Result<metadata::ControllerAnswer>> propose(metadata::ControllerEvent,
                                                   env::MonotonicTime) override {
    co_return fail(Errc::not_controller, "there is none");
  }
};

ClusterId some_cluster() {
  Uuid id;
  id.bytes.fill(7);
  return ClusterId(id);
}

// What one life of the broker consists of, in the order of its making.
struct Broker {
  Broker(env::Environment& environment, std::unique_ptr<env::FileSystem> disk,
         std::unique_ptr<log::LogDirectory> data, NativeOptions options)
      : files(std::move(disk)),
        directory(std::move(data)),
        metadata(environment),
        replicas(environment, {directory.get()}, {.self = BrokerId(4)}),
        produce_budget(1 << 20),
        fetch_budget(1 << 20),
        metrics(environment),
        uses(parts(environment)),
        listener(environment, uses, options),
        server(environment, server_options(), listener.sessions()) {}

  service::Parts parts(env::Environment& environment) {
    return {.environment = environment,
            .metadata = metadata,
            .replicas = replicas,
            .controller = controller,
            .authorizer = authorizer,
            .produce_budget = produce_budget,
            .fetch_budget = fetch_budget,
            .metrics = metrics,
            .cluster_id = some_cluster(),
            .self = BrokerId(4),
            .controller_id = [] { return kNoBroker; },
            .lease_holds = [] { return true; },
            .limits = {}};
  }
  static rpc::ServerOptions server_options() {
    rpc::ServerOptions options;
    options.name = "native";
    options.listen = {"0.0.0.0", 9192};
    return options;
  }

  std::unique_ptr<env::FileSystem> files;
  std::unique_ptr<log::LogDirectory> directory;
  metadata::MetadataView metadata;
  replication::ReplicaManager replicas;
  NoController controller;
  security::AllowAll authorizer;
  quota::ByteBudget produce_budget;
  quota::ByteBudget fetch_budget;
  service::ServiceMetrics metrics;
  service::UseCases uses;
  NativeListener listener;
  rpc::Server server;
};

Task<std::unique_ptr<Broker>> start_broker(env::Environment& environment, NativeOptions options) {
  auto files = environment.open_file_system({.root = "/data"});
  ENSURE(files.has_value(), "no disk");
  log::LogDirectoryOptions data;
  data.expected.cluster = some_cluster();
  data.expected.broker = BrokerId(4);
  data.may_format = true;
  data.space.reserve_bytes = 4096;
  auto directory =
      co_await log::LogDirectory::open(environment, **files, environment.core(0), data);
  ENSURE(directory.has_value(), "{}", to_string(directory.error()));
  auto broker =
      std::make_unique<Broker>(environment, std::move(*files), std::move(*directory), options);
  const auto started = co_await broker->server.start();
  ENSURE(started.has_value(), "{}", to_string(started.error()));
  co_return broker;
}
Task<void> stop_broker(Broker& broker) {
  co_await broker.server.stop();
  co_await broker.listener.stop();
  std::ignore = co_await broker.replicas.stop();
  co_await broker.directory->close();
}

class NativeListening : public testing::Test {
 protected:
  ~NativeListening() override {
    if (broker_) world_.run(home(), stop_broker(*broker_));
  }
  env::Core& home() { return node_.environment().core(0); }
  void start() { broker_ = world_.run(home(), start_broker(node_.environment(), options_)); }
  Peer stranger() { return Peer(world_, client_); }
  Peer peer() {
    Peer made(world_, client_);
    EXPECT_EQ(made.negotiate().code(), Errc::none);
    return made;
  }

  NativeOptions options_;
  sim::Simulation world_{11};
  sim::Node& node_ = world_.add_node("broker", {.cores = 2});
  sim::Node& client_ = world_.add_node("client");
  std::unique_ptr<Broker> broker_;
};

TEST_F(NativeListening, SaysWhoItIs) {
  options_.software_version = "1.2.3";
  start();
  const auto answer = stranger().negotiate().as<v1::NegotiateResponse>();
  EXPECT_EQ(answer.cluster_id(), some_cluster().to_bytes());
  EXPECT_EQ(answer.broker_id(), 4);
  EXPECT_EQ(answer.software_version(), "1.2.3");
  EXPECT_EQ(answer.apis_size(), static_cast<int>(served_apis().size()));
  EXPECT_EQ(answer.max_frame_bytes(), 16 << 20);
  EXPECT_TRUE(answer.sasl_mechanisms().empty());
}

TEST_F(NativeListening, RefusesAClientOfAnotherCluster) {
  start();
  v1::NegotiateRequest hello;
  hello.set_cluster_id(std::string(16, 'x'));
  auto client = stranger();
  EXPECT_EQ(client.call(v1::API_NEGOTIATE, hello).code(), Errc::inconsistent_cluster_id);
  EXPECT_TRUE(client.closed());
}

TEST_F(NativeListening, ServesNothingBeforeNegotiation) {
  start();
  auto client = stranger();
  const auto reply = client.call(v1::API_METADATA, v1::MetadataRequest());
  EXPECT_EQ(reply.code(), Errc::not_negotiated);
  EXPECT_TRUE(reply.header.closing());
  EXPECT_TRUE(client.closed());
}

// Pipelining behind the Negotiate is fine: it is answered first.
TEST_F(NativeListening, TakesRequestsRightBehindTheNegotiation) {
  start();
  auto client = stranger();
  client.send(Peer::request(v1::API_NEGOTIATE, 1, v1::NegotiateRequest()) +
              Peer::request(v1::API_METADATA, 2, v1::MetadataRequest()));
  EXPECT_EQ(client.read().header.correlation_id(), 1);
  const auto metadata = client.read();
  EXPECT_EQ(metadata.header.correlation_id(), 2);
  EXPECT_EQ(metadata.as<v1::MetadataResponse>().cluster_id(), some_cluster().to_bytes());
}

TEST_F(NativeListening, ClosesOnWhatItCannotServeAndDisturbsNobodyElse) {
  start();
  auto other = peer();
  const std::string garbage = rpc::framed("\x7fnothing of ours");
  const std::string cut_body = [] {
    std::string bytes = Peer::request(v1::API_METADATA, 5, v1::MetadataRequest());
    return rpc::framed(bytes.substr(4) + "\x0a\x7f");
  }();
  const std::string cut_produce = [] {
    std::string bytes = Peer::request(v1::API_PRODUCE, 5, v1::ProduceRequest());
    return rpc::framed(bytes.substr(4) + std::string("\xc2\x3e\x05\x00", 4));
  }();
  v1::RequestHeader future;
  future.set_api_key(v1::API_METADATA);
  future.set_api_version(99);
  const std::pair<std::string, Errc> cases[] = {
      {garbage, Errc::malformed_frame},
      {cut_body, Errc::malformed_frame},
      {cut_produce, Errc::malformed_frame},
      {rpc::framed(std::string(1, '\0')), Errc::malformed_frame},
      {std::string(4, '\0'), Errc::malformed_frame},
      {std::string("\x7f\x00\x00\x00", 4), Errc::frame_too_large},
      {"GET / HTTP/1.1\r\n\r\n", Errc::malformed_frame},
      {Peer::request(4711, 5, v1::MetadataRequest()), Errc::unknown_api},
      {Peer::request(v1::API_AUTHENTICATE, 5, v1::MetadataRequest()), Errc::unknown_api},
      {Peer::request(internal::PEER_HELLO, 5, v1::MetadataRequest()), Errc::unknown_api},
      {Peer::request(internal::QUORUM_MESSAGE, 5, v1::MetadataRequest()), Errc::unknown_api},
      {Peer::request(internal::REPLICA_FETCH, 5, v1::MetadataRequest()), Errc::unknown_api},
      {std::string(wire::encode_frame(future).text()), Errc::unsupported_version},
      {Peer::request(v1::API_NEGOTIATE, 5, v1::NegotiateRequest()), Errc::malformed_frame},
  };
  for (const auto& [bytes, code] : cases) {
    auto bad = peer();
    bad.send(bytes + Peer::request(v1::API_METADATA, 6, v1::MetadataRequest()));
    const auto reply = bad.read();
    EXPECT_EQ(reply.code(), code) << to_string(reply.code());
    EXPECT_FALSE(reply.header.error().message().empty());
    EXPECT_TRUE(reply.header.closing());
    EXPECT_TRUE(bad.closed());
    EXPECT_EQ(other.call(v1::API_METADATA, v1::MetadataRequest()).code(), Errc::none);
  }
}

TEST_F(NativeListening, BoundsRequestsWithoutRecords) {
  options_.plain_body_bytes_max = 1000;
  start();
  auto client = peer();
  v1::MetadataRequest large;
  large.add_topic_names(std::string(2000, 'x'));
  EXPECT_EQ(client.call(v1::API_METADATA, large).code(), Errc::frame_too_large);
  EXPECT_TRUE(client.closed());
}

TEST_F(NativeListening, WrongFieldsFailTheRequestButNotTheConnection) {
  start();
  auto client = peer();
  v1::FetchRequest fetch;
  fetch.set_max_bytes(-1);
  EXPECT_EQ(client.call(v1::API_FETCH, fetch).code(), Errc::invalid_request);
  v1::ProduceRequest produce;
  produce.set_acks(static_cast<v1::Acks>(7));
  EXPECT_EQ(client.call(v1::API_PRODUCE, produce).code(), Errc::invalid_required_acks);
  EXPECT_EQ(client.call(v1::API_DELETE_TOPIC, v1::DeleteTopicRequest()).code(),
            Errc::invalid_request);
  EXPECT_EQ(client.call(v1::API_METADATA, v1::MetadataRequest()).code(), Errc::none);
}

v1::ProduceRequest produce_to_nowhere(v1::Acks acks) {
  v1::ProduceRequest produce;
  produce.set_acks(acks);
  auto* partition = produce.add_partitions();
  partition->set_topic_id(std::string(16, 't'));
  partition->set_partition(2);
  partition->set_records(std::string(100, 'r'));
  return produce;
}

TEST_F(NativeListening, AnswersAProduceByPartition) {
  start();
  auto client = peer();
  const auto reply = client.call(v1::API_PRODUCE, produce_to_nowhere(v1::ACKS_ALL));
  EXPECT_EQ(reply.code(), Errc::none);
  const auto answer = reply.as<v1::ProduceResponse>();
  ASSERT_EQ(answer.partitions_size(), 1);
  EXPECT_EQ(answer.partitions(0).error().code(), v1::UNKNOWN_TOPIC_ID);
  EXPECT_EQ(answer.partitions(0).partition(), 2);
}

TEST_F(NativeListening, CountsRequestsByApiAndHowTheyFailed) {
  start();
  auto client = peer();
  for (int i = 0; i < 3; i++) client.call(v1::API_METADATA, v1::MetadataRequest());
  client.call(v1::API_PRODUCE, produce_to_nowhere(v1::ACKS_ALL));
  v1::FetchRequest fetch;
  fetch.set_max_bytes(-1);
  client.call(v1::API_FETCH, fetch);
  client.send(Peer::request(v1::API_PRODUCE, 9, produce_to_nowhere(v1::ACKS_NONE)));
  EXPECT_TRUE(client.closed());

  telemetry::Page page;
  broker_->listener.show(page);
  const std::string text = page.text();
  const std::string errors = "ropewalk_request_errors_total{listener=\"native\",api=";
  for (const std::string& line : {
           std::string("ropewalk_requests_total{listener=\"native\",api=\"negotiate\"} 1\n"),
           std::string("ropewalk_requests_total{listener=\"native\",api=\"metadata\"} 3\n"),
           std::string("ropewalk_requests_total{listener=\"native\",api=\"produce\"} 2\n"),
           std::string("ropewalk_requests_total{listener=\"native\",api=\"list_offsets\"} 0\n"),
           errors + "\"produce\",error=\"unknown_topic_id\"} 2\n",
           errors + "\"fetch\",error=\"invalid_request\"} 1\n",
       })
    EXPECT_THAT(text, testing::HasSubstr(line));
  EXPECT_THAT(text, Not(testing::HasSubstr(errors + "\"metadata\"")));
}

TEST_F(NativeListening, AFailedProduceWithoutAcksClosesTheConnection) {
  start();
  auto client = peer();
  client.send(Peer::request(v1::API_PRODUCE, 9, produce_to_nowhere(v1::ACKS_NONE)));
  EXPECT_TRUE(client.closed());
}

TEST_F(NativeListening, AChangeWithoutAControllerIsRetriable) {
  start();
  auto client = peer();
  v1::CreateTopicRequest create;
  create.set_name("orders");
  v1::RequestHeader header;
  header.set_api_key(v1::API_CREATE_TOPIC);
  header.set_correlation_id(2);
  header.set_timeout_ms(500);
  client.send(std::string(wire::encode_frame(header, create).text()));
  const auto reply = client.read();
  EXPECT_TRUE(reply.header.error().retriable()) << to_string(reply.code());
}

TEST_F(NativeListening, WaitsForTheMetadataThatARequestNames) {
  start();
  auto client = peer();
  v1::RequestHeader header;
  header.set_api_key(v1::API_METADATA);
  header.set_correlation_id(2);
  header.set_timeout_ms(500);
  header.set_min_metadata_offset(1000);
  client.send(std::string(wire::encode_frame(header, v1::MetadataRequest()).text()));
  EXPECT_EQ(client.read().code(), Errc::request_timed_out);
}

TEST_F(NativeListening, EndsRequestsOfAConnectionThatIsGone) {
  start();
  {
    auto client = peer();
    v1::RequestHeader header;
    header.set_api_key(v1::API_METADATA);
    header.set_correlation_id(2);
    header.set_min_metadata_offset(1000);
    client.send(std::string(wire::encode_frame(header, v1::MetadataRequest()).text()));
    world_.run_for(100ms);
    client.close();
  }
  EXPECT_TRUE(world_.run_until([this] { return broker_->server.connections() == 0; }, 5s));
  // Stopping ends only once no request is left; it must not have to wait for the deadline of 30 s.
  const auto before = world_.now();
  world_.run(home(), stop_broker(*broker_));
  EXPECT_LT(world_.now() - before, 5s);
  broker_.reset();
}

TEST_F(NativeListening, BoundsTheRequestsInService) {
  options_.requests_max = 2;
  start();
  auto client = peer();
  v1::RequestHeader header;
  header.set_api_key(v1::API_METADATA);
  header.set_timeout_ms(1000);
  header.set_min_metadata_offset(1000);
  std::string three;
  for (int i = 2; i < 5; i++) {
    header.set_correlation_id(i);
    three += wire::encode_frame(header, v1::MetadataRequest()).text();
  }
  client.send(three);
  const auto refused = client.read();
  EXPECT_EQ(refused.header.correlation_id(), 4);
  EXPECT_EQ(refused.code(), Errc::budget_exceeded);
  EXPECT_EQ(client.read().code(), Errc::request_timed_out);
  EXPECT_EQ(client.read().code(), Errc::request_timed_out);
}

TEST_F(NativeListening, BoundsTheBytesOfRequestsInService) {
  options_.plain_bytes_max = 1000;
  start();
  auto client = peer();
  v1::RequestHeader header;
  header.set_api_key(v1::API_METADATA);
  header.set_timeout_ms(1000);
  header.set_min_metadata_offset(1000);
  v1::MetadataRequest long_one;
  long_one.add_topic_names(std::string(600, 'x'));
  std::string two;
  for (int i = 2; i < 4; i++) {
    header.set_correlation_id(i);
    two += wire::encode_frame(header, long_one).text();
  }
  client.send(two);
  const auto refused = client.read();
  EXPECT_EQ(refused.header.correlation_id(), 3);
  EXPECT_EQ(refused.code(), Errc::budget_exceeded);
  EXPECT_EQ(client.read().code(), Errc::request_timed_out);
  client.send(Peer::request(v1::API_METADATA, 9, v1::MetadataRequest()));
  EXPECT_FALSE(client.read().header.has_error());
}

TEST_F(NativeListening, ServesNoMoreWhileItsAnswersAreNotTaken) {
  options_.held_bytes_max = 1000;
  start();
  auto client = peer();
  std::string many;
  for (int i = 2; i < 202; i++) many += Peer::request(v1::API_METADATA, i, v1::MetadataRequest());
  client.send(many);
  int refused = 0;
  for (int i = 2; i < 202; i++) {
    const auto reply = client.read();
    if (reply.header.has_error()) refused++;
    if (reply.header.has_error()) EXPECT_EQ(reply.code(), Errc::budget_exceeded);
  }
  EXPECT_GT(refused, 100);
  // When it has taken them, all is well again.
  client.send(Peer::request(v1::API_METADATA, 300, v1::MetadataRequest()));
  EXPECT_FALSE(client.read().header.has_error());
}

}  // namespace
}  // namespace ropewalk::native
