#include "client/cli/move_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/cli/move_progress.h"

namespace ropewalk::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string wrong_with(std::string_view text) {
  const auto plan = parse_plan(text);
  return plan ? "nothing" : plan.error().context;
}

TEST(MovePlan, ReadsWhatKafkasToolWrites) {
  const auto plan = parse_plan(R"({"version":1,"partitions":[
      {"topic":"orders","partition":0,"replicas":[3,1],"log_dirs":["any","any"]},
      {"topic":"flights","partition":12,"replicas":[2]}]})");
  ASSERT_TRUE(plan) << to_string(plan.error());
  ASSERT_EQ(plan->size(), 2u);
  EXPECT_EQ((*plan)[0].partition, (PartitionName{"orders", 0}));
  EXPECT_THAT(*(*plan)[0].replicas, ElementsAre(3, 1));
  EXPECT_EQ((*plan)[1].partition.partition, 12);
  EXPECT_TRUE(parse_plan(R"([{"topic":"t","partition":0,"replicas":[1]}])"));
}

TEST(MovePlan, SaysWhereAPlanIsWrong) {
  EXPECT_THAT(wrong_with("{"), HasSubstr("no JSON"));
  EXPECT_THAT(wrong_with("{}"), HasSubstr(R"("replicas":[1,2,3])"));
  EXPECT_THAT(wrong_with(R"({"version":2,"partitions":[]})"), HasSubstr("version 2"));
  EXPECT_THAT(wrong_with(R"({"partitions":[]})"), HasSubstr("no plan"));
  EXPECT_THAT(wrong_with(R"([{"topic":"t","partition":0,"replicas":[1]},7])"),
              HasSubstr("partition 2 of the list"));
  for (const char* const bad :
       {R"({"partition":0,"replicas":[1]})", R"({"topic":"t","partition":-1,"replicas":[1]})",
        R"({"topic":"t","partition":"0","replicas":[1]})", R"({"topic":"t","partition":0})",
        R"({"topic":"t","partition":0,"replicas":[]})",
        R"({"topic":"t","partition":0,"replicas":[4294967297]})",
        R"({"topic":"t","partition":0,"replicas":[1],"log_dirs":["/data"]})"})
    EXPECT_THAT(wrong_with(fmt::format("[{}]", bad)), HasSubstr("partition 1 of the list")) << bad;
  EXPECT_THAT(wrong_with(R"([{"topic":"t","partition":0,"replicas":[1]},
                             {"topic":"t","partition":0,"replicas":[2]}])"),
              HasSubstr("t-0 stands there twice"));
}

TEST(MovePlan, ReadsAListOfBrokers) {
  EXPECT_THAT(*parse_replicas("3, 1,2"), ElementsAre(3, 1, 2));
  for (const char* const bad : {"", ",", "1,x", "-1", "1 2", "0x1"})
    EXPECT_FALSE(parse_replicas(bad)) << bad;
}

DescribedPartition partition(std::int32_t index, std::vector<std::int32_t> replicas) {
  DescribedPartition made;
  made.partition = index;
  made.leader = replicas.front();
  made.replicas = std::move(replicas);
  return made;
}

std::vector<DescribedTopic> orders() {
  DescribedTopic topic;
  topic.name = "orders";
  topic.partitions = {partition(0, {1, 2, 3}), partition(1, {2, 3, 1})};
  return {topic};
}

TEST(MovePlan, ShowsWhatComesAndGoesAndHowMuchThatIs) {
  auto plan = plan_moves({{{"orders", 0}, BrokerIds{4, 2, 3}}, {{"orders", 1}, BrokerIds{2, 3, 1}}},
                         orders());
  ASSERT_TRUE(plan) << to_string(plan.error());
  EXPECT_EQ(
      plan_text(*plan),
      "TOPIC   PARTITION  FROM   TO     ADDS  REMOVES  TO COPY\n"
      "orders  0          1,2,3  4,2,3  4     1        ?\n"
      "\n"
      "partitions to change: 1  replicas to copy: 1, at least 0 bytes  as wanted already: 1\n");
  plan->moves[0].bytes = 3 << 20;
  plan->stuck.push_back({.partition = {"x", 7}, .replicas = {1}, .reason = "nobody is there"});
  EXPECT_THAT(plan_text(*plan), HasSubstr("3.0 MiB\n"));
  EXPECT_THAT(plan_text(*plan), HasSubstr("x      7          1         nobody is there\n"));
  EXPECT_EQ(plan_moves({{{"orders", 9}, BrokerIds{1}}}, orders()).error().code,
            Errc::unknown_topic_or_partition);
}

