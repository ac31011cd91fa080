// Starts that cannot succeed, with the real program.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include "tests/support/broker_process.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::support {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class Start : public ::testing::Test {
 protected:
  std::string file(const std::string& name) const { return root_.file(name); }
  std::string content(const std::string& name) const {
    std::ifstream in(file(name));
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }

  TemporaryDirectory root_{"start"};
};

// The second life finds metadata that the first has left, and fails at the same place.
TEST_F(Start, APortInUseEndsItWithStatusOneAndTheSettingToChange) {
  auto first =
      start_ready_broker({.data_directory = file("a"), .stderr_file = file("a.err")}, seconds(60));
  ASSERT_TRUE(first) << to_string(first.error());
  for (const std::string err : {"b1.err", "b2.err"}) {
    const std::string flag = fmt::format("--native-listen=127.0.0.1:{}", first->port);
    auto second = Process::start({.command = {program("ropewalkd"), "--data-dir", file("b"), flag,
                                              "--admin-listen=off", "--kafka-listen=off"},
                                  .stderr_file = file(err)});
    ASSERT_TRUE(second) << to_string(second.error());
    EXPECT_FALSE(second->read_line(seconds(60)));
    const int status = second->wait();
    ASSERT_TRUE(WIFEXITED(status)) << content(err);
    EXPECT_EQ(WEXITSTATUS(status), 1);
    EXPECT_THAT(content(err), HasSubstr(fmt::format("listens on port {}", first->port)));
    EXPECT_THAT(content(err), HasSubstr("native_listen"));
  }
}

}  // namespace
}  // namespace ropewalk::support
