// Whether somebody may do something: a port that every use case asks before it does anything.
//
// Asked on any core, must not block. The composition root chooses the implementation.
#pragma once

#include <string_view>

#include "broker/security/request_context.h"
#include "common/error.h"

namespace ropewalk::security {

enum class Operation { read, write, create, remove, alter, describe, idempotent_write };
enum class ResourceType { topic, group, cluster };

struct Access {
  Operation operation = Operation::describe;
  ResourceType resource_type = ResourceType::cluster;
  std::string_view resource;  // A topic's or group's name; "" for the cluster.
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // Errors: topic_, group_ or cluster_authorization_failed, naming the resource and the operation.
  virtual Result<void> authorize(const RequestContext& context, const Access& access) = 0;
};

// Everybody may do everything: the broker refuses to listen beyond loopback without authentication
// unless told otherwise (architecture, "Until there is authentication").
class AllowAll final : public Authorizer {
 public:
  Result<void> authorize(const RequestContext& context, const Access& access) override;
};

}  // namespace ropewalk::security
