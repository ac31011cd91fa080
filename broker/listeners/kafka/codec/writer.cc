#include "broker/listeners/kafka/codec/writer.h"

#include <cstring>
#include <limits>
#include <memory>

#include <fmt/format.h>

namespace ropewalk::kafka {
namespace {

constexpr std::size_t kLengthBytes = sizeof(std::int32_t);
constexpr std::size_t kUsualBytes = 512;  // Most replies have no more, records aside.

}  // namespace

Writer::Writer() {
  small_.reserve(kUsualBytes);
  small_.resize(kLengthBytes);
}

Result<std::vector<env::Chunk>> Writer::finish() && {
  const std::size_t length = small_.size() - kLengthBytes + inserted_bytes_;
  field_ = "length";
  if (length > std::numeric_limits<std::int32_t>::max())
    fail(fmt::format("a frame of {} bytes", length));
  if (fault_) return ropewalk::fail(std::move(*fault_));
  store_be(small_.data(), static_cast<std::int32_t>(length));

  const SharedBytes small(std::move(small_));
  std::vector<env::Chunk> chunks;
  chunks.reserve(2 * inserts_.size() + 1);
  std::size_t at = 0;
  for (auto& insert : inserts_) {
    if (insert.at > at) chunks.emplace_back(small.slice(at, insert.at - at));
    at = insert.at;
    chunks.push_back(std::move(insert.chunk));
  }
  if (at < small.size()) chunks.emplace_back(small.slice(at, small.size() - at));
  return chunks;
}

void Writer::value(const Uuid& from, Field) {
  std::memcpy(grow(Uuid::kSize), from.bytes.data(), Uuid::kSize);
}

void Writer::value(const std::string& from, Field field) { string(from, field); }

void Writer::value(const std::optional<std::string>& from, Field field) {
  if (from || may_be_null(field)) string(from, field);
}

void Writer::value(const Records& from, Field field) {
  if (!from) {
    if (may_be_null(field)) count(std::nullopt);
    return;
  }
  count(from->size());
  if (from->empty()) return;
  inserted_bytes_ += from->size();
  inserts_.push_back({small_.size(), *from});
}

void Writer::value(const RecordChunks& from, Field field) {
  if (!from) {
    if (may_be_null(field)) count(std::nullopt);
    return;
  }
  std::size_t bytes = 0;
  for (const auto& chunk : *from) bytes += env::size_of(chunk);
  count(bytes);
  inserted_bytes_ += bytes;
  for (const auto& chunk : *from)
    if (env::size_of(chunk) > 0) inserts_.push_back({small_.size(), chunk});
}

std::byte* Writer::grow(std::size_t bytes) {
  const std::size_t at = small_.size();
  small_.resize(at + bytes);
  return small_.data() + at;
}

void Writer::unsigned_varint(std::uint32_t number) {
  for (; number >= 0x80; number >>= 7) *grow(1) = static_cast<std::byte>(number | 0x80);
  *grow(1) = static_cast<std::byte>(number);
}

void Writer::count(std::optional<std::size_t> some) {
  if (some && *some > std::numeric_limits<std::int32_t>::max())
    return fail(fmt::format("{} bytes or elements", *some));
  if (shape_.is_flexible)
    unsigned_varint(some ? static_cast<std::uint32_t>(*some) + 1 : 0);
  else
    store_be(grow(sizeof(std::int32_t)), some ? static_cast<std::int32_t>(*some) : -1);
}

void Writer::string(std::optional<std::string_view> text, Field field) {
  if (shape_.is_flexible && !field.never_compact) {
    count(text ? std::optional(text->size()) : std::nullopt);
  } else {
    if (text && text->size() > std::numeric_limits<std::int16_t>::max())
      return fail(fmt::format("a text of {} bytes", text->size()));
    const std::int32_t length = text ? static_cast<std::int32_t>(text->size()) : -1;
    store_be(grow(sizeof(std::int16_t)), static_cast<std::int16_t>(length));
  }
  if (text && !text->empty()) std::memcpy(grow(text->size()), text->data(), text->size());
}

void Writer::prefix_size(std::size_t begin) {
  std::byte prefix[5];
  std::size_t bytes = 0;
  auto size = static_cast<std::uint32_t>(small_.size() - begin);
  for (; size >= 0x80; size >>= 7) prefix[bytes++] = static_cast<std::byte>(size | 0x80);
  prefix[bytes++] = static_cast<std::byte>(size);
  small_.insert(small_.begin() + static_cast<std::ptrdiff_t>(begin), prefix, prefix + bytes);
}

bool Writer::may_be_null(Field field) {
  if (shape_.version >= field.nullable_since) return true;
  fail("null where the version has none");
  return false;
}

void Writer::fail(std::string what) {
  if (fault_) return;
  fault_ = Error{Errc::unknown_server_error,
                 fmt::format("{} {} v{}: {} cannot be written: {}", shape_.message, shape_.kind,
                             shape_.version, field_, what)};
}

}  // namespace ropewalk::kafka
