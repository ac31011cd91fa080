// What a caller may do with a resource, as bits (KIP-430). Until there is authorisation everybody
// may do everything that the resource has.
#pragma once

#include <cstdint>

namespace ropewalk::kafka {

enum class AclOperation : unsigned {
  read = 3,
  write = 4,
  create = 5,
  remove = 6,
  alter = 7,
  describe = 8,
  cluster_action = 9,
  describe_configs = 10,
  alter_configs = 11,
  idempotent_write = 12,
};

namespace detail {
template <class... Operation>
constexpr std::int32_t bits_of(Operation... operation) {
  return static_cast<std::int32_t>(((1u << static_cast<unsigned>(operation)) | ...));
}
}  // namespace detail

inline constexpr std::int32_t kTopicOperations =
    detail::bits_of(AclOperation::read, AclOperation::write, AclOperation::create,
                    AclOperation::remove, AclOperation::alter, AclOperation::describe,
                    AclOperation::describe_configs, AclOperation::alter_configs);
inline constexpr std::int32_t kClusterOperations = detail::bits_of(
    AclOperation::create, AclOperation::alter, AclOperation::describe, AclOperation::cluster_action,
    AclOperation::describe_configs, AclOperation::alter_configs, AclOperation::idempotent_write);

}  // namespace ropewalk::kafka
