// The command line of operators: what is said and what must not be said together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/cli/options.h"

namespace ropewalk::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Words = std::vector<const char*>;

std::variant<Options, Leave> parse(Words words) {
  words.insert(words.begin(), "ropewalk");
  return parse_options(static_cast<int>(words.size()), words.data(), "");
}
template <class T>
T command(Words words) {
  auto parsed = parse(std::move(words));
  if (const auto* leave = std::get_if<Leave>(&parsed)) ADD_FAILURE() << leave->text;
  return std::get<T>(std::get<Options>(parsed).command);
}
// What is said about a wrong command line.
std::string wrong(Words words) {
  const auto parsed = parse(std::move(words));
  const auto* leave = std::get_if<Leave>(&parsed);
  if (leave == nullptr) return "nothing was wrong";
  EXPECT_EQ(leave->status, 2);
  return leave->text;
}

TEST(OperateOptions, ElectTakesATopicOrAll) {
  const auto some =
      command<ElectLeaders>({"topic", "elect", "t", "--partition", "3", "--partition", "5"});
  EXPECT_EQ(some.topic, "t");
  EXPECT_THAT(some.partitions, ElementsAre(3, 5));
  EXPECT_EQ(some.kind, ElectionKind::preferred);
  EXPECT_EQ(command<ElectLeaders>({"topic", "elect", "--all"}).topic, "");
  const auto unclean = command<ElectLeaders>({"topic", "elect", "t", "--unclean", "--yes"});
  EXPECT_EQ(unclean.kind, ElectionKind::unclean);
  EXPECT_TRUE(unclean.consent.yes);
  EXPECT_THAT(wrong({"topic", "elect"}), HasSubstr("--all"));
  EXPECT_THAT(wrong({"topic", "elect", "t", "--all"}), HasSubstr("--all"));
  EXPECT_THAT(wrong({"topic", "elect", "--all", "--partition", "1"}), HasSubstr("--partition"));
  EXPECT_THAT(wrong({"topic", "elect", "t", "--partition", "0x1"}), HasSubstr("--partition"));
  EXPECT_THAT(wrong({"topic", "elect", "t", "--dry-run"}), HasSubstr("--dry-run has no effect"));
}

TEST(OperateOptions, ReassignTakesAPlanOrOnePartition) {
  EXPECT_EQ(command<Reassign>({"cluster", "reassign", "--file", "p", "--wait"}).file, "p");
  const auto one = command<Reassign>(
      {"cluster", "reassign", "--topic", "t", "--partition", "2", "--replicas", "3,1"});
  ASSERT_EQ(one.wanted.size(), 1u);
  EXPECT_EQ(one.wanted[0].partition, (PartitionName{"t", 2}));
  EXPECT_THAT(*one.wanted[0].replicas, ElementsAre(3, 1));
  EXPECT_THAT(wrong({"cluster", "reassign"}), HasSubstr("what to move"));
  EXPECT_THAT(wrong({"cluster", "reassign", "--topic", "t"}), HasSubstr("what to move"));
  EXPECT_THAT(wrong({"cluster", "reassign", "--file", "p", "--topic", "t"}),
              HasSubstr("--topic has no effect beside --file"));
  EXPECT_THAT(wrong({"cluster", "reassign", "--topic", "t", "--partition", "2", "--replicas", "a"}),
              HasSubstr("--replicas"));
  EXPECT_THAT(wrong({"cluster", "reassign", "--file", "p", "--yes", "--dry-run"}),
              HasSubstr("--dry-run"));
  EXPECT_THAT(wrong({"cluster", "reassign", "--file", "p", "--wait", "--dry-run"}),
              HasSubstr("--wait has no effect"));
}

TEST(OperateOptions, MovesAreShownAndCalledOff) {
  EXPECT_TRUE(command<ShowReassignments>({"cluster", "reassign", "--status", "--json"}).json);
  EXPECT_EQ(command<ShowReassignments>({"cluster", "drain", "3", "--status"}).leaving, 3);
  EXPECT_FALSE(command<CancelReassignments>({"cluster", "reassign", "--cancel"}).partition);
  const auto one = command<CancelReassignments>(
      {"cluster", "reassign", "--cancel", "--topic", "t", "--partition", "0", "--yes"});
  EXPECT_EQ(one.topic, "t");
  EXPECT_EQ(one.partition, 0);
  EXPECT_EQ(command<CancelReassignments>({"cluster", "drain", "3", "--cancel"}).leaving, 3);
  EXPECT_THAT(wrong({"cluster", "reassign", "--status", "--file", "p"}), HasSubstr("--file"));
  EXPECT_THAT(wrong({"cluster", "reassign", "--status", "--cancel"}), HasSubstr("--cancel"));
  EXPECT_THAT(wrong({"cluster", "reassign", "--cancel", "--partition", "0"}), HasSubstr("--topic"));
  EXPECT_THAT(wrong({"cluster", "drain", "3", "--cancel", "--wait"}), HasSubstr("--wait"));
}

TEST(OperateOptions, ADrainEndsWithoutFurtherWords) {
  EXPECT_EQ(command<EndDrain>({"cluster", "drain", "3", "--end"}).broker, 3);
  for (const char* const other : {"--status", "--cancel", "--yes", "--dry-run", "--wait", "--json"})
    EXPECT_THAT(wrong({"cluster", "drain", "3", "--end", other}), HasSubstr(other));
}

TEST(OperateOptions, BrokersGoByNumber) {
  EXPECT_EQ(command<DrainBroker>({"cluster", "drain", "3", "--yes"}).broker, 3);
  EXPECT_EQ(command<UnregisterBroker>({"cluster", "unregister", "3"}).broker, 3);
  EXPECT_TRUE(command<ShowFeatures>({"cluster", "features", "--json"}).json);
  const auto upgrade = command<UpgradeCluster>({"cluster", "upgrade", "--to", "2", "--yes"});
  EXPECT_EQ(upgrade.feature, "metadata.version");
  EXPECT_EQ(upgrade.level, 2);
  EXPECT_TRUE(upgrade.consent.yes);
  EXPECT_FALSE(command<UpgradeCluster>({"cluster", "upgrade"}).level);
  EXPECT_TRUE(command<BalanceLeaders>({"cluster", "balance", "--dry-run"}).consent.dry_run);
  for (const char* const bad : {"", "-1", "x", "4294967296"})
    EXPECT_NE(wrong({"cluster", "drain", bad}), "nothing was wrong") << bad;
}

}  // namespace
}  // namespace ropewalk::cli
