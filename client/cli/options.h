// The command line of `ropewalk`, as values. The library behind it is seen by options.cc only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client/cli/bench/bench_options.h"
#include "client/cli/record_format.h"
#include <ropewalk/admin.h>
#include <ropewalk/types.h>

namespace ropewalk::cli {

struct CreateTopic {
  NewTopic topic;
};
struct ListTopics {
  bool json = false;
};
struct DescribeTopics {
  std::vector<std::string> names;
  bool json = false;
};
struct DeleteTopic {
  std::string name;
};
struct SetTopic {
  std::string name;
  std::vector<TopicSettingChange> changes;
};
struct ShowOffsets {
  std::string name;
  bool json = false;
};
struct ShowCluster {
  bool json = false;
};
struct ShowBrokers {
  bool json = false;
};

// Whether something that was shown is to be done.
struct Consent {
  bool yes = false;      // Without asking.
  bool dry_run = false;  // Only show it.
};
struct ElectLeaders {
  std::string topic = {};                       // Empty: all topics.
  std::vector<std::int32_t> partitions = {};    // None: all of the topic.
  ElectionKind kind = ElectionKind::preferred;  // Unclean ones need consent.
  Consent consent = {};
  bool json = false;
};
struct BalanceLeaders {
  Consent consent = {};
  bool json = false;
};
struct Reassign {
  std::string file = {};                    // Of a plan; empty: none.
  std::vector<WantedReplicas> wanted = {};  // Without a file.
  Consent consent = {};
  bool wait = false;
  bool json = false;
};
struct ShowReassignments {
  std::optional<std::int32_t> leaving = {};  // Only those that empty this broker.
  bool wait = false;
  bool json = false;
};
struct CancelReassignments {
  std::string topic = {};                      // Empty: all topics.
  std::optional<std::int32_t> partition = {};  // Missing: all of the topic.
  std::optional<std::int32_t> leaving = {};    // Only those that empty this broker.
  Consent consent = {};
  bool json = false;
};
struct DrainBroker {
  std::int32_t broker = 0;
  Consent consent = {};
  bool wait = false;
  bool json = false;
};
struct EndDrain {
  std::int32_t broker = 0;
};
struct UnregisterBroker {
  std::int32_t broker = 0;
};
struct ShowFeatures {
  bool json = false;
};
struct UpgradeCluster {
  std::string feature = "metadata.version";
  std::optional<std::int32_t> level = {};  // Missing: the highest that all brokers know.
  Consent consent = {};
  bool json = false;
};
struct ShowVoters {
  bool json = false;
};
struct ChangeVoters {
  VoterChange change;
  bool json = false;
};
enum class LineFormat : std::uint8_t { text, json };
struct Produce {
  std::string topic = {};
  std::string file = {};         // Empty: stdin.
  std::string delimiter = "\n";  // Behind each line; empty: all of the input is one.
  LineFormat format = LineFormat::text;
  std::optional<char> key_separator = {};
  std::optional<std::string> null_marker = {};  // A key or value that is this is missing.
  std::string json_key = {};                    // Field; empty: none.
  std::string json_time = {};                   // Field; empty: none. With time_format.
  std::string time_format = {};
  std::vector<Header> headers = {};            // Of every record.
  std::optional<std::int32_t> partition = {};  // Of every record.
  Acks acks = Acks::all;
  Compression compression = Compression::none;
  std::optional<int> compression_level = {};  // One that the codec knows.
  bool print_offsets = false;
};
enum class From : std::uint8_t { beginning, end, offset, last, time };
struct ConsumeStart {
  From from = From::beginning;
  std::int64_t offset = 0;  // For From::offset.
  std::int64_t count = 0;   // For From::last: so many before the end of each partition.
  Timestamp time = {};      // For From::time: the first record of then or later.
};
struct Consume {
  std::string topic;
  std::optional<std::int32_t> partition;  // All, if missing.
  ConsumeStart start;
  std::optional<std::int64_t> count;  // Records over all partitions.
  bool follow = false;
  std::optional<RecordFormat> format = {};  // JSON, if missing.
};

struct DeleteRecords {
  std::string topic;
  std::optional<std::int32_t> partition;  // All, if missing; not missing with From::offset.
  ConsumeStart before;                    // Never From::beginning.
  bool json = false;
};

using Command =
    std::variant<CreateTopic, ListTopics, DescribeTopics, DeleteTopic, SetTopic, ShowOffsets,
                 ShowCluster, ShowBrokers, Produce, Consume, DeleteRecords, BenchProduce,
                 BenchConsume, BenchLatency, BenchFailover, ElectLeaders, BalanceLeaders, Reassign,
                 ShowReassignments, CancelReassignments, DrainBroker, EndDrain, UnregisterBroker,
                 ShowVoters, ChangeVoters, ShowFeatures, UpgradeCluster>;

struct Options {
  std::vector<std::string> brokers;  // HOST:PORT each.
  Command command;
};

// What to do, or what to print and with which exit status to leave: 0 for help, 2 for wrong usage.
struct Leave {
  std::string text;
  int status = 0;
};

// `environment_brokers`: ROPEWALK_BROKERS, empty if it is not set.
std::variant<Options, Leave> parse_options(int argc, const char* const* argv,
                                           const std::string& environment_brokers);

}  // namespace ropewalk::cli
