#include "broker/service/epoch_end.h"

#include <gtest/gtest.h>

#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::service {
namespace {

class EpochEndsTest : public testing::Test {
 protected:
  void produce() {
    ASSERT_EQ(rig_.produce_one(ServiceRig::to(topic_, 0, ServiceRig::batch())).error.code,
              Errc::none);
  }
  // Leads under the next epoch.
  void next_epoch() {
    const metadata::PartitionPtr before = rig_.image->topic(topic_)->partitions.at(0);
    metadata::PartitionChangeRecord elected;
    elected.topic = topic_;
    elected.index = PartitionId(0);
    elected.leader = ServiceRig::kSelf;
    rig_.apply({elected});
    const metadata::TopicPtr topic = rig_.image->topic_ptr(topic_);
    ASSERT_GT(topic->partitions.at(0)->leader_epoch, before->leader_epoch);
    rig_.on_core([&] {
      rig_.replicas->become_leader(rig_.image, topic, topic->partitions.at(0),
                                   rig_.directory->meta().directory);
    });
    const LeaderEpoch epoch = topic->partitions.at(0)->leader_epoch;
    ASSERT_TRUE(rig_.until([&] { return ask(epoch).epoch == epoch; }));
  }
  LeaderEpoch epoch() const { return rig_.image->topic(topic_)->partitions.at(0)->leader_epoch; }
  EpochEndPartition question(LeaderEpoch epoch) const {
    EpochEndPartition wanted;
    wanted.topic.id = topic_;
    wanted.epoch = epoch;
    return wanted;
  }
  std::vector<FoundEpochEnd> ask(std::vector<EpochEndPartition> wanted) {
    return rig_.world.run(rig_.core(),
                          rig_.use_cases->epoch_ends.handle(rig_.context(), std::move(wanted)));
  }
  static Task<void> fetch_into(Fetch& fetch, security::RequestContext context, FetchRequest request,
                               std::optional<FetchResponse>& into) {
    into = co_await fetch.handle(std::move(context), std::move(request));
  }
  FoundEpochEnd ask(LeaderEpoch epoch) { return ask(std::vector{question(epoch)})[0]; }
  FetchResult fetch(std::int64_t from, LeaderEpoch last_epoch,
                    std::chrono::milliseconds wait = {}) {
    FetchRequest request;
    request.wait_max = wait;
    request.partitions.push_back(ServiceRig::from(topic_, 0, from));
    request.partitions[0].last_epoch = last_epoch;
    return std::move(rig_.fetch(std::move(request)).partitions.at(0));
  }

