#include <atomic>
#include <cstdio>
#include <memory>

#include "client/cli/commands.h"
#include "client/cli/line_reader.h"
#include "client/cli/line_record.h"
#include "client/cli/line_tally.h"
#include <ropewalk/producer.h>

namespace ropewalk::cli {
namespace {

// Told of each line by the client's I/O thread, or by the main one that reads them; both may
// outlive neither, hence shared.
class Outcome {
 public:
  explicit Outcome(bool print_offsets) : print_offsets_(print_offsets) {}

  void delivered(std::uint64_t line, const Delivered& where) {
    if (!print_offsets_) return;
    auto printed = print(fmt::format("{} {} {}\n", line, where.partition.partition, where.offset));
    if (!printed) output_failed_.store(true, std::memory_order_relaxed);
  }
  // The first few go to stderr, the rest is counted.
  void failed(std::uint64_t line, const Error& error) {
    if (tally_.failed(line, error)) fmt::print(stderr, "line {}: {}\n", line, error);
  }

  std::uint64_t failures() const { return tally_.failures(); }
  Result<void> result(std::uint64_t lines) const {
    TRY_VOID(tally_.result(lines));
    if (output_failed_.load()) return fail(Errc::io_error, "writing offsets to stdout");
    return {};
  }

 private:
  const bool print_offsets_;
  LineTally tally_;
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
  TRY(LineReader reader, LineReader::open(command.file, command.delimiter));
  const auto outcome = std::make_shared<Outcome>(command.print_offsets);
  Producer producer(client, {.acks = command.acks,
                             .idempotent = command.acks == Acks::all,
                             .compression = command.compression,
                             .compression_level = command.compression_level});
  std::uint64_t lines = 0;
  auto line = reader.next();
  for (; line && *line; line = reader.next())
    send_line(producer, command, ++lines, **line, outcome);
  TRY_VOID(producer.flush());
  TRY_VOID(producer.close());
  if (!line)
    return within(fmt::format("after {} lines, of which {} failed", lines, outcome->failures()),
                  std::move(line).error());
  return outcome->result(lines);
}

}  // namespace ropewalk::cli
