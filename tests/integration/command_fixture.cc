#include "tests/integration/command_fixture.h"

#include <fstream>

#include <sys/wait.h>

namespace ropewalk::support {

using namespace std::chrono_literals;

void CommandFixture::SetUp() {
  auto started =
      start_ready_broker({.data_directory = path("data"), .stderr_file = path("broker.log")}, 180s);
  ASSERT_TRUE(started) << to_string(started.error());
  broker_ = std::make_unique<BrokerProcess>(std::move(*started));
}

void CommandFixture::TearDown() { directory_.keep_if(HasFailure()); }

Process CommandFixture::begin(const std::string& script) const {
  const std::string prologue =
      fmt::format("set -euo pipefail; cd {}; rw() {{ {} --brokers 127.0.0.1:{} \"$@\"; }}\n",
                  directory_.path(), program("ropewalk"), broker_->port);
  auto process = Process::start(
      {.command = {"/bin/bash", "-c", prologue + script}, .stderr_file = path("stderr")});
  EXPECT_TRUE(process) << to_string(process.error());
  return std::move(*process);
}

int CommandFixture::run(const std::string& script) const {
  const int status = begin(script).wait();
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string CommandFixture::content(const std::string& name) const {
  std::ifstream in(path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void CommandFixture::write(const std::string& name, const std::string& bytes) const {
  std::ofstream(path(name), std::ios::binary) << bytes;
}

}  // namespace ropewalk::support
