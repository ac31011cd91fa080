// The command line of what operators do with leaders and replicas, for options.cc alone: it sees
// CLI11.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/options.h"

namespace ropewalk::cli {

class OperateFlags {
 public:
  void define_below_topic(CLI::App& topic);
  void define_below_cluster(CLI::App& cluster);
  // Whether one of these commands was given.
  bool is_asked() const;
  // Once it has been parsed. Pre: is_asked(). Errors: invalid_request, with the option's name in
  // front.
  Result<Command> checked();

 private:
  void define_reassign(CLI::App& cluster);
  void define_drain(CLI::App& cluster);
  void define_upgrade(CLI::App& cluster);
  void define_consent(CLI::App& command);
  Result<Command> checked_elect();
  Result<Command> checked_reassign();
  Result<Command> checked_drain();
  std::optional<std::int32_t> partition() const;

  CLI::App* elect_ = nullptr;
  CLI::App* balance_ = nullptr;
  CLI::App* reassign_ = nullptr;
  CLI::App* drain_ = nullptr;
  CLI::App* unregister_ = nullptr;
  CLI::App* features_ = nullptr;
  CLI::App* upgrade_ = nullptr;

  std::string topic_;
  std::vector<std::string> partitions_;
  std::optional<std::int64_t> partition_;
  std::optional<std::int64_t> broker_;
  std::string feature_ = UpgradeCluster().feature;
  std::optional<std::int64_t> level_;
  std::string file_;
  std::string replicas_;
  bool all_ = false;
  bool unclean_ = false;
  bool status_ = false;
  bool cancel_ = false;
  bool end_ = false;
  bool wait_ = false;
  bool json_ = false;
  Consent consent_;
};

}  // namespace ropewalk::cli
