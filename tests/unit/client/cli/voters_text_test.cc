#include "client/cli/voters_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/cli/cluster_text.h"

namespace ropewalk::cli {
namespace {

using ::testing::HasSubstr;

MetadataQuorum two_voters_and_one_more() {
  MetadataQuorum quorum{.leader_id = 2,
                        .term = 5,
                        .log_end_offset = 40,
                        .committed_offset = 39,
                        .replicas = {},
                        .warning = "two"};
  MetadataReplica first{.broker_id = 1, .directory_id = "A", .host = "", .votes = true};
  MetadataReplica second{.broker_id = 2,
                         .directory_id = "B",
                         .host = "h",
                         .port = 9193,
                         .votes = true,
                         .alive = true,
                         .log_end_offset = 40,
                         .lag = 0};
  MetadataReplica third{.broker_id = 3,
                        .directory_id = "C",
                        .host = "i",
                        .port = 9193,
                        .alive = true,
                        .log_end_offset = 28,
                        .lag = 12,
                        .silent = std::chrono::milliseconds(7)};
  quorum.replicas = {first, second, third};
  return quorum;
}

TEST(VotersText, ShowsWhatEachIsAndLacks) {
  EXPECT_EQ(voters_text(two_voters_and_one_more()),
            "leader 2  term 5  committed 39 of 40\n\n"
            "BROKER  DIRECTORY  ADDRESS  ROLE      STATE        LOG END  LAG  SILENT MS\n"
            "1       A          -        voter     silent       -        -    0\n"
            "2       B          h:9193   leader    alive        40       0    0\n"
            "3       C          i:9193   observer  catching up  28       12   7\n");
}

TEST(VotersText, TellsProgramsAllOfIt) {
  EXPECT_THAT(voters_json(two_voters_and_one_more()),
              HasSubstr(R"({"broker_id":3,"directory_id":"C","host":"i","port":9193,"votes":false,)"
                        R"("alive":true,"may_vote":false,"names_voters":false,)"
                        R"("log_end_offset":28,"lag":12,"silent_ms":7})"));
}

TEST(VotersText, StandsInTheStatusOfTheCluster) {
  const auto quorum = two_voters_and_one_more();
  EXPECT_THAT(cluster_text(ClusterStatus(), quorum),
              HasSubstr("voters 1 (silent) 2  observers 3 (12 behind)\n"));
  EXPECT_THAT(cluster_text(ClusterStatus(), std::nullopt),
              HasSubstr("no controller tells who votes\n"));
  EXPECT_THAT(cluster_json(ClusterStatus(), quorum),
              HasSubstr(R"("metadata_quorum":{"leader_id":2)"));
  EXPECT_THAT(cluster_json(ClusterStatus(), std::nullopt), HasSubstr(R"("metadata_quorum":null)"));
}

}  // namespace
}  // namespace ropewalk::cli
