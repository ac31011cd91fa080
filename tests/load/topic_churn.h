// What goes on beside the load: topics that come and go, settings that change, records that are
// deleted, monitors that look.
#pragma once

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "tests/load/topic_load.h"

namespace ropewalk::load {

class TopicChurn {
 public:
  // Changes the settings of `topics` and deletes of their records.
  TopicChurn(std::vector<std::string> topics, std::string broker, std::uint16_t admin_port,
             Verdict& verdict);
  ~TopicChurn();

 private:
  void churn();
  Result<void> turn(int round);
  Result<void> come_and_go(int round);
  Result<void> change_settings(Admin& admin, int round);
  Result<void> delete_records(Admin& admin, int round);
  Result<void> look(Admin& admin);

  const std::vector<std::string> topics_;
  const std::string broker_;
  const std::uint16_t admin_port_;
  Verdict& verdict_;
  std::thread thread_;
};

}  // namespace ropewalk::load
