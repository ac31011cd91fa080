#include <array>
#include <cstring>

#include <snappy.h>

#include "common/records/codecs.h"

namespace ropewalk {
namespace {

// snappy-java's stream: magic, version and the least version that can read it (both int32 1), then
// blocks, each with its length in front. Big-endian.
constexpr std::array<unsigned char, 16> kHeader{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0,
                                                0,    0,   0,   1,   0,   0,   0,   1};
constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kLengthBytes = 4;
constexpr std::size_t kBlockBytes = 32 << 10;

const char* chars(const std::byte* bytes) { return reinterpret_cast<const char*>(bytes); }

// One bare block: its own head says how much it holds.
Result<void> uncompress_block(ByteSpan block, DecompressedOutput& output) {
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(chars(block.data()), block.size(), &size))
    return fail(Errc::corrupt_message, "a snappy block without a length");
  TRY_VOID(output.reserve(size));
  if (!snappy::RawUncompress(chars(block.data()), block.size(),
                             reinterpret_cast<char*>(output.free_at())))
    return fail(Errc::corrupt_message, "damaged snappy block");
  return output.wrote(size);
}

}  // namespace

Result<void> snappy_compress(ByteSpan in, std::vector<std::byte>& out) {
  const ByteSpan header = std::as_bytes(std::span(kHeader));
  out.insert(out.end(), header.begin(), header.end());
  do {
    const ByteSpan block = in.first(std::min(in.size(), kBlockBytes));
    in = in.subspan(block.size());
    const std::size_t at = out.size();
    out.resize(at + kLengthBytes + snappy::MaxCompressedLength(block.size()));
    std::size_t size = 0;
    snappy::RawCompress(chars(block.data()), block.size(),
                        reinterpret_cast<char*>(out.data() + at + kLengthBytes), &size);
    store_be(out.data() + at, static_cast<std::uint32_t>(size));
    out.resize(at + kLengthBytes + size);
  } while (!in.empty());
  return {};
}

Result<void> snappy_decompress(ByteSpan in, std::size_t limit, std::vector<std::byte>& out) {
  DecompressedOutput output(out, limit, in.size());
  const bool framed = std::memcmp(in.data(), kHeader.data(), std::min(in.size(), kMagicBytes)) == 0;
  if (!framed) return uncompress_block(in, output);
  if (in.size() <= kHeader.size()) return fail(Errc::corrupt_message, "truncated snappy stream");
  in = in.subspan(kHeader.size());
  while (!in.empty()) {
    if (in.size() < kLengthBytes) return fail(Errc::corrupt_message, "truncated snappy stream");
    const auto size = load_be<std::uint32_t>(in.data());
    in = in.subspan(kLengthBytes);
    if (size > in.size())
      return fail(Errc::corrupt_message, "a snappy block of {} bytes, there are {}", size,
                  in.size());
    TRY_VOID(uncompress_block(in.first(size), output));
    in = in.subspan(size);
  }
  return {};
}

}  // namespace ropewalk
