#include "common/records/compression.h"

#include <algorithm>
#include <bit>
#include <memory>

#include <lz4frame.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "common/records/codecs.h"

namespace ropewalk {
namespace {

constexpr int kZstdLevel = 3;
// Frames of up to level 19 have windows of at most 8 MiB. A frame may ask for more only where the
// output may be as large, and never for more than Kafka's clients take (zstd's own default).
constexpr int kZstdWindowLogSure = 23;
constexpr int kZstdWindowLogMax = 27;
// "Version, flags": the byte behind an lz4 frame's magic. Its lowest bit: a dictionary's id
// follows.
constexpr std::size_t kLz4FlagsAt = 4;
constexpr std::byte kLz4DictionaryBit{1};

struct FreeZstdC {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeZstdD {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
struct FreeLz4D {
  void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
};

// Contexts cost more to make than a small batch does to compress, so each thread keeps its own.
ZSTD_CCtx& zstd_compressor() {
  thread_local const std::unique_ptr<ZSTD_CCtx, FreeZstdC> context(ZSTD_createCCtx());
  ENSURE(context, "no memory for a zstd context");
  return *context;
}
ZSTD_DCtx& zstd_decompressor() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeZstdD> context(ZSTD_createDCtx());
  ENSURE(context, "no memory for a zstd context");
  return *context;
}
LZ4F_dctx& lz4_decompressor() {
  thread_local const std::unique_ptr<LZ4F_dctx, FreeLz4D> context([] {
    LZ4F_dctx* made = nullptr;
    LZ4F_createDecompressionContext(&made, LZ4F_VERSION);
    return made;
  }());
  ENSURE(context, "no memory for an lz4 context");
  return *context;
}

Result<void> lz4_compress(ByteSpan in, std::vector<std::byte>& out, std::optional<int> level) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.compressionLevel = level.value_or(0);
  const std::size_t start = out.size();
  out.resize(start + LZ4F_compressFrameBound(in.size(), &preferences));
  const std::size_t written = LZ4F_compressFrame(out.data() + start, out.size() - start, in.data(),
                                                 in.size(), &preferences);
  ENSURE(!LZ4F_isError(written), "lz4: {}", LZ4F_getErrorName(written));
  out.resize(start + written);
  return {};
}

Result<void> zstd_compress(ByteSpan in, std::vector<std::byte>& out, std::optional<int> level) {
  const std::size_t start = out.size();
  out.resize(start + ZSTD_compressBound(in.size()));
  const std::size_t written =
      ZSTD_compressCCtx(&zstd_compressor(), out.data() + start, out.size() - start, in.data(),
                        in.size(), level.value_or(kZstdLevel));
  ENSURE(!ZSTD_isError(written), "zstd: {}", ZSTD_getErrorName(written));
  out.resize(start + written);
  return {};
}

Result<void> lz4_decompress(ByteSpan in, std::size_t limit, std::vector<std::byte>& out) {
  LZ4F_dctx& context = lz4_decompressor();
  LZ4F_resetDecompressionContext(&context);
  LZ4F_frameInfo_t info{};
  std::size_t header_bytes = in.size();
  std::size_t hint = LZ4F_getFrameInfo(&context, &info, in.data(), &header_bytes);
  if (LZ4F_isError(hint))
    return fail(Errc::corrupt_message, "no lz4 frame: {}", LZ4F_getErrorName(hint));
  if (info.frameType != LZ4F_frame)
    return fail(Errc::corrupt_message, "a skippable lz4 frame; not every client steps over it");
  if ((in[kLz4FlagsAt] & kLz4DictionaryBit) != std::byte{0})
    return fail(Errc::corrupt_message, "an lz4 frame that names a dictionary; no client has it");
  if (info.blockMode != LZ4F_blockIndependent)
    return fail(Errc::corrupt_message,
                "lz4 frame of dependent blocks; only independent ones are "
                "readable for every client");
  in = in.subspan(header_bytes);

  DecompressedOutput output(out, limit, in.size());
  while (hint != 0) {
    std::size_t written = output.free_bytes();
    std::size_t taken = in.size();
    hint = LZ4F_decompress(&context, output.free_at(), &written, in.data(), &taken, nullptr);
    if (LZ4F_isError(hint))
      return fail(Errc::corrupt_message, "damaged lz4 frame: {}", LZ4F_getErrorName(hint));
    in = in.subspan(taken);
    TRY_VOID(output.wrote(written));
    if (hint != 0 && taken == 0 && written == 0)
      return fail(Errc::corrupt_message, "truncated lz4 frame");
  }
  if (!in.empty()) return fail(Errc::corrupt_message, "{} bytes behind the lz4 frame", in.size());
  return {};
}

Result<void> zstd_decompress(ByteSpan in, std::size_t limit, std::vector<std::byte>& out) {
  ZSTD_DCtx& context = zstd_decompressor();
  ZSTD_DCtx_reset(&context, ZSTD_reset_session_only);
  const int window_log =
      std::clamp(static_cast<int>(std::bit_width(limit)), kZstdWindowLogSure, kZstdWindowLogMax);
  ZSTD_DCtx_setParameter(&context, ZSTD_d_windowLogMax, window_log);

  DecompressedOutput output(out, limit, in.size());
  ZSTD_inBuffer source{in.data(), in.size(), 0};
  std::size_t left = 1;  // Zero once a frame is complete; another one may follow it.
  while (source.pos < source.size || left != 0) {
    ZSTD_outBuffer target{output.free_at(), output.free_bytes(), 0};
    const std::size_t before = source.pos;
    left = ZSTD_decompressStream(&context, &target, &source);
    if (ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge)
      return fail(Errc::message_too_large, "a zstd frame with a window of more than {} bytes",
                  std::uint64_t{1} << window_log);
    if (ZSTD_isError(left))
      return fail(Errc::corrupt_message, "damaged zstd frame: {}", ZSTD_getErrorName(left));
    TRY_VOID(output.wrote(target.pos));
    if (left != 0 && target.pos == 0 && source.pos == before)
      return fail(Errc::corrupt_message, "truncated zstd frame");
  }
  return {};
}

}  // namespace

std::string_view to_string(Codec codec) {
  switch (codec) {
    case Codec::none:
      return "none";
    case Codec::gzip:
      return "gzip";
    case Codec::snappy:
      return "snappy";
    case Codec::lz4:
      return "lz4";
    case Codec::zstd:
      return "zstd";
  }
  return "unknown";
}

Result<Codec> codec_of(int number) {
  if (number < 0 || number > static_cast<int>(Codec::zstd))
    return fail(Errc::unsupported_compression_type, "compression codec {}; accepted: {}", number,
                kAcceptedCodecs);
  return static_cast<Codec>(number);
}

Result<Codec> codec_named(std::string_view name) {
  for (const Codec codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    if (to_string(codec) == name) return codec;
  }
  return fail(Errc::unsupported_compression_type, "compression codec \"{}\"; accepted: {}", name,
              kAcceptedCodecs);
}

std::optional<CodecLevels> levels_of(Codec codec) {
  switch (codec) {
    case Codec::gzip:
      return CodecLevels{1, 9};
    case Codec::lz4:
      return CodecLevels{1, LZ4F_compressionLevel_max()};
    case Codec::zstd:
      return CodecLevels{ZSTD_minCLevel(), ZSTD_maxCLevel()};
    default:
      return std::nullopt;
  }
}

Result<void> check_level(Codec codec, std::int64_t level) {
  const auto levels = levels_of(codec);
  if (!levels) return fail(Errc::invalid_request, "{} has no levels", to_string(codec));
  if (level < levels->least || level > levels->most)
    return fail(Errc::invalid_request, "{} has levels from {} to {}, not {}", to_string(codec),
                levels->least, levels->most, level);
  return {};
}

Result<void> compress(Codec codec, ByteSpan in, std::vector<std::byte>& out,
                      std::optional<int> level) {
  switch (codec) {
    case Codec::none:
      out.insert(out.end(), in.begin(), in.end());
      return {};
    case Codec::gzip:
      return gzip_compress(in, out, level);
    case Codec::snappy:
      return snappy_compress(in, out);
    case Codec::lz4:
      return lz4_compress(in, out, level);
    case Codec::zstd:
      return zstd_compress(in, out, level);
  }
  return std::unexpected(codec_of(static_cast<int>(codec)).error());
}

Result<void> decompress(Codec codec, ByteSpan in, std::size_t limit, std::vector<std::byte>& out) {
  switch (codec) {
    case Codec::none:
      if (in.size() > limit)
        return fail(Errc::message_too_large, "records of {} bytes, more than {}", in.size(), limit);
      out.insert(out.end(), in.begin(), in.end());
      return {};
    case Codec::gzip:
      return gzip_decompress(in, limit, out);
    case Codec::snappy:
      return snappy_decompress(in, limit, out);
    case Codec::lz4:
      return lz4_decompress(in, limit, out);
    case Codec::zstd:
      return zstd_decompress(in, limit, out);
  }
  return std::unexpected(codec_of(static_cast<int>(codec)).error());
}

}  // namespace ropewalk
