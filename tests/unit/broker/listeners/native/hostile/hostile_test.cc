// Sends the whole corpus to a broker. Beside each case other connections, and other partitions of
// the same request, are served as if nothing were.
#include "tests/unit/broker/listeners/native/hostile/hostile.h"

#include <set>

#include "broker/testing/sim_cluster.h"
#include "ropewalk/v1/fetch.pb.h"
#include "ropewalk/v1/metadata.pb.h"
#include "ropewalk/v1/offsets.pb.h"
#include "ropewalk/v1/produce.pb.h"
#include "ropewalk/v1/topics.pb.h"
#include "tests/unit/broker/listeners/native/peer.h"

namespace ropewalk::native {
namespace {

constexpr std::size_t kCasesAtLeast = 150;

template <class Message>
Errc first_error(const Message& message) {
  return static_cast<Errc>(message.error().code());
}

// The error of the first topic or partition of an answer.
Errc item_code(std::int32_t api, const Reply& reply) {
  switch (api) {
    case v1::API_METADATA: {
      const auto body = reply.as<v1::MetadataResponse>();
      return body.topics().empty() ? Errc::none : first_error(body.topics(0));
    }
    case v1::API_DESCRIBE_TOPICS: {
      const auto body = reply.as<v1::DescribeTopicsResponse>();
      return body.topics().empty() ? Errc::none : first_error(body.topics(0));
    }
    case v1::API_PRODUCE: {
      const auto body = reply.as<v1::ProduceResponse>();
      return body.partitions().empty() ? Errc::none : first_error(body.partitions(0));
    }
    case v1::API_FETCH: {
      const auto body = reply.as<v1::FetchResponse>();
      return body.partitions().empty() ? Errc::none : first_error(body.partitions(0));
    }
    case v1::API_LIST_OFFSETS: {
      const auto body = reply.as<v1::ListOffsetsResponse>();
      return body.partitions().empty() ? Errc::none : first_error(body.partitions(0));
    }
    default:
      return Errc::none;
  }
}

class HostileCorpus : public ::testing::Test {
 protected:
  HostileCorpus() {
    const auto started = cluster_.start(0);
    ENSURE(started.has_value(), "{}", to_string(started.error()));
    good_.emplace(negotiated());
    v1::CreateTopicRequest create;
    create.set_name(std::string(kHostileTopic));
    create.set_partitions(2);
    const auto made = good_->call(v1::API_CREATE_TOPIC, create);
    ENSURE(made.code() == Errc::none, "{}", to_string(made.code()));
    world_.topic = TopicId(Uuid::from_bytes(made.as<v1::CreateTopicResponse>().topic_id()).value());
    const auto leads = [this] {
      good_->send(raw_request(v1::API_PRODUCE, produce_of(world_, good_batch())));
      return item_code(v1::API_PRODUCE, good_->read()) == Errc::none;
    };
    for (int i = 0; i < 100 && !leads(); i++)
      cluster_.world().run_for(std::chrono::milliseconds(10));
  }
  ~HostileCorpus() override {
    good_.reset();
    node_.kill();
  }

  Peer negotiated() {
    Peer peer(cluster_.world(), node_, "broker-1");
    EXPECT_EQ(peer.negotiate().code(), Errc::none);
    return peer;
  }
  void expect_served(Peer& peer) {
    EXPECT_EQ(peer.call(v1::API_METADATA, v1::MetadataRequest()).code(), Errc::none);
  }

  void expect_answer(const Hostile& hostile, Peer& peer) {
    const Reply reply = peer.read();
    EXPECT_EQ(reply.code(), hostile.request)
        << to_string(reply.code()) << ": " << reply.header.error().message();
    EXPECT_EQ(reply.header.closing(), hostile.after == After::closes);
    if (hostile.request != Errc::none)
      EXPECT_FALSE(reply.header.error().message().empty());
    else
      EXPECT_EQ(item_code(hostile.api, reply), hostile.item)
          << to_string(item_code(hostile.api, reply));
  }

  void expect_neighbour(const Hostile& hostile) {
    Peer peer = negotiated();
    peer.send(hostile.sent);
    const auto body = peer.read().as<v1::ProduceResponse>();
    ASSERT_EQ(body.partitions_size(), 2);
    EXPECT_EQ(first_error(body.partitions(1)), Errc::none);
    EXPECT_GE(body.partitions(1).base_offset(), kGoodRecords);
    if (hostile.item != Errc::none) {
      EXPECT_EQ(body.partitions(0).base_offset(), -1);
      EXPECT_FALSE(body.partitions(0).error().message().empty());
    }
  }

  void send_one(const Hostile& hostile) {
    SCOPED_TRACE(hostile.name);
    Peer peer = hostile.fresh ? Peer(cluster_.world(), node_, "broker-1") : negotiated();
    peer.send(hostile.sent);
    if (hostile.after == After::hangs_up) {
      cluster_.world().run_for(std::chrono::milliseconds(20));
      peer.close();
    } else {
      expect_answer(hostile, peer);
      if (hostile.after == After::closes)
        EXPECT_TRUE(peer.closed());
      else
        expect_served(peer);
    }
    expect_served(*good_);
  }
  void send_all(const HostileTable& table) {
    for (const Hostile& hostile : table) send_one(hostile);
    std::printf("%zu cases\n", table.size());
  }

  testing::SimCluster cluster_{{.seed = 23, .decompression_bytes_max = kHostileDecompressedMax}};
  sim::Node& node_ = cluster_.world().add_node("peer");
  std::optional<Peer> good_;
  HostileWorld world_;
};

TEST_F(HostileCorpus, FramesAreAnsweredAndTheConnectionCloses) { send_all(hostile_frames(world_)); }
TEST_F(HostileCorpus, HeadersAreReadAsFarAsTheyMakeSense) { send_all(hostile_headers(world_)); }
TEST_F(HostileCorpus, RequestsFailAloneUnlessTheirBytesAreNone) {
  send_all(hostile_requests(world_));
}

TEST_F(HostileCorpus, BatchesFailAloneInTheirRequest) {
  const HostileTable table = hostile_batches(world_);
  send_all(table);
  for (const Hostile& hostile : table) {
    SCOPED_TRACE(hostile.name);
    expect_neighbour(hostile);
  }
}

TEST(HostileTables, AreManyAndEachCaseIsNamedOnce) {
  std::set<std::string> names;
  std::size_t count = 0;
  for (const auto& table :
       {hostile_frames({}), hostile_headers({}), hostile_requests({}), hostile_batches({})}) {
    count += table.size();
    for (const Hostile& hostile : table)
      EXPECT_TRUE(names.insert(hostile.name).second) << hostile.name;
  }
  std::printf("the corpus has %zu cases\n", count);
  ENSURE(count >= kCasesAtLeast, "{} cases, {} are promised", count, kCasesAtLeast);
}

}  // namespace
}  // namespace ropewalk::native
