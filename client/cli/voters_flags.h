// The command line of `ropewalk cluster voters`, for options.cc alone: it sees CLI11.
#pragma once

#include <optional>

#include <CLI/CLI.hpp>

#include "client/cli/options.h"

namespace ropewalk::cli {

class VotersFlags {
 public:
  void define(CLI::App& cluster);

  bool is(const char* verb) const { return voters_->got_subcommand(verb); }
  bool given() const { return voters_->parsed(); }
  ShowVoters checked_list() const { return list_; }
  // Pre: it is none of `list`. Errors: invalid_request.
  Result<ChangeVoters> checked_change() const;

 private:
  void define_change(CLI::App& verb, const char* broker_help, const char* directory_help);

  CLI::App* voters_ = nullptr;
  ShowVoters list_;
  bool json_ = false;
  std::optional<std::int64_t> broker_;
  std::optional<std::int64_t> by_;
  std::string directory_;
};

}  // namespace ropewalk::cli
