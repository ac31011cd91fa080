// 16-byte identifiers of topics, directories, incarnations, segments and clusters. All zeros means
// none.
//
// People see 22 characters of base64url without padding, as Kafka prints its uuids; folder names
// are 32 lower hex digits, since those sort and survive any file system. Drawing a random one is
// the environment's business (env/random.h).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ropewalk {

struct Uuid {
  static constexpr std::size_t kSize = 16;
  std::array<std::uint8_t, kSize> bytes{};

  constexpr auto operator<=>(const Uuid&) const = default;
  constexpr bool is_none() const { return *this == Uuid{}; }

  // 22 characters of base64url.
  std::string to_base64() const;
  // 32 lower hex digits.
  std::string to_hex() const;
  // The 16 bytes, as protobuf `bytes` fields hold them.
  std::string to_bytes() const { return {reinterpret_cast<const char*>(bytes.data()), kSize}; }

  // Errors: invalid_request unless the text is exactly what to_base64() prints.
  static Result<Uuid> from_base64(std::string_view text);
  // Errors: invalid_request unless the text is exactly what to_hex() prints.
  static Result<Uuid> from_hex(std::string_view text);
  // Errors: invalid_request unless there are 16 bytes. An empty string is none.
  static Result<Uuid> from_bytes(std::string_view raw);
};

// Ids of the same shape that must not be mixed up. `TopicId{}` is none.
template <class Tag>
struct TaggedUuid : Uuid {
  constexpr TaggedUuid() = default;
  constexpr explicit TaggedUuid(const Uuid& uuid) : Uuid(uuid) {}
  constexpr auto operator<=>(const TaggedUuid&) const = default;
};
using TopicId = TaggedUuid<struct TopicIdTag>;
using ClusterId = TaggedUuid<struct ClusterIdTag>;
using DirectoryId = TaggedUuid<struct DirectoryIdTag>;
using IncarnationId = TaggedUuid<struct IncarnationIdTag>;
using SegmentId = TaggedUuid<struct SegmentIdTag>;

// A partition, by what never changes about it.
struct TopicPartition {
  TopicId topic;
  std::int32_t partition = 0;
  constexpr auto operator<=>(const TopicPartition&) const = default;
};

}  // namespace ropewalk

template <>
struct std::hash<ropewalk::Uuid> {
  // The bytes are random already (or nearly all zero, which is rare).
  std::size_t operator()(const ropewalk::Uuid& uuid) const {
    std::uint64_t low, high;
    std::memcpy(&low, uuid.bytes.data(), 8);
    std::memcpy(&high, uuid.bytes.data() + 8, 8);
    return low ^ (high * 0x9E3779B97F4A7C15ULL);
  }
};
template <class Tag>
struct std::hash<ropewalk::TaggedUuid<Tag>> : std::hash<ropewalk::Uuid> {};
template <>
struct std::hash<ropewalk::TopicPartition> {
  std::size_t operator()(const ropewalk::TopicPartition& id) const {
    return std::hash<ropewalk::Uuid>{}(id.topic) +
           static_cast<std::size_t>(id.partition) * 0x9E3779B97F4A7C15ULL;
  }
};
template <>
struct fmt::formatter<ropewalk::Uuid> : fmt::formatter<std::string> {
  auto format(const ropewalk::Uuid& uuid, format_context& out) const {
    return fmt::formatter<std::string>::format(uuid.to_base64(), out);
  }
};
template <class Tag>
struct fmt::formatter<ropewalk::TaggedUuid<Tag>> : fmt::formatter<ropewalk::Uuid> {};
template <>
struct fmt::formatter<ropewalk::TopicPartition> : fmt::formatter<std::string> {
  auto format(const ropewalk::TopicPartition& id, format_context& out) const {
    return fmt::formatter<std::string>::format(fmt::format("{}-{}", id.topic, id.partition), out);
  }
};
