#include "common/log.h"

#include <thread>

namespace ropewalk {
namespace {

using std::chrono::seconds;

// Collects the lines and leaves the log as it found it.
class Log : public testing::Test {
 protected:
  void SetUp() override {
    set_log_sink([this](std::string_view line) { lines.emplace_back(line); });
  }
  void TearDown() override {
    configure_log(LogFormat::text, LogLevel::info);
    set_log_clock({});
    set_log_sink({});
  }
  std::vector<std::string> lines;
};

TEST_F(Log, TextCarriesTheTimeOfTheGivenClock) {
  set_log_clock([] {
    return std::chrono::sys_time<std::chrono::milliseconds>(
        std::chrono::milliseconds(978307200123));
  });
  log_warn("disk {} is {} % full", "/data", 97);
  EXPECT_THAT(lines,
              testing::ElementsAre("2001-01-01T00:00:00.123Z warn  disk /data is 97 % full"));
}

TEST_F(Log, LevelsBelowTheThresholdAreNotWritten) {
  configure_log(LogFormat::text, LogLevel::warn);
  log_info("left out");
  log_error("kept");
  EXPECT_THAT(lines, testing::ElementsAre("error kept"));
}

TEST_F(Log, JsonEscapesWhatAPeerSent) {
  configure_log(LogFormat::json, LogLevel::info);
  log_info("topic \"{}\"", "a\\b\n\x01");
  EXPECT_THAT(lines,
              testing::ElementsAre(R"({"level":"info","message":"topic \"a\\b\n\u0001\""})"));
}

TEST_F(Log, TextKeepsAForgedLineApart) {
  log_info("client '{}'", "x\n2001-01-01 error all is lost\x1b[2J");
  EXPECT_THAT(lines,
              testing::ElementsAre("info  client 'x\n  2001-01-01 error all is lost\\x1b[2J'"));
}

TEST_F(Log, LimitLetsOneThroughAnIntervalAndCountsTheRest) {
  LogLimit limit(seconds(10));
  for (int second = 0; second <= 10; second++) limit.warn(seconds(second), "bad frame");
  EXPECT_THAT(lines, testing::ElementsAre("warn  bad frame",
                                          "warn  bad frame (9 more like this since the last one)"));
}

TEST_F(Log, LinesOfSeveralThreadsDoNotMix) {
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 4; writer++)
      writers.emplace_back([] {
        for (int i = 0; i < 100; i++) log_info("{}", std::string(50, 'x'));
      });
  }
  EXPECT_EQ(lines.size(), 400U);
  EXPECT_THAT(lines, testing::Each("info  " + std::string(50, 'x')));
}

}  // namespace
}  // namespace ropewalk
