#include <zlib.h>

#include "common/records/codecs.h"

namespace ropewalk {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for gzip's header and trailer.
constexpr int kMemoryLevel = 8;
constexpr std::size_t kStepMax = 1 << 30;  // zlib counts in unsigned int.

// Made once a thread: 256 KiB and 40 KiB of tables.
class Deflater {
 public:
  Deflater() {
    ENSURE(deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                        Z_DEFAULT_STRATEGY) == Z_OK,
           "no memory for a gzip context");
  }
  ~Deflater() { deflateEnd(&stream_); }
  z_stream& fresh(int level) {
    deflateReset(&stream_);
    deflateParams(&stream_, level, Z_DEFAULT_STRATEGY);
    return stream_;
  }

 private:
  z_stream stream_{};
};

class Inflater {
 public:
  Inflater() {
    ENSURE(inflateInit2(&stream_, kGzipWindow) == Z_OK, "no memory for a gzip context");
  }
  ~Inflater() { inflateEnd(&stream_); }
  z_stream& fresh() {
    inflateReset(&stream_);
    return stream_;
  }

 private:
  z_stream stream_{};
};

Bytef* zlib_bytes(const std::byte* bytes) {
  // zlib reads only, but says so only when ZLIB_CONST is defined for all.
  return reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes));
}
uInt step(std::size_t bytes) { return static_cast<uInt>(std::min(bytes, kStepMax)); }

}  // namespace

Result<void> gzip_compress(ByteSpan in, std::vector<std::byte>& out, std::optional<int> level) {
  thread_local Deflater deflater;
  z_stream& stream = deflater.fresh(level.value_or(Z_DEFAULT_COMPRESSION));
  const std::size_t start = out.size();
  out.resize(start + deflateBound(&stream, in.size()));
  std::size_t taken = 0;
  std::size_t written = 0;
  for (int code = Z_OK; code != Z_STREAM_END;) {
    stream.next_in = zlib_bytes(in.data() + taken);
    const uInt offered = stream.avail_in = step(in.size() - taken);
    stream.next_out = zlib_bytes(out.data() + start + written);
    const uInt room = stream.avail_out = step(out.size() - start - written);
    code = deflate(&stream, offered == in.size() - taken ? Z_FINISH : Z_NO_FLUSH);
    ENSURE(code == Z_OK || code == Z_STREAM_END, "deflate: {}", code);
    taken += offered - stream.avail_in;
    written += room - stream.avail_out;
  }
  out.resize(start + written);
  return {};
}

Result<void> gzip_decompress(ByteSpan in, std::size_t limit, std::vector<std::byte>& out) {
  thread_local Inflater inflater;
  z_stream& stream = inflater.fresh();
  DecompressedOutput output(out, limit, in.size());
  for (;;) {
    stream.next_in = zlib_bytes(in.data());
    const uInt offered = stream.avail_in = step(in.size());
    stream.next_out = zlib_bytes(output.free_at());
    const uInt room = stream.avail_out = step(output.free_bytes());
    const int code = inflate(&stream, Z_NO_FLUSH);
    const std::size_t taken = offered - stream.avail_in;
    const std::size_t written = room - stream.avail_out;
    in = in.subspan(taken);
    TRY_VOID(output.wrote(written));
    if (code == Z_STREAM_END) {
      if (in.empty()) return {};
      inflateReset(&stream);  // Another member.
      continue;
    }
    if (code != Z_OK && code != Z_BUF_ERROR)
      return fail(Errc::corrupt_message, "damaged gzip stream: {}",
                  stream.msg != nullptr ? stream.msg : "it needs a dictionary");
    if (taken == 0 && written == 0) return fail(Errc::corrupt_message, "truncated gzip stream");
  }
}

}  // namespace ropewalk