  ServiceRig rig_{1};
  const TopicId topic_ = rig_.add_topic("t", 2);
};

TEST_F(EpochEndsTest, AnswersForEachPartition) {
  produce();
  const LeaderEpoch first = epoch();
  next_epoch();
  produce();
  produce();
  std::vector<EpochEndPartition> wanted(5, question(first));
  wanted[1].epoch = epoch();
  wanted[2].epoch = epoch().next();
  wanted[3].partition = 9;
  wanted[4].leader_epoch = first;
  const auto found = ask(wanted);
  EXPECT_EQ(found[0].error.code, Errc::none);
  EXPECT_EQ(found[0].epoch, first);
  EXPECT_EQ(found[0].end, Offset(1));
  EXPECT_EQ(found[1].epoch, epoch());
  EXPECT_EQ(found[1].end, Offset(3));
  EXPECT_EQ(found[2].error.code, Errc::none);
  EXPECT_EQ(found[2].epoch, kNoLeaderEpoch);
  EXPECT_EQ(found[2].end, kNoOffset);
  EXPECT_EQ(found[3].error.code, Errc::unknown_topic_or_partition);
  EXPECT_EQ(found[4].error.code, Errc::fenced_leader_epoch);
  EXPECT_EQ(found[4].current_leader.leader, ServiceRig::kSelf);
}

TEST_F(EpochEndsTest, AskAuthorizerAndLease) {
  rig_.authorizer.forbidden = "t";
  EXPECT_EQ(ask(epoch()).error.code, Errc::topic_authorization_failed);
  rig_.authorizer.forbidden.clear();
  rig_.lease_holds = false;
  EXPECT_EQ(ask(epoch()).error.code, Errc::not_leader_or_follower);
}

// At once, and without records, however long the fetch would wait.
TEST_F(EpochEndsTest, AFetchFromALogThatIsNotThisOneIsToldWhereItParted) {
  produce();
  const LeaderEpoch first = epoch();
  next_epoch();
  produce();
  produce();
  const auto begun = rig_.environment().now();
  const FetchResult parted = fetch(2, first, std::chrono::seconds(100));
  EXPECT_LT(rig_.environment().now() - begun, std::chrono::seconds(1));
  EXPECT_EQ(parted.error.code, Errc::none);
  EXPECT_EQ(parted.records_bytes, 0u);
  EXPECT_EQ(parted.diverging, (replication::EpochEnd{first, Offset(1)}));
  // Also where that log went on behind the end of this one.
  EXPECT_EQ(fetch(9, first).diverging, (replication::EpochEnd{first, Offset(1)}));
  EXPECT_EQ(fetch(9, epoch()).diverging, (replication::EpochEnd{epoch(), Offset(3)}));
  EXPECT_EQ(fetch(9, epoch()).error.code, Errc::none);

  for (const auto& [from, last] : {std::pair(1, first), {2, epoch()}, {3, epoch()}}) {
    const FetchResult fits = fetch(from, last);
    EXPECT_EQ(fits.error.code, Errc::none);
    EXPECT_FALSE(fits.diverging);
    EXPECT_EQ(fits.records_bytes > 0, from < 3);
  }
}

// As in Kafka: only what a reader knows of the leader has an error of its own.
TEST_F(EpochEndsTest, AFetchBehindRecordsOfAnEpochThatIsNotKnownIsOutOfRange) {
  produce();
  const FetchResult parted = fetch(1, epoch().next());
  EXPECT_EQ(parted.error.code, Errc::offset_out_of_range);
  EXPECT_EQ(parted.log_start, Offset(0));
  EXPECT_FALSE(parted.diverging);
  FetchRequest request;
  request.partitions.push_back(ServiceRig::from(topic_, 0, 1));
  request.partitions[0].last_epoch = request.partitions[0].leader_epoch = epoch().next();
  const auto early = rig_.fetch(std::move(request));
  EXPECT_EQ(early.partitions.at(0).error.code, Errc::unknown_leader_epoch);
  EXPECT_EQ(early.partitions[0].current_leader.leader, ServiceRig::kSelf);
}

// Each answer of a fetch reads on from the one before; the epoch of the request is of its
// beginning.
TEST_F(EpochEndsTest, AFetchThatReadsOnGoesOverEpochs) {
  produce();
  const LeaderEpoch first = epoch();
  next_epoch();
  FetchRequest request;
  request.wait_max = std::chrono::seconds(100);
  request.bytes_min = 150;
  request.partitions.push_back(ServiceRig::from(topic_, 0, 1));
  request.partitions[0].last_epoch = first;
  std::optional<FetchResponse> response;
  env::TaskGroup tasks(rig_.core());
  rig_.on_core([&] {
    tasks.spawn("fetch", fetch_into(rig_.use_cases->fetch, rig_.context(std::chrono::hours(1)),
                                    std::move(request), response));
  });
  produce();
  rig_.world.run_for(std::chrono::seconds(1));
  EXPECT_FALSE(response);
  produce();
  ASSERT_TRUE(rig_.until([&] { return response.has_value(); }));
  EXPECT_FALSE(response->partitions[0].diverging);
  EXPECT_GE(response->partitions[0].records_bytes, 150u);
  rig_.world.run(rig_.core(), tasks.stop());
}

}  // namespace
}  // namespace ropewalk::service
