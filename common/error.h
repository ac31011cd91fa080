// What can go wrong, as a value.
//
// Result<T> carries either a T or an Error: a code that programs act on and a context that people
// read ("opening /data/partitions/... : permission denied"). Whatever a peer, a file or a user
// sends ends up here; ENSURE is for our own bugs only. The numbers are part of the native protocol:
// proto/ropewalk/v1/error.proto repeats them and common/wire/error_numbers.cc holds the two against
// each other.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace ropewalk {

// Kafka's numbers where Kafka has the error (protocol guide, "Error Codes"), ours from 1000 up.
// Never reused.
enum class Errc : std::int32_t {
  unknown_server_error = -1,
  none = 0,
  offset_out_of_range = 1,
  corrupt_message = 2,
  unknown_topic_or_partition = 3,
  invalid_fetch_size = 4,
  leader_not_available = 5,
  not_leader_or_follower = 6,
  request_timed_out = 7,
  broker_not_available = 8,
  replica_not_available = 9,
  message_too_large = 10,
  stale_controller_epoch = 11,
  network_exception = 13,
  coordinator_load_in_progress = 14,
  coordinator_not_available = 15,
  not_coordinator = 16,
  invalid_topic = 17,
  record_list_too_large = 18,
  not_enough_replicas = 19,
  not_enough_replicas_after_append = 20,
  invalid_required_acks = 21,
  topic_authorization_failed = 29,
  group_authorization_failed = 30,
  cluster_authorization_failed = 31,
  invalid_timestamp = 32,
  unsupported_version = 35,
  topic_already_exists = 36,
  invalid_partitions = 37,
  invalid_replication_factor = 38,
  invalid_replica_assignment = 39,
  invalid_config = 40,
  not_controller = 41,
  invalid_request = 42,
  unsupported_for_message_format = 43,
  policy_violation = 44,
  out_of_order_sequence_number = 45,
  duplicate_sequence_number = 46,
  invalid_producer_epoch = 47,
  invalid_txn_state = 48,
  kafka_storage_error = 56,
  log_dir_not_found = 57,
  sasl_authentication_failed = 58,
  unknown_producer_id = 59,
  fetch_session_id_not_found = 70,
  invalid_fetch_session_epoch = 71,
  listener_not_found = 72,
  fenced_leader_epoch = 74,
  unknown_leader_epoch = 75,
  unsupported_compression_type = 76,
  stale_broker_epoch = 77,
  offset_not_available = 78,
  preferred_leader_not_available = 80,
  eligible_leaders_not_available = 83,  // No replica that might lead is there.
  election_not_needed = 84,
  no_reassignment_in_progress = 85,
  invalid_record = 87,
  throttling_quota_exceeded = 89,
  invalid_update_version = 95,  // Decided on a version of the partition that is over.
  feature_update_failed = 96,   // The level cannot be raised, or never goes back.
  unknown_topic_id = 100,
  broker_id_not_registered = 102,
  inconsistent_cluster_id = 104,
  ineligible_replica = 107,  // A replica that may not be in sync: fenced, unknown, another life.

  cancelled = 1000,  // The work was stopped, by its owner's wish.
  closed = 1001,     // The connection, file or component is closed.
  corrupt = 1002,    // Stored bytes do not check.
  io_error = 1003,   // The operating system failed a read, write or sync.
  disk_full = 1004,  // No space left, or less than the floor.
  not_found = 1005,  // A file or name that is not there.
  already_exists = 1006,
  permission_denied = 1007,  // Also a read-only file system.
  address_in_use = 1008,
  connection_refused = 1009,
  would_block = 1010,      // Nothing to read now, or only by waiting for the disk.
  malformed_frame = 1011,  // The bytes are no frame of the native protocol; the connection closes.
  frame_too_large = 1012,
  unknown_api = 1013,
  not_negotiated = 1014,  // A request before the first one, which negotiates.
  budget_exceeded =
      1015,  // A byte or count budget of the settings is used up; retrying later helps.
  outcome_unknown = 1016,  // A metadata change may or may not have been committed.
  wrong_owner =
      1017,  // A data directory of another broker or cluster, or locked by a live process.
  invalid_setting = 1018,
  shutting_down = 1019,
  fenced_broker = 1020,    // This broker is not (any more) a live member of the cluster.
  damaged_replica = 1021,  // The range asked for is damaged here and there is no other copy.
  not_empty = 1022,
};

