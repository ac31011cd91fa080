// What one codec gave back goes through another and comes back the same.
#include "common/records/compression.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

constexpr std::size_t kLimit = 1 << 20;

void there_and_back(Codec codec, ByteSpan plain) {
  std::vector<std::byte> small;
  ENSURE(compress(codec, plain, small).has_value(), "{} takes everything", to_string(codec));
  std::vector<std::byte> back;
  const auto done = decompress(codec, small, plain.size(), back);
  ENSURE(done && std::ranges::equal(back, plain), "{}: {}", to_string(codec),
         done ? "other bytes" : to_string(done.error()));
}

}  // namespace

std::vector<Seed> seeds() {
  std::vector<Seed> all;
  for (int from = 0; from < 5; from++) {
    std::vector<std::byte> out;
    const std::string plain = "abcabcabcabcabcabc " + std::string(300, 'z') + " 0123456789";
    ENSURE(compress(static_cast<Codec>(from), as_bytes(plain), out).has_value(), "no codec");
    all.push_back({fmt::format("from_{}", from),
                   std::string{static_cast<char>(from), static_cast<char>(4 - from)} +
                       std::string(as_text(out))});
  }
  return all;
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const auto from = static_cast<Codec>(input.byte() % 5);
  const auto to = static_cast<Codec>(input.byte() % 5);
  there_and_back(to, as_bytes(input.rest()));
  std::vector<std::byte> plain;
  if (decompress(from, as_bytes(input.rest()), kLimit, plain)) there_and_back(to, plain);
  return 0;
}