// What is under way is asked for anew: it may be other replicas that are being added.
TEST(MovePlan, AMoveUnderWayIsNeverAsWanted) {
  auto topics = orders();
  topics[0].partitions[0].adding_replicas = {3};
  const auto plan = plan_moves({{{"orders", 0}, BrokerIds{1, 2, 3}}}, topics);
  ASSERT_TRUE(plan) << to_string(plan.error());
  EXPECT_EQ(plan->moves.size(), 1u);
}

TEST(MovePlan, WhatItPrintsIsAPlan) {
  const auto plan = plan_moves({{{"orders", 0}, BrokerIds{4, 2, 3}}}, orders());
  const auto again = parse_plan(plan_json(*plan));
  ASSERT_TRUE(again) << to_string(again.error());
  EXPECT_EQ((*again)[0].partition, (PartitionName{"orders", 0}));
  EXPECT_THAT(*(*again)[0].replicas, ElementsAre(4, 2, 3));
  EXPECT_THAT(plan_json(*plan), HasSubstr(R"("from":[1,2,3],"leader":1,"bytes":null)"));
}

// Answers come in whatever order, and not for all.
TEST(MovePlan, TakesTheBytesOfEachLogFromItsLeader) {
  auto plan = plan_moves({{{"orders", 0}, BrokerIds{4, 2, 3}}, {{"orders", 1}, BrokerIds{3, 2, 1}}},
                         orders());
  ASSERT_TRUE(plan) << to_string(plan.error());
  plan->moves.push_back({.partition = {"other", 0}, .from = {1}, .to = {2}, .leader = 1});
  plan->moves.push_back({.partition = {"silent", 0}, .from = {1}, .to = {2}});
  std::vector<PartitionReplicas> told(2);
  told[0].partition = {"other", 0};
  told[0].bytes = 7;
  told[1].partition = {"orders", 0};
  told[1].bytes = 5;
  note_bytes(*plan, told);
  EXPECT_EQ(plan->moves[0].bytes, 5);
  EXPECT_EQ(plan->moves[1].bytes, 0) << "only the order of preference changes";
  EXPECT_EQ(plan->moves[2].bytes, 7);
  EXPECT_EQ(plan->moves[3].bytes, std::nullopt);
}

MoveProgress a_move() {
  MoveProgress progress;
  progress.move.partition = {"orders", 0};
  progress.move.leader = 1;
  progress.move.replicas = {4, 5, 1};
  progress.move.adding = {4, 5};
  progress.move.removing = {1};
  progress.move.in_sync_replicas = {1, 5};
  return progress;
}

TEST(MoveProgress, SaysHowFarEachAddedReplicaIs) {
  MoveProgress progress = a_move();
  EXPECT_THAT(progress_text({progress}), HasSubstr("4: has not begun, 5: in sync  1\n"));
  progress.replicas.emplace();
  progress.replicas->log_start = 100;
  progress.replicas->log_end = 1000;
  progress.replicas->replicas = {{.broker_id = 4, .in_sync = false, .log_end = 0},
                                 {.broker_id = 5, .in_sync = true, .log_end = 1000}};
  EXPECT_THAT(progress_text({progress}), HasSubstr("4: 900 behind, 5: in sync"))
      << "what is below the start of the log is not copied";
  EXPECT_THAT(progress_json({progress}),
              HasSubstr(R"("adding":[{"broker_id":4,"in_sync":false,"lag":900},)"));
  EXPECT_EQ(progress_line({progress}, 3), "1 of 3 partitions left, 900 records to copy");
  EXPECT_EQ(progress_text({}), "no replica is being moved\n");
  EXPECT_EQ(progress_json({}), "[]\n");
}

TEST(MoveProgress, TakesHowFarReplicasAreFromTheirLeaders) {
  std::vector<MoveProgress> moves{a_move(), a_move()};
  moves[1].move.partition = {"orders", 1};
  note_replicas(moves, {{.partition = {"orders", 1},
                         .log_end = 9,
                         .replicas = {{.broker_id = 4, .in_sync = false, .log_end = 4}}}});
  EXPECT_EQ(moves[0].lag(4), std::nullopt);
  EXPECT_EQ(moves[1].lag(4), 5);
}

TEST(MovePlan, SaysBytesInTheUnitThatFits) {
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(1023), "1023 bytes");
  EXPECT_EQ(bytes_text(1536), "1.5 KiB");
  EXPECT_EQ(bytes_text(std::int64_t{5} << 40), "5.0 TiB");
}

}  // namespace
}  // namespace ropewalk::cli