// The name as written above ("not_found"); "error 4711" for a number that this build does not know.
std::string to_string(Errc code);

// Whether sending the same request again, perhaps to another broker, can succeed without anybody
// changing anything. The client and the native protocol's `retriable` field both ask here.
bool is_retriable(Errc code);

struct Error {
  Errc code = Errc::unknown_server_error;
  std::string context;  // What was being done and with what; may be empty.
};

// "not_found: opening /data/lock".
std::string to_string(const Error& error);

template <class T>
using Result = std::expected<T, Error>;

template <class... Args>
std::unexpected<Error> fail(Errc code, fmt::format_string<Args...> format, Args&&... args) {
  return std::unexpected(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

// The same failure with what the caller was doing in front: "creating topic a: opening b: ...".
std::unexpected<Error> within(std::string_view doing, Error error);

namespace detail {
[[noreturn]] void ensure_failed(const char* file, int line, const char* condition,
                                std::string message);
}  // namespace detail

}  // namespace ropewalk

template <>
struct fmt::formatter<ropewalk::Errc> : fmt::formatter<std::string> {
  auto format(ropewalk::Errc code, format_context& out) const {
    return fmt::formatter<std::string>::format(ropewalk::to_string(code), out);
  }
};
template <>
struct fmt::formatter<ropewalk::Error> : fmt::formatter<std::string> {
  auto format(const ropewalk::Error& error, format_context& out) const {
    return fmt::formatter<std::string>::format(ropewalk::to_string(error), out);
  }
};

#define RW_CONCAT_INNER(a, b) a##b
#define RW_CONCAT(a, b) RW_CONCAT_INNER(a, b)
#define RW_TRY_VALUE(result, returning, declaration, ...)            \
  auto result = (__VA_ARGS__);                                       \
  if (!result) returning std::unexpected(std::move(result).error()); \
  declaration = std::move(*result)
#define RW_TRY_VOID(result, returning, ...)                            \
  do {                                                                 \
    auto result = (__VA_ARGS__);                                       \
    if (!result) returning std::unexpected(std::move(result).error()); \
  } while (false)

// TRY(auto header, decode(bytes)); declares the value or returns the error. Commas inside the
// expression are fine.
#define TRY(declaration, ...) \
  RW_TRY_VALUE(RW_CONCAT(rw_try_, __LINE__), return, declaration, __VA_ARGS__)
// TRY_VOID(write(bytes)); for a Result whose value is void or does not matter.
#define TRY_VOID(...) RW_TRY_VOID(RW_CONCAT(rw_try_, __LINE__), return, __VA_ARGS__)
// The same inside coroutines: CO_TRY(auto file, co_await open(path));
#define CO_TRY(declaration, ...) \
  RW_TRY_VALUE(RW_CONCAT(rw_try_, __LINE__), co_return, declaration, __VA_ARGS__)
#define CO_TRY_VOID(...) RW_TRY_VOID(RW_CONCAT(rw_try_, __LINE__), co_return, __VA_ARGS__)

// Stays on in release and aborts with the message. For our own bugs only.
#define ENSURE(condition, ...)                                       \
  (static_cast<bool>(condition) ? void(0)                            \
                                : ::ropewalk::detail::ensure_failed( \
                                      __FILE__, __LINE__, #condition, ::fmt::format(__VA_ARGS__)))
