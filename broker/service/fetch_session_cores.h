// The fetch sessions of all cores, with what watches their partitions: each call concerns those of
// the core that calls, and what has changed there shows in the metrics. On data cores.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "broker/service/fetch_sessions.h"
#include "broker/service/partition_looks.h"
#include "broker/service/service.h"

namespace ropewalk::service {

// How a request goes on, and what it looks at partitions with: in a session it is the session's,
// with an index for each slot, and quiet partitions stay watched between requests.
struct FetchTurn {
  FetchSessions::Turn turn;
  std::shared_ptr<PartitionLooks> looks;
};

class FetchSessionCores {
 public:
  explicit FetchSessionCores(const Parts& parts);

  // As those of FetchSessions.
  Result<FetchTurn> begin(const std::shared_ptr<const security::Caller>& caller,
                          FetchRequest& request);
  void end(const std::shared_ptr<const security::Caller>& caller, FetchSessions::Turn turn,
           FetchResponse& response);
  std::optional<SlottedPartition> moved(std::int32_t session_id, std::uint32_t slot);
  std::vector<SlottedPartition> wake_all(std::int32_t session_id);

 private:
  struct OfCore {
    OfCore(FetchSessions::Options options, env::Random random) : sessions(options, random) {}
    FetchSessions sessions;
    std::unordered_map<std::int32_t, std::shared_ptr<PartitionLooks>> looks;  // By session.
  };
  OfCore& here();
  std::shared_ptr<PartitionLooks> looks_for(OfCore& core, const FetchSessions::Turn& turn);
  static void end_watches(OfCore& core);

  const Parts& parts_;
  std::vector<std::unique_ptr<OfCore>> of_core_;
};

}  // namespace ropewalk::service
