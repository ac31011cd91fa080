#include "broker/tools/progress_line.h"

#include <gtest/gtest.h>

namespace ropewalk::tools {
namespace {

using namespace std::chrono_literals;

class ProgressLineTest : public testing::Test {
 protected:
  const env::MonotonicTime began_{10s};
  std::string written_;
  ProgressLine line_{[this](std::string_view text) { written_ += text; }, began_};
};

TEST_F(ProgressLineTest, StaysAwayFromWhatIsQuick) {
  line_.show("a", began_ + 999ms);
  line_.clear();
  EXPECT_EQ(written_, "");
}

TEST_F(ProgressLineTest, ChangesNoFasterThanOneReads) {
  line_.show("a", began_ + 1s);
  line_.show("b", began_ + 1199ms);
  line_.show("c", began_ + 1200ms);
  EXPECT_EQ(written_, "\r\x1b[Ka\r\x1b[Kc");
}

TEST_F(ProgressLineTest, IsTakenAwayOnce) {
  line_.show("a", began_ + 1s);
  line_.clear();
  line_.clear();
  EXPECT_EQ(written_, "\r\x1b[Ka\r\x1b[K");
}

TEST_F(ProgressLineTest, WithoutATerminalThereIsNone) {
  ProgressLine nowhere({}, began_);
  EXPECT_FALSE(nowhere.is_due(began_ + 1h));
  nowhere.show("a", began_ + 1h);
  nowhere.clear();
}

}  // namespace
}  // namespace ropewalk::tools
