// The fetch sessions of all cores: each call concerns those of the core that calls, and what has
// changed there shows in the metrics. On data cores.
#pragma once

#include <memory>
#include <vector>

#include "broker/service/fetch_sessions.h"
#include "broker/service/service.h"

namespace ropewalk::service {

class FetchSessionCores {
 public:
  explicit FetchSessionCores(const Parts& parts);

  // As those of FetchSessions.
  Result<FetchSessions::Turn> begin(const std::shared_ptr<const security::Caller>& caller,
                                    FetchRequest& request);
  void end(const std::shared_ptr<const security::Caller>& caller, FetchSessions::Turn turn,
           FetchResponse& response);

 private:
  FetchSessions& here();

  const Parts& parts_;
  std::vector<std::unique_ptr<FetchSessions>> of_core_;
};

}  // namespace ropewalk::service
