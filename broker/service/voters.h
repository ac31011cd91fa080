// Use cases: who votes on the cluster's metadata, shown and changed.
#pragma once

#include <string>

#include "broker/metadata/controller_port.h"
#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::service {

struct VotersResponse {
  metadata::QuorumState quorum;
  std::string warning;  // For people; empty: nothing to warn of.
  Offset metadata_offset;
};

class DescribeVoters {
 public:
  explicit DescribeVoters(const Parts& parts) : parts_(parts) {}
  // Errors: cluster_authorization_failed, those of ControllerPort.
  Task<Result<VotersResponse>> handle(security::RequestContext context) const;

 private:
  const Parts& parts_;
};

class ChangeVoters {
 public:
  explicit ChangeVoters(const Parts& parts) : parts_(parts) {}
  // Errors: cluster_authorization_failed, those of metadata::ChangeVoters and of ControllerPort.
  Task<Result<VotersResponse>> handle(security::RequestContext context,
                                      metadata::ChangeVoters change) const;

 private:
  const Parts& parts_;
};

// What is wrong or unwise about these voters, in one sentence each. Pure.
std::string warning_about(const metadata::QuorumState& quorum);

}  // namespace ropewalk::service
