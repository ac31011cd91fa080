// What the verbs of `ropewalk bench` have in common.
#pragma once

#include <string>

#include "client/cli/bench/bench_options.h"
#include "client/cli/bench/bench_report.h"
#include "client/cli/bench/bench_tally.h"
#include <ropewalk/client.h>
#include <ropewalk/producer.h>

namespace ropewalk::cli {

// Makes the topic if that is wanted. Errors: those of the Admin; a topic that is not there.
Result<void> prepare_topic(Client& client, const BenchLoad& load);

// Where a record is given up only after the timeout, and says so itself.
ProducerOptions producer_options(const BenchLoad& load);

// Values of one size: random letters, of which a codec makes about six tenths. The same in each
// run.
class Payloads {
 public:
  explicit Payloads(std::size_t record_bytes);
  std::string value(std::uint64_t number) const;

 private:
  std::size_t record_bytes_;
  std::string letters_;
};

// Processor time since it was made.
class CpuMeter {
 public:
  CpuMeter();
  std::chrono::microseconds used() const;

 private:
  std::chrono::microseconds start_;
};

// Prints it; gives back its error, with what was being done.
Result<void> finish(const BenchReport& report, bool json);

}  // namespace ropewalk::cli
