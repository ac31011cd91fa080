// Which partition a record goes to, where the application does not say.
//
// With a key: Kafka's default partitioner, so that producers of both systems agree
// (toPositive(murmur2(key)) % partitions). Without: sticky, all records to one partition until a
// batch of it is full, then another; that makes large batches. Pure; one thread at a time.
#pragma once

#include <cstdint>

#include "common/bytes.h"

namespace ropewalk::client {

// 32-bit MurmurHash2 with Kafka's seed.
std::uint32_t murmur2(ByteSpan bytes);

// Pre: partitions > 0.
std::int32_t partition_of_key(ByteSpan key, std::int32_t partitions);

class StickyPartition {
 public:
  // `seed` spreads the producers of a cluster.
  explicit StickyPartition(std::uint64_t seed) : state_(seed) {}
  // Pre: partitions > 0.
  std::int32_t current(std::int32_t partitions);
  // A batch of it was closed: take another one.
  void advance() { chosen_ = -1; }

 private:
  std::uint64_t state_;
  std::int32_t chosen_ = -1;
  std::int32_t previous_ = -1;
};

}  // namespace ropewalk::client
