#include "broker/tools/log_dump.h"

#include "tests/unit/broker/log/log_rig.h"

namespace ropewalk::tools {
namespace {

class LogDump : public testing::Test {
 protected:
  LogDump() {
    EXPECT_TRUE(life_.open());
    for (int i = 0; i < 3; i++) last_ = life_.append(log::make_batch(2, 50), LeaderEpoch(4));
    EXPECT_TRUE(life_.wait_durable(last_.next));
  }
  ~LogDump() override { node_.kill(); }

  sim::Simulation world_{2};
  sim::Node& node_ = world_.add_node("a");
  log::LogLife life_{world_, node_, {}};
  log::ModelBatch last_;
  const std::string path_ =
      fmt::format("{}/{}", log::LogLife::kFolder, log::segment_file_name(Offset(0)));
};

TEST_F(LogDump, PrintsHeaderSlotsAndBatches) {
  std::vector<std::string> lines;
  const auto summary = world_.run(
      life_.core(), dump_log_file(life_.files(), path_,
                                  [&](std::string_view line) { lines.emplace_back(line); }));
  ASSERT_TRUE(summary) << to_string(summary.error());
  EXPECT_EQ(summary->batches, 3U);
  EXPECT_EQ(summary->records, 6U);
  EXPECT_EQ(summary->end, last_.next);
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_TRUE(lines[0].starts_with("segment ")) << lines[0];
  EXPECT_TRUE(lines[3].starts_with("batch 0..1 position 4096 ")) << lines[3];
}

TEST_F(LogDump, VerifyNamesTheDamage) {
  EXPECT_TRUE(world_.run(life_.core(), verify_log_file(life_.files(), path_)));
  const std::uint64_t position = 4096 + last_.bytes.size();  // The second batch.
  ASSERT_TRUE(node_.disk("/d").flip_bit(path_, position + 70));
  const auto verified = world_.run(life_.core(), verify_log_file(life_.files(), path_));
  ASSERT_FALSE(verified);
  EXPECT_EQ(verified.error().code, Errc::corrupt);
  EXPECT_NE(verified.error().context.find(fmt::format("at {}, offset 2", position)),
            std::string::npos)
      << verified.error().context;
}

}  // namespace
}  // namespace ropewalk::tools
