// One call of Kafka's protocol: its key, the versions that are spoken here, and how those look.
//
// The versions are those of column P1 of our notes on the protocol; of ElectLeaders, the two
// about reassignments and UnregisterBroker those of Kafka 4.3. Fields of later versions are
// not described; raising a range means describing them first.
#pragma once

#include <cstdint>
#include <string_view>

namespace ropewalk::kafka {

struct Api {
  std::int16_t key = 0;
  std::string_view name;
  // The versions that are read and answered: [first, last].
  std::int16_t first = 0;
  std::int16_t last = 0;
  // From here on lengths are compact and every struct ends with tagged fields.
  std::int16_t first_flexible = 0;
  // What clients are told. Lower than `first` only for Produce (KAFKA-18659).
  std::int16_t advertised_first = first;

  constexpr bool serves(std::int16_t version) const { return first <= version && version <= last; }
  constexpr bool is_flexible(std::int16_t version) const { return version >= first_flexible; }
};

// librdkafka before 2.11.1 stops compressing, without a word, where Produce 0 is not offered; no
// client then sends anything below 3.
inline constexpr Api kProduce{
    .key = 0, .name = "Produce", .first = 3, .last = 9, .first_flexible = 9, .advertised_first = 0};
inline constexpr Api kFetch{1, "Fetch", 4, 12, 12};
inline constexpr Api kListOffsets{2, "ListOffsets", 1, 7, 6};
inline constexpr Api kMetadata{3, "Metadata", 0, 12, 9};
inline constexpr Api kFindCoordinator{10, "FindCoordinator", 0, 4, 3};
inline constexpr Api kApiVersions{18, "ApiVersions", 0, 4, 3};
inline constexpr Api kCreateTopics{19, "CreateTopics", 2, 7, 5};
inline constexpr Api kDeleteTopics{20, "DeleteTopics", 1, 6, 4};
inline constexpr Api kDeleteRecords{21, "DeleteRecords", 0, 2, 2};
inline constexpr Api kInitProducerId{22, "InitProducerId", 0, 4, 2};
inline constexpr Api kOffsetForLeaderEpoch{23, "OffsetForLeaderEpoch", 2, 4, 4};
inline constexpr Api kDescribeConfigs{32, "DescribeConfigs", 1, 4, 4};
inline constexpr Api kAlterConfigs{33, "AlterConfigs", 0, 2, 2};
inline constexpr Api kDescribeLogDirs{35, "DescribeLogDirs", 1, 4, 2};
inline constexpr Api kCreatePartitions{37, "CreatePartitions", 0, 3, 2};
inline constexpr Api kElectLeaders{43, "ElectLeaders", 0, 2, 2};
inline constexpr Api kIncrementalAlterConfigs{44, "IncrementalAlterConfigs", 0, 1, 1};
inline constexpr Api kAlterPartitionReassignments{45, "AlterPartitionReassignments", 0, 1, 0};
inline constexpr Api kListPartitionReassignments{46, "ListPartitionReassignments", 0, 0, 0};
inline constexpr Api kDescribeCluster{60, "DescribeCluster", 0, 1, 0};
inline constexpr Api kUnregisterBroker{64, "UnregisterBroker", 0, 0, 0};

// All of the above, by key: what ApiVersions answers.
inline constexpr const Api* kApis[] = {&kProduce,
                                       &kFetch,
                                       &kListOffsets,
                                       &kMetadata,
                                       &kFindCoordinator,
                                       &kApiVersions,
                                       &kCreateTopics,
                                       &kDeleteTopics,
                                       &kDeleteRecords,
                                       &kInitProducerId,
                                       &kOffsetForLeaderEpoch,
                                       &kDescribeConfigs,
                                       &kAlterConfigs,
                                       &kDescribeLogDirs,
                                       &kCreatePartitions,
                                       &kElectLeaders,
                                       &kIncrementalAlterConfigs,
                                       &kAlterPartitionReassignments,
                                       &kListPartitionReassignments,
                                       &kDescribeCluster,
                                       &kUnregisterBroker};

// Null: no call of that key is known here.
constexpr const Api* find_api(std::int16_t key) {
  for (const Api* api : kApis)
    if (api->key == key) return api;
  return nullptr;
}

}  // namespace ropewalk::kafka
