// A broker of its own, and scripts that use the command `ropewalk` with it, as people do.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/broker_process.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::support {

class CommandFixture : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;  // Keeps the folder of a test that failed, and says where.

  // Begins a script of bash in the test's folder, in which rw is the command and a failure of any
  // part fails the whole. What it prints on stderr goes to the end of the file "stderr".
  Process begin(const std::string& script) const;
  // Its exit status.
  int run(const std::string& script) const;

  std::string path(const std::string& name) const { return directory_.file(name); }
  std::string content(const std::string& name) const;
  void write(const std::string& name, const std::string& bytes) const;

  TemporaryDirectory directory_{"command"};
  std::unique_ptr<BrokerProcess> broker_;
};

}  // namespace ropewalk::support
