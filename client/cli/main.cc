// The command `ropewalk`. Exit status: 0 done, 1 failed (the reason on stderr), 2 wrong usage;
// SIGINT ends it by that signal.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "client/cli/bench/bench_commands.h"
#include "client/cli/bench/interrupt_watch.h"
#include "client/cli/commands.h"
#include "client/cli/options.h"
#include "common/env/standard_streams.h"

namespace {

int run_command(const ropewalk::cli::Options& options) {
  auto client = ropewalk::Client::connect({.brokers = options.brokers});
  if (!client) {
    fmt::print(stderr, "ropewalk: {}: {}\n", fmt::join(options.brokers, ","), client.error());
    return 1;
  }
  const auto done = std::visit(
      [&](const auto& command) { return ropewalk::cli::run(*client, command); }, options.command);
  if (done) return 0;
  fmt::print(stderr, "ropewalk: {}\n", done.error());
  if (ropewalk::cli::was_interrupted()) ropewalk::cli::end_as_interrupted();
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  ropewalk::env::fill_standard_streams();
  std::signal(SIGPIPE, SIG_IGN);  // A reader of ours that goes is what write() says.
  // The only thread there is.
  const char* brokers = std::getenv("ROPEWALK_BROKERS");  // NOLINT(concurrency-mt-unsafe)
  const auto parsed = ropewalk::cli::parse_options(argc, argv, brokers == nullptr ? "" : brokers);
  if (const auto* leave = std::get_if<ropewalk::cli::Leave>(&parsed)) {
    fmt::print(leave->status == 0 ? stdout : stderr, "{}", leave->text);
    return leave->status;
  }
  return run_command(std::get<ropewalk::cli::Options>(parsed));
}
