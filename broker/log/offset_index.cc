#include "broker/log/offset_index.h"

#include <algorithm>
#include <limits>

#include "broker/log/checked_file.h"
#include "broker/log/segment_header.h"

namespace ropewalk::log {
namespace {

constexpr std::string_view kIndexMagic = "RWINDEX1";
constexpr std::uint32_t kIndexVersion = 1;
constexpr std::size_t kIndexHeadBytes = Uuid::kSize + 4 * 8;
constexpr std::size_t kIndexEntryBytes = 16;
constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();

template <class Before>
std::optional<IndexEntry> last_where(std::span<const IndexEntry> entries, Before before) {
  const auto behind = std::ranges::partition_point(entries, before);
  if (behind == entries.begin()) return std::nullopt;
  return *(behind - 1);
}

}  // namespace

std::optional<IndexEntry> IndexView::at_or_before_delta(std::uint32_t offset_delta) const {
  return last_where(entries(), [&](const IndexEntry& e) { return e.offset_delta <= offset_delta; });
}
std::optional<IndexEntry> IndexView::at_or_before_position(std::uint64_t position) const {
  return last_where(entries(), [&](const IndexEntry& e) { return e.position <= position; });
}
std::optional<IndexEntry> IndexView::before_timestamp(std::int64_t timestamp) const {
  return last_where(entries(),
                    [&](const IndexEntry& e) { return e.max_timestamp_before < timestamp; });
}

void OffsetIndex::add(std::uint64_t offset_delta, std::uint64_t position,
                      std::int64_t max_timestamp) {
  const std::uint64_t last =
      count_ == 0 ? kSegmentHeaderBytes : entries_.get()[count_ - 1].position;
  // What 32 bits cannot say is found by reading on from the last entry.
  if (position >= last + interval_ && offset_delta <= kMax32 && position <= kMax32)
    push({static_cast<std::uint32_t>(offset_delta), static_cast<std::uint32_t>(position),
          max_timestamp_});
  max_timestamp_ = std::max(max_timestamp_, max_timestamp);
}

void OffsetIndex::truncate(std::uint64_t position, std::int64_t max_timestamp) {
  const IndexView old = view();
  entries_.reset();
  count_ = capacity_ = 0;
  for (const IndexEntry& entry : old.entries())
    if (entry.position < position) push(entry);
  max_timestamp_ = max_timestamp;
}

void OffsetIndex::push(IndexEntry entry) {
  if (count_ == capacity_) {
    // Snapshots keep the old array.
    capacity_ = std::max<std::size_t>(16, capacity_ * 2);
    std::shared_ptr<IndexEntry[]> larger(new IndexEntry[capacity_]);
    std::copy_n(entries_.get(), count_, larger.get());
    entries_ = std::move(larger);
  }
  entries_.get()[count_++] = entry;
}

std::string StoredIndex::encode(SegmentId segment, std::uint64_t file_bytes, Offset end_offset,
                                const IndexView& index, std::int64_t max_timestamp) {
  std::string content(kIndexHeadBytes + index.entries().size() * kIndexEntryBytes, '\0');
  auto* at = reinterpret_cast<std::byte*>(content.data());
  std::memcpy(at, segment.bytes.data(), Uuid::kSize);
  store_be(at + 16, file_bytes);
  store_be(at + 24, end_offset.value());
  store_be(at + 32, max_timestamp);
  store_be(at + 40, std::uint64_t{index.entries().size()});
  at += kIndexHeadBytes;
  for (const IndexEntry& entry : index.entries()) {
    store_be(at, entry.offset_delta);
    store_be(at + 4, entry.position);
    store_be(at + 8, entry.max_timestamp_before);
    at += kIndexEntryBytes;
  }
  return seal_content(kIndexMagic, kIndexVersion, content);
}

Result<StoredIndex> StoredIndex::decode(ByteSpan bytes, SegmentId segment, std::uint64_t file_bytes,
                                        std::uint32_t interval_bytes) {
  TRY(const auto opened, open_content(kIndexMagic, kIndexVersion, as_text(bytes)));
  const ByteSpan content = as_bytes(opened.content);
  if (content.size() < kIndexHeadBytes) return fail(Errc::corrupt, "an index without a head");
  const std::byte* at = content.data();
  const auto count = load_be<std::uint64_t>(at + 40);
  if (std::memcmp(at, segment.bytes.data(), Uuid::kSize) != 0 ||
      load_be<std::uint64_t>(at + 16) != file_bytes)
    return fail(Errc::corrupt, "the index of another segment or length");
  if (count != (content.size() - kIndexHeadBytes) / kIndexEntryBytes ||
      content.size() != kIndexHeadBytes + count * kIndexEntryBytes)
    return fail(Errc::corrupt, "an index of {} entries in {} bytes", count, content.size());
  StoredIndex stored{segment, file_bytes, Offset(load_be<std::int64_t>(at + 24)),
                     OffsetIndex(interval_bytes)};
  stored.index.max_timestamp_ = load_be<std::int64_t>(at + 32);
  for (at += kIndexHeadBytes; stored.index.count_ < count; at += kIndexEntryBytes)
    stored.index.push({load_be<std::uint32_t>(at), load_be<std::uint32_t>(at + 4),
                       load_be<std::int64_t>(at + 8)});
  return stored;
}

}  // namespace ropewalk::log
