// What operators say and are told, by the command, as far as one broker goes. Several brokers:
// tests/sim/cluster, operations_test.
#include <gmock/gmock.h>

#include "tests/integration/command_fixture.h"

namespace ropewalk::support {
namespace {

using testing::HasSubstr;

class CommandOperate : public CommandFixture {
 protected:
  // `!` would hide a success from bash.
  int run(const std::string& script) const {
    return CommandFixture::run("fails() { if \"$@\"; then return 1; fi; }\n" + script);
  }
};

// A script has no terminal: it is not asked, and nothing is done in silence.
TEST_F(CommandOperate, PlansAreShownAndNothingIsDoneUnasked) {
  EXPECT_EQ(run(R"sh(
    rw topic create t --partitions 2
    plan='{"version":1,"partitions":[{"topic":"t","partition":1,"replicas":[1,9]}]}'
    echo "$plan" >plan
    rw cluster reassign --file plan --dry-run >shown
    fails rw cluster reassign --file plan >shown.again
    cmp shown shown.again
    rw cluster reassign --file plan --dry-run --json >plan.again
    rw cluster reassign --file plan.again --dry-run | cmp - shown
    rw cluster reassign --status >status
    rw topic describe t >described
  )sh"),
            0)
      << content("stderr");
  EXPECT_THAT(content("shown"), HasSubstr("t      1          1     1,9  9     -        0 bytes"));
  EXPECT_THAT(content("stderr"), HasSubstr("nothing was changed: --yes does it"));
  EXPECT_EQ(content("status"), "no replica is being moved\n");
}

TEST_F(CommandOperate, WhatCannotBeIsRefusedInWords) {
  EXPECT_EQ(run(R"sh(
    rw topic create t --partitions 1
    fails rw cluster reassign --topic t --partition 0 --replicas 9 --yes
    fails rw cluster reassign --topic t --partition 5 --replicas 1 --yes
    fails rw cluster reassign --topic nope --partition 0 --replicas 1 --yes
    echo '{"partitions":[{"topic":"t","partition":0}]}' >plan
    fails rw cluster reassign --file plan --yes
    fails rw cluster unregister 1
    fails rw cluster unregister 77
    fails rw cluster drain 77 --dry-run
    fails rw cluster drain 1 --dry-run >drain
    fails rw topic elect t --partition 4
  )sh"),
            0)
      << content("stderr");
  const std::string said = content("stderr");
  EXPECT_THAT(said, HasSubstr("broker 9 is not there to become a replica"));
  EXPECT_THAT(said, HasSubstr("there is no partition t-5"));
  EXPECT_THAT(said, HasSubstr("unknown_topic_or_partition"));
  EXPECT_THAT(said, HasSubstr("partition 1 of the list: \"replicas\" must be"));
  EXPECT_THAT(said, HasSubstr("broker 1 lives; stop it first"));
  EXPECT_THAT(said, HasSubstr("there is no broker 77"));
  EXPECT_THAT(said, HasSubstr("topic t has 1 partitions, no 4"));
  EXPECT_THAT(content("drain"), HasSubstr("no further broker is alive"));
}

TEST_F(CommandOperate, ADrainThatCannotEndSaysSoAndHoldsUntilItIsEnded) {
  EXPECT_EQ(run(R"sh(
    rw topic create t --partitions 2
    fails rw cluster drain 1 --yes >drained
    rw cluster drain 1 --status >status
    rw cluster brokers >brokers
    fails rw topic create more --partitions 1
    rw cluster drain 1 --end >ended
    rw cluster drain 1 --end
    rw topic create more --partitions 1
    rw cluster brokers >brokers.again
    fails rw cluster drain 77 --end
  )sh"),
            0)
      << content("stderr");
  EXPECT_THAT(content("drained"), HasSubstr("no further broker is alive"));
  EXPECT_THAT(content("drained"), HasSubstr("broker 1 gets no new replicas until"));
  EXPECT_THAT(content("stderr"), HasSubstr("replicas that have nowhere to go: 2"));
  EXPECT_THAT(content("status"), HasSubstr("replicas on broker 1: 2\nbroker 1 gets no new"));
  EXPECT_THAT(content("brokers"), HasSubstr("alive, drained"));
  EXPECT_EQ(content("ended"), "broker 1 may get new replicas\n");
  EXPECT_THAT(content("brokers.again"), testing::Not(HasSubstr("drained")));
}

TEST_F(CommandOperate, WhatIsAsItShouldBeIsSaidToBe) {
  EXPECT_EQ(run(R"sh(
    rw topic create t --partitions 2
    rw topic elect t >elected
    rw topic elect --all --json >elected.json
    rw topic elect t --unclean >unclean
    rw cluster balance >balance
    rw cluster balance --yes --json >balance.json
    rw cluster reassign --topic t --partition 0 --replicas 1 --yes >moved
    rw cluster reassign --cancel --yes >cancelled
    rw cluster drain 1 --status >drain
  )sh"),
            0)
      << content("stderr");
  EXPECT_EQ(content("elected"),
            "TOPIC  PARTITION  LEADER  RESULT\n"
            "t      0          1       not needed\n"
            "t      1          1       not needed\n");
  EXPECT_THAT(content("elected.json"), HasSubstr("\"error\":\"election_not_needed"));
  EXPECT_THAT(content("unclean"), HasSubstr("nothing to elect uncleanly"));
  EXPECT_EQ(content("balance"), "every partition is led by the first of its replicas\n");
  EXPECT_EQ(content("balance.json"), "[]\n");
  EXPECT_THAT(content("moved"), HasSubstr("as wanted already: 1"));
  EXPECT_EQ(content("cancelled"), "no replica is being moved\n");
  EXPECT_THAT(content("drain"), HasSubstr("replicas on broker 1: 2\n"));
}

}  // namespace
}  // namespace ropewalk::support
