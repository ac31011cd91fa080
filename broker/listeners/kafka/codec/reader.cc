#include "broker/listeners/kafka/codec/reader.h"

#include <cstring>

#include <fmt/format.h>

namespace ropewalk::kafka {

Result<void> Reader::result() const {
  if (fault_) return ropewalk::fail(*fault_);
  return {};
}

Result<void> Reader::end() {
  field_ = "end";
  if (at_ < end_) fail(fmt::format("{} more bytes", end_ - at_));
  return result();
}

void Reader::value(Uuid& into, Field) {
  const std::byte* const from = take(Uuid::kSize);
  if (from != nullptr) std::memcpy(into.bytes.data(), from, Uuid::kSize);
}

void Reader::value(std::string& into, Field field) {
  const auto length = string_length(field, false);
  if (!length) return;
  const std::byte* const from = take(*length);
  if (from != nullptr) into.assign(reinterpret_cast<const char*>(from), *length);
}

void Reader::value(std::optional<std::string>& into, Field field) {
  into.reset();
  const auto length = string_length(field, is_nullable(field));
  if (!length) return;
  const std::byte* const from = take(*length);
  if (from != nullptr) into.emplace(reinterpret_cast<const char*>(from), *length);
}

void Reader::value(Records& into, Field field) {
  into.reset();
  const auto length = count(1, is_nullable(field));
  if (!length) return;
  into = frame_.slice(at_, *length);
  at_ += *length;
}

void Reader::value(RecordChunks& into, Field field) {
  Records records;
  value(records, field);
  into.reset();
  if (records) into.emplace(1, std::move(*records));
}

const std::byte* Reader::take(std::size_t bytes) {
  if (fault_) return nullptr;
  if (bytes > end_ - at_) {
    fail(fmt::format("{} bytes wanted, {} left", bytes, end_ - at_));
    return nullptr;
  }
  const std::byte* const from = frame_.data() + at_;
  at_ += bytes;
  return from;
}

std::uint32_t Reader::unsigned_varint() {
  std::uint32_t value = 0;
  for (int shift = 0;; shift += 7) {
    const std::byte* const from = take(1);
    if (from == nullptr) return 0;
    const auto byte = static_cast<std::uint32_t>(*from);
    if (shift == 28 && byte > 0x0f) {
      fail("a varint of more than 32 bits");
      return 0;
    }
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

std::optional<std::size_t> Reader::count(std::size_t least, bool nullable) {
  if (shape_.is_flexible) return fitting(std::int64_t{unsigned_varint()} - 1, least, nullable);
  const std::byte* const from = take(sizeof(std::int32_t));
  if (from == nullptr) return std::nullopt;
  return fitting(load_be<std::int32_t>(from), least, nullable);
}

std::optional<std::size_t> Reader::string_length(Field field, bool nullable) {
  if (shape_.is_flexible && !field.never_compact)
    return fitting(std::int64_t{unsigned_varint()} - 1, 1, nullable);
  const std::byte* const from = take(sizeof(std::int16_t));
  if (from == nullptr) return std::nullopt;
  return fitting(load_be<std::int16_t>(from), 1, nullable);
}

std::optional<std::size_t> Reader::fitting(std::int64_t some, std::size_t least, bool nullable) {
  if (fault_) return std::nullopt;
  if (some == -1 && nullable) return std::nullopt;
  if (some == -1) {
    fail("null where the version has none");
    return std::nullopt;
  }
  if (some < 0) {
    fail(fmt::format("a length or count of {}", some));
    return std::nullopt;
  }
  const auto wanted = static_cast<std::size_t>(some);
  if (wanted > (end_ - at_) / least) {
    fail(fmt::format("{} of at least {} bytes each wanted, {} bytes left", wanted, least,
                     end_ - at_));
    return std::nullopt;
  }
  return wanted;
}

bool Reader::may_hold(std::size_t bytes) {
  element_bytes_ += bytes;
  if (element_bytes_ <= kElementBytesMax) return true;
  fail(fmt::format("lists of more than {} bytes in memory", kElementBytesMax));
  return false;
}

std::uint32_t Reader::tagged_count() {
  constexpr std::size_t kLeastBytes = 2;  // Its number and its size.
  const std::uint32_t some = unsigned_varint();
  if (some <= (end_ - at_) / kLeastBytes) return some;
  fail(fmt::format("{} fields wanted, {} bytes left", some, end_ - at_));
  return 0;
}

bool Reader::narrow_to(std::uint32_t bytes) {
  if (!fault_ && bytes > end_ - at_)
    fail(fmt::format("{} bytes wanted, {} left", bytes, end_ - at_));
  if (fault_) return false;
  end_ = at_ + bytes;
  return true;
}

void Reader::fail(std::string what) {
  if (fault_) return;
  fault_ =
      Error{Errc::invalid_request, fmt::format("{} {} v{}: {} at byte {}: {}", shape_.message,
                                               shape_.kind, shape_.version, field_, at_, what)};
}

}  // namespace ropewalk::kafka
