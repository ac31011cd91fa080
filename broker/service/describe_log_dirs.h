// Use case: the data directories of this broker, and what partitions take in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/service.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::service {

struct StoredReplica {
  std::string topic;
  std::int32_t partition = 0;
  std::uint64_t bytes = 0;  // Of its records.
};

struct LogDirDescription {
  Error error{Errc::none, {}};  // kafka_storage_error: it has failed.
  std::string path;
  // Of the disk that it is on, about a second ago; unknown of one that has failed.
  std::optional<std::uint64_t> total_bytes;
  std::optional<std::uint64_t> usable_bytes;
  std::vector<StoredReplica> replicas;  // That are open, by topic and partition.
};

class DescribeLogDirs {
 public:
  explicit DescribeLogDirs(const Parts& parts) : parts_(parts) {}

  // Nothing is read from a disk. On any data core. Errors: cluster_authorization_failed,
  // request_timed_out.
  Task<Result<std::vector<LogDirDescription>>> handle(security::RequestContext context);

 private:
  const Parts& parts_;
};

}  // namespace ropewalk::service
