// What `ropewalk bench` is told, as values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include <ropewalk/types.h>

namespace ropewalk::cli {

// How long a run is: whichever comes first.
struct BenchLimit {
  std::optional<std::uint64_t> records;
  std::optional<std::chrono::milliseconds> time;
};

// What is common to runs that send.
struct BenchLoad {
  std::string topic;
  std::optional<std::int32_t> partitions;  // Makes the topic first, with so many.
  std::size_t record_bytes = 100;
  BenchLimit limit;
  std::optional<std::uint64_t> rate;  // Records a second; as fast as it goes, if missing.
  Acks acks = Acks::all;
  Compression compression = Compression::none;
  std::optional<int> compression_level = {};
  std::chrono::milliseconds timeout{10'000};  // Of one record; then the run has failed.
  bool json = false;
};

struct BenchProduce {
  BenchLoad load;
  std::size_t batch_bytes = 64 << 10;
  std::chrono::milliseconds linger{5};
  std::size_t requests_in_flight = 5;
};

struct BenchConsume {
  std::string topic;
  BenchLimit limit;  // Beside the end that the topic has when the run begins.
  std::chrono::milliseconds timeout{10'000};  // Without a record.
  bool json = false;
};

struct BenchLatency {
  BenchLoad load;
  std::size_t records_in_flight = 1;
};

// Which broker a round of `failover` is about: one that leads a partition, and that ...
enum class Victim : std::uint8_t {
  any,         // ... it does not matter.
  controller,  // ... is the controller.
  other,       // ... is not.
};

struct BenchFailover {
  BenchLoad load;
  std::size_t rounds = 5;
  std::string kill_command;     // Empty: somebody else kills, once.
  std::string restart_command;  // Empty: it comes back by itself.
  Victim victim = Victim::any;
  std::chrono::milliseconds down{8'000};  // From the kill to the restart.
};

}  // namespace ropewalk::cli
