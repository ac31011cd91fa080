// Each codec's decompression, under limits of all kinds.
#include "common/records/compression.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

constexpr std::size_t kLimits[] = {0, 1, 100, 65'536, 1 << 20};
constexpr Codec kCodecs[] = {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd, Codec::none};

struct Outcome {
  Errc code = Errc::none;
  std::vector<std::byte> bytes;
};

Outcome run(Codec codec, ByteSpan in, std::size_t limit) {
  Outcome outcome;
  outcome.bytes.resize(3);  // What is there stays.
  const auto done = decompress(codec, in, limit, outcome.bytes);
  if (!done) outcome.code = done.error().code;
  ENSURE(outcome.bytes.size() >= 3 && outcome.bytes.size() - 3 <= limit,
         "{} bytes, the limit is {}", outcome.bytes.size() - 3, limit);
  return outcome;
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (std::size_t i = 0; i < std::size(kCodecs); i++) {
    const std::string head{static_cast<char>(i), 3};
    std::string noise = "the same words and the same words and 0123456789";
    for (const auto& [name, plain] :
         {Seed{"text", noise}, Seed{"nothing", ""}, Seed{"zeros", std::string(40'000, '\0')}}) {
      if (kCodecs[i] == Codec::none && plain.size() > 1000) continue;
      std::vector<std::byte> out;
      ENSURE(compress(kCodecs[i], as_bytes(plain), out).has_value(), "no codec");
      all.push_back(
          {fmt::format("{}_{}", to_string(kCodecs[i]), name), head + std::string(as_text(out))});
    }
  }
  all.push_back({"snappy_bare", std::string("\x01\x03\x05\x10hello", 9)});
  return all;
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const Codec codec = kCodecs[input.byte() % std::size(kCodecs)];
  const std::size_t limit = kLimits[input.byte() % std::size(kLimits)];
  const ByteSpan in = as_bytes(input.rest());
  const Outcome first = run(codec, in, limit);
  const Outcome again = run(codec, in, limit);  // The contexts are kept: nothing is left over.
  ENSURE(first.code == again.code && first.bytes == again.bytes, "another outcome");
  if (first.code != Errc::none) return 0;
  const Outcome exact = run(codec, in, first.bytes.size() - 3);
  ENSURE(exact.code == Errc::none && exact.bytes == first.bytes, "exactly full is not too much");
  return 0;
}
