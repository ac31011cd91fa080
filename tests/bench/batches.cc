#include "tests/bench/batches.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "common/records/batch_builder.h"
#include "common/records/batch_validator.h"
#include "common/records/crc32c.h"
#include "tests/bench/must.h"

namespace ropewalk::bench {
namespace {

double cpu_now() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::string line_of(std::minstd_rand& random, std::size_t bytes) {
  constexpr const char* kWords[] = {"delayed", "boarding", "landed", "scheduled", "cancelled"};
  std::string line;
  while (line.size() < bytes)
    line += fmt::format(R"({{"flight":"XY{}","seat":{},"state":"{}","at":{}}},)", random() % 10'000,
                        random() % 300, kWords[random() % 5], 1'796'000'000 + random() % 1'000'000);
  line.resize(bytes);
  return line;
}

}  // namespace

SharedBytes build_batch(std::int64_t records, std::int64_t bytes, Codec codec) {
  BatchBuilder builder(static_cast<std::size_t>(records * (bytes + 16)));
  std::minstd_rand random(7);
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  for (std::int64_t i = 0; i < records; i++) {
    const std::string value = line_of(random, static_cast<std::size_t>(bytes));
    builder.append({.timestamp = now, .key = {}, .value = as_bytes(value)});
  }
  return must(builder.finish(codec));
}

Codec codec_of(const Arguments& arguments) {
  return must(codec_named(arguments.text("codec", "none")));
}

Figures raw_walk(const Arguments& arguments) {
  const auto records = arguments.number("records");
  const auto bytes = arguments.number("bytes");
  const SharedBytes batch = build_batch(records, bytes, codec_of(arguments));
  const double payload = static_cast<double>(records * bytes);
  const auto rounds = static_cast<int>(2e8 / payload);
  const double begin = cpu_now();
  for (int i = 0; i < rounds; i++) {
    const auto header = check_batch(batch.span(), BatchLimits{});
    if (!header) must(Result<void>(std::unexpected(header.error().error)));
    const auto seen = check_records(batch.span(), *header, BatchLimits{});
    if (!seen) must(Result<void>(std::unexpected(seen.error().error)));
  }
  const double spent = cpu_now() - begin;
  return {{"walk_cpu_s_gb", spent / (payload * rounds / 1e9)},
          {"packed_share", static_cast<double>(batch.size()) / payload},
          {"batch_bytes", static_cast<double>(batch.size())}};
}

Figures raw_scan(const Arguments& arguments) {
  const int file = open(arguments.text("file").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) must(Result<void>(fail(Errc::not_found, "{}", arguments.text("file"))));
  std::vector<std::byte> piece(1 << 20);
  const double cpu = cpu_now();
  const auto begin = std::chrono::steady_clock::now();
  off_t at = arguments.number("from", 0);
  std::uint32_t sum = 0;
  for (ssize_t got; (got = pread(file, piece.data(), piece.size(), at)) > 0; at += got)
    sum ^= crc32c(ByteSpan(piece).first(static_cast<std::size_t>(got)));
  close(file);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  return {{"seconds", took.count()},
          {"cpu_seconds", cpu_now() - cpu},
          {"checksum", static_cast<double>(sum)}};
}

}  // namespace ropewalk::bench
