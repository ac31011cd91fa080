#include <atomic>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>

#include "client/cli/commands.h"
#include "client/cli/line_record.h"
#include <ropewalk/producer.h>

namespace ropewalk::cli {
namespace {

// What became of the lines. Deliveries report on the client's I/O thread, the reader of lines on
// the main one; both may outlive neither, hence shared.
class Outcome {
 public:
  explicit Outcome(bool print_offsets) : print_offsets_(print_offsets) {}

  void delivered(std::uint64_t line, const Delivered& where) {
    acknowledged_.fetch_add(1, std::memory_order_relaxed);
    if (!print_offsets_) return;
    auto printed = print(fmt::format("{} {} {}\n", line, where.partition.partition, where.offset));
    if (!printed) output_failed_.store(true, std::memory_order_relaxed);
  }

  // The first few go to stderr, the rest is counted.
  void failed(std::uint64_t line, const Error& error) {
    if (failed_.fetch_add(1, std::memory_order_relaxed) < kShown)
      fmt::print(stderr, "line {}: {}\n", line, error);
  }

  Result<void> result() const {
    const std::uint64_t failed = failed_.load();
    if (failed > 0)
      return fail(Errc::unknown_server_error, "{} lines acknowledged, {} lines failed",
                  acknowledged_.load(), failed);
    if (output_failed_.load()) return fail(Errc::io_error, "writing offsets to stdout");
    return {};
  }

 private:
  static constexpr std::uint64_t kShown = 10;
  const bool print_offsets_;
  std::atomic<std::uint64_t> acknowledged_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<bool> output_failed_{false};
};

void send_line(Producer& producer, const Produce& command, std::uint64_t number,
               std::string_view line, const std::shared_ptr<Outcome>& outcome) {
  auto record = record_of_line(command, line);
  if (!record) return outcome->failed(number, record.error());
  producer.send(std::move(*record)).then([outcome, number](const Result<Delivered>& delivered) {
    if (delivered) {
      outcome->delivered(number, *delivered);
    } else {
      outcome->failed(number, delivered.error());
    }
  });
}

}  // namespace

Result<void> run(Client& client, const Produce& command) {
  std::ifstream file;
  if (!command.file.empty()) {
    file.open(command.file, std::ios::binary);
    if (!file)
      return fail(Errc::not_found, "opening {}: {}", command.file,
                  std::generic_category().message(errno));
  }
  std::istream& in = command.file.empty() ? std::cin : file;

  const auto outcome = std::make_shared<Outcome>(command.print_offsets);
  Producer producer(client, {.acks = command.acks,
                             .idempotent = command.acks == Acks::all,
                             .compression = command.compression});
  std::string line;
  for (std::uint64_t number = 1; std::getline(in, line); number++)
    send_line(producer, command, number, line, outcome);
  if (in.bad())
    outcome->failed(
        0, Error{Errc::io_error, fmt::format("reading {}", command.file.empty() ? "standard input"
                                                                                : command.file)});
  TRY_VOID(producer.flush());
  TRY_VOID(producer.close());
  return outcome->result();
}

}  // namespace ropewalk::cli
