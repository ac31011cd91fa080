#include "broker/quorum/snapshot_file.h"

#include <algorithm>
#include <charconv>

#include "common/records/crc32c.h"
#include "ropewalk/internal/quorum.pb.h"

namespace ropewalk::quorum {
namespace {

constexpr std::string_view kSnapshotMagic = "RWQSNAP1";
constexpr std::string_view kSnapshotSuffix = ".snapshot";
constexpr std::int32_t kSnapshotVersion = 1;
constexpr std::size_t kSnapshotBytesMax = std::size_t{2} << 30;
constexpr std::size_t kChunkFrameBytes = 9;
// Kinds of chunks.
constexpr char kHeaderChunk = 'H';
constexpr char kStateChunk = 'S';
constexpr char kFooterChunk = 'F';

std::uint32_t chunk_crc(char kind, std::string_view content) {
  return crc32c(as_bytes(content), crc32c(as_bytes(std::string_view(&kind, 1))));
}

void put_chunk(std::string& into, char kind, std::string_view content) {
  std::byte frame[8];
  store_be(frame, static_cast<std::uint32_t>(content.size()));
  store_be(frame + 4, chunk_crc(kind, content));
  into += as_text(frame);
  into += kind;
  into += content;
}

struct Chunk {
  char kind = 0;
  std::size_t position = 0;
  std::size_t length = 0;
};

Result<Chunk> take_chunk(std::string_view content, std::size_t& at) {
  if (content.size() - at < kChunkFrameBytes)
    return fail(Errc::corrupt, "cut short at byte {}", content.size());
  const std::byte* frame = as_bytes(content).data() + at;
  const auto length = load_be<std::uint32_t>(frame);
  const Chunk chunk{content[at + 8], at + kChunkFrameBytes, length};
  if (content.size() - chunk.position < length)
    return fail(Errc::corrupt, "cut short at byte {}", content.size());
  if (chunk_crc(chunk.kind, content.substr(chunk.position, length)) !=
      load_be<std::uint32_t>(frame + 4))
    return fail(Errc::corrupt, "the chunk at byte {} does not check", at);
  at = chunk.position + length;
  return chunk;
}

Result<SnapshotMeta> read_header(std::string_view bytes) {
  internal::SnapshotHeader header;
  if (!header.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(Errc::corrupt, "the header makes no sense");
  if (header.version() != kSnapshotVersion)
    return fail(Errc::unsupported_version, "version {}: this program knows {}", header.version(),
                kSnapshotVersion);
  SnapshotMeta meta;
  meta.last_index = Offset(header.last_index());
  meta.last_term = Term(header.last_term());
  TRY(meta.voters, decode_voters(header.voters().SerializeAsString()));
  return meta;
}

}  // namespace

SnapshotBuilder::SnapshotBuilder(const SnapshotMeta& meta) : content_(kSnapshotMagic) {
  internal::SnapshotHeader header;
  header.set_version(kSnapshotVersion);
  header.set_last_index(meta.last_index.value());
  header.set_last_term(meta.last_term.value());
  header.mutable_voters()->ParseFromString(encode_voters(meta.voters));
  put_chunk(content_, kHeaderChunk, header.SerializeAsString());
}

void SnapshotBuilder::add_chunk(std::string_view chunk) {
  ENSURE(!chunk.empty() && chunk.size() <= kChunkBytesMax, "a chunk of {} bytes", chunk.size());
  put_chunk(content_, kStateChunk, chunk);
  chunks_++;
  bytes_ += static_cast<std::int64_t>(chunk.size());
}

std::string SnapshotBuilder::finish() && {
  internal::SnapshotFooter footer;
  footer.set_chunks(chunks_);
  footer.set_bytes(bytes_);
  put_chunk(content_, kFooterChunk, footer.SerializeAsString());
  return std::move(content_);
}

Result<Snapshot> Snapshot::open(std::string content) {
  if (!content.starts_with(kSnapshotMagic)) return fail(Errc::corrupt, "this is no snapshot");
  Snapshot snapshot;
  std::size_t at = kSnapshotMagic.size();
  std::int64_t bytes = 0;
  for (bool first = true;; first = false) {
    TRY(const Chunk chunk, take_chunk(content, at));
    const auto body = std::string_view(content).substr(chunk.position, chunk.length);
    if (first != (chunk.kind == kHeaderChunk))
      return fail(Errc::corrupt, "the header is not where it belongs");
    if (first) {
      TRY(snapshot.meta_, read_header(body));
    } else if (chunk.kind == kStateChunk) {
      snapshot.chunks_.emplace_back(chunk.position, chunk.length);
      bytes += static_cast<std::int64_t>(chunk.length);
    } else {
      internal::SnapshotFooter footer;
      if (chunk.kind != kFooterChunk ||
          !footer.ParseFromArray(body.data(), static_cast<int>(body.size())) ||
          footer.chunks() != static_cast<std::int64_t>(snapshot.chunks_.size()) ||
          footer.bytes() != bytes || at != content.size())
        return fail(Errc::corrupt, "the end does not fit what stands before it");
      break;
    }
  }
  snapshot.content_ = std::move(content);
  return snapshot;
}

std::optional<ByteSpan> Snapshot::next_chunk() {
  if (next_ == chunks_.size()) return std::nullopt;
  const auto [position, length] = chunks_[next_++];
  return as_bytes(std::string_view(content_).substr(position, length));
}

std::string snapshot_name(Offset last_index) {
  return fmt::format("{:020}{}", last_index.value(), kSnapshotSuffix);
}

std::optional<Offset> snapshot_index(std::string_view name) {
  if (name.size() != 20 + kSnapshotSuffix.size() || !name.ends_with(kSnapshotSuffix))
    return std::nullopt;
  std::int64_t index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + 20, index);
  if (error != std::errc{} || end != name.data() + 20) return std::nullopt;
  return Offset(index);
}

Task<Result<std::optional<Snapshot>>> load_newest_snapshot(env::FileSystem& files) {
  CO_TRY(const auto names, co_await files.list(""));
  std::optional<Offset> newest;
  for (const auto& name : names)
    if (const auto index = snapshot_index(name)) newest = std::max(newest, index);
  if (!newest) co_return std::nullopt;
  const std::string name = snapshot_name(*newest);
  const std::string doing = fmt::format("reading the snapshot {}/{}", files.name(), name);
  auto content = co_await env::read_file(files, name, kSnapshotBytesMax);
  if (!content) co_return within(doing, std::move(content).error());
  auto snapshot = Snapshot::open(std::move(*content));
  if (!snapshot) co_return within(doing, std::move(snapshot).error());
  if (snapshot->meta().last_index != *newest)
    co_return fail(Errc::corrupt, "{}: it says that it is of entry {}", doing,
                   snapshot->meta().last_index);
  co_return std::move(*snapshot);
}

Task<Result<void>> store_snapshot(env::FileSystem& files, Offset last_index, std::string content) {
  CO_TRY_VOID(co_await env::replace_file(files, snapshot_name(last_index), std::move(content)));
  CO_TRY(const auto names, co_await files.list(""));
  for (const auto& name : names) {
    const auto index = snapshot_index(name);
    if (!index || *index >= last_index) continue;
    CO_TRY_VOID(co_await files.remove(name));
  }
  co_return Result<void>{};
}

}  // namespace ropewalk::quorum
