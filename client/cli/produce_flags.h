// The command line of `ropewalk produce`, for options.cc alone: it sees CLI11.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "client/cli/options.h"

namespace ropewalk::cli {

// How records travel: of all commands that send some.
class SendFlags {
 public:
  void define(CLI::App& command);
  Result<void> check();

  // After check():
  Acks acks = Acks::all;
  Compression compression = Compression::none;
  std::optional<int> compression_level;

 private:
  std::string acks_ = "all";
  std::string compression_ = "none";
  std::optional<std::int64_t> level_;
};

class ProduceFlags {
 public:
  void define(CLI::App& app);
  // Once it has been parsed. Errors: invalid_request, with the option's name in front.
  Result<Produce> checked();

 private:
  void define_input(CLI::App& command);
  void define_json_fields(CLI::App& command);
  Result<void> check_input();
  Result<void> check_excluded(const CLI::App& command) const;

  CLI::App* command_ = nullptr;
  SendFlags send_;
  Produce produce_;
  bool whole_ = false;
  std::string format_ = "text";
  std::string delimiter_ = "\\n";
  std::string key_separator_;
  std::vector<std::string> headers_;
  std::optional<std::int64_t> partition_;
};

}  // namespace ropewalk::cli
