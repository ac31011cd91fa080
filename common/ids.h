// Identifiers that never mix: an Offset is no LeaderEpoch although both are integers.
//
// The widths are those of the formats on disk and on the wire and of Kafka (architecture, D9).
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

#include <fmt/format.h>

namespace ropewalk {

template <class Tag, class Rep>
class StrongId {
 public:
  using rep = Rep;
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr auto operator<=>(const StrongId&) const = default;
  constexpr StrongId next() const { return StrongId(static_cast<Rep>(value_ + 1)); }

 private:
  Rep value_{};
};

using BrokerId = StrongId<struct BrokerIdTag, std::int32_t>;
using BrokerEpoch =
    StrongId<struct BrokerEpochTag, std::int64_t>;  // Offset of the broker's registration record.
using PartitionId =
    StrongId<struct PartitionIdTag, std::int32_t>;  // Index within its topic, from 0.
using LeaderEpoch = StrongId<struct LeaderEpochTag, std::int32_t>;
using PartitionEpoch = StrongId<struct PartitionEpochTag, std::int32_t>;
using Term = StrongId<struct TermTag, std::int32_t>;
using ProducerId = StrongId<struct ProducerIdTag, std::int64_t>;
using ProducerEpoch = StrongId<struct ProducerEpochTag, std::int16_t>;

inline constexpr BrokerId kNoBroker{-1};
inline constexpr LeaderEpoch kNoLeaderEpoch{-1};
inline constexpr ProducerId kNoProducer{-1};
inline constexpr ProducerEpoch kNoProducerEpoch{-1};

// The position of a record in its partition, counted from 0. Unlike the others it can be counted
// with.
class Offset {
 public:
  constexpr Offset() = default;
  constexpr explicit Offset(std::int64_t value) : value_(value) {}
  constexpr std::int64_t value() const { return value_; }
  constexpr auto operator<=>(const Offset&) const = default;
  constexpr Offset operator+(std::int64_t records) const { return Offset(value_ + records); }
  constexpr Offset operator-(std::int64_t records) const { return Offset(value_ - records); }
  constexpr std::int64_t operator-(Offset other) const { return value_ - other.value_; }
  constexpr Offset& operator+=(std::int64_t records) {
    value_ += records;
    return *this;
  }

 private:
  std::int64_t value_ = 0;
};
inline constexpr Offset kNoOffset{-1};

}  // namespace ropewalk

template <class Tag, class Rep>
struct std::hash<ropewalk::StrongId<Tag, Rep>> {
  std::size_t operator()(ropewalk::StrongId<Tag, Rep> id) const {
    return std::hash<Rep>{}(id.value());
  }
};
template <>
struct std::hash<ropewalk::Offset> {
  std::size_t operator()(ropewalk::Offset offset) const {
    return std::hash<std::int64_t>{}(offset.value());
  }
};
template <class Tag, class Rep>
struct fmt::formatter<ropewalk::StrongId<Tag, Rep>> : fmt::formatter<Rep> {
  auto format(ropewalk::StrongId<Tag, Rep> id, format_context& out) const {
    return fmt::formatter<Rep>::format(id.value(), out);
  }
};
template <>
struct fmt::formatter<ropewalk::Offset> : fmt::formatter<std::int64_t> {
  auto format(ropewalk::Offset offset, format_context& out) const {
    return fmt::formatter<std::int64_t>::format(offset.value(), out);
  }
};
