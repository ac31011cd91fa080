// The command line of `ropewalk bench`, for options.cc alone: it sees CLI11.
#pragma once

#include <cstdint>
#include <optional>

#include <CLI/CLI.hpp>

#include "client/cli/options.h"
#include "client/cli/produce_flags.h"
#include "client/cli/values.h"

namespace ropewalk::cli {

class BenchFlags {
 public:
  void define(CLI::App& app);

  // Which one it was, and then that. Errors: invalid_request, with the option's name in front.
  bool is(const char* verb) const { return bench_->got_subcommand(verb); }
  Result<BenchProduce> checked_produce();
  Result<BenchConsume> checked_consume();
  Result<BenchLatency> checked_latency();
  Result<BenchFailover> checked_failover();

 private:
  void define_produce();
  void define_consume();
  void define_latency();
  void define_failover();
  void define_limit(CLI::App& verb, BenchLimit& limit);
  void define_target(CLI::App& verb, BenchLoad& load, NumberRange record_bytes);
  void define_load(CLI::App& verb, BenchLoad& load, NumberRange record_bytes);
  void complete(BenchLoad& load) const;

  CLI::App* bench_ = nullptr;
  CLI::App* bench_failover_ = nullptr;
  SendFlags send_produce_;
  SendFlags send_latency_;
  BenchProduce produce_;
  BenchConsume consume_;
  BenchLatency latency_;
  BenchFailover failover_;
  std::optional<std::int64_t> count_;
  std::optional<std::int64_t> partitions_;
  std::optional<std::int64_t> rate_;
  std::optional<std::int64_t> in_flight_;
  std::optional<std::int64_t> rounds_;
  std::string victim_ = "any";
};

}  // namespace ropewalk::cli
