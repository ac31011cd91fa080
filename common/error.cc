#include "common/error.h"

#include <cstdio>
#include <cstdlib>

namespace ropewalk {
namespace {

const char* errc_name(Errc code) {
  switch (code) {
#define RW_NAME(name) \
  case Errc::name:    \
    return #name
    RW_NAME(unknown_server_error);
    RW_NAME(none);
    RW_NAME(offset_out_of_range);
    RW_NAME(corrupt_message);
    RW_NAME(unknown_topic_or_partition);
    RW_NAME(invalid_fetch_size);
    RW_NAME(leader_not_available);
    RW_NAME(not_leader_or_follower);
    RW_NAME(request_timed_out);
    RW_NAME(broker_not_available);
    RW_NAME(replica_not_available);
    RW_NAME(message_too_large);
    RW_NAME(stale_controller_epoch);
    RW_NAME(network_exception);
    RW_NAME(coordinator_load_in_progress);
    RW_NAME(coordinator_not_available);
    RW_NAME(not_coordinator);
    RW_NAME(invalid_topic);
    RW_NAME(record_list_too_large);
    RW_NAME(not_enough_replicas);
    RW_NAME(not_enough_replicas_after_append);
    RW_NAME(invalid_required_acks);
    RW_NAME(topic_authorization_failed);
    RW_NAME(group_authorization_failed);
    RW_NAME(cluster_authorization_failed);
    RW_NAME(invalid_timestamp);
    RW_NAME(unsupported_version);
    RW_NAME(topic_already_exists);
    RW_NAME(invalid_partitions);
    RW_NAME(invalid_replication_factor);
    RW_NAME(invalid_replica_assignment);
    RW_NAME(invalid_config);
    RW_NAME(not_controller);
    RW_NAME(invalid_request);
    RW_NAME(unsupported_for_message_format);
    RW_NAME(policy_violation);
    RW_NAME(out_of_order_sequence_number);
    RW_NAME(duplicate_sequence_number);
    RW_NAME(invalid_producer_epoch);
    RW_NAME(invalid_txn_state);
    RW_NAME(kafka_storage_error);
    RW_NAME(log_dir_not_found);
    RW_NAME(sasl_authentication_failed);
    RW_NAME(unknown_producer_id);
    RW_NAME(fetch_session_id_not_found);
    RW_NAME(invalid_fetch_session_epoch);
    RW_NAME(listener_not_found);
    RW_NAME(fenced_leader_epoch);
    RW_NAME(unknown_leader_epoch);
    RW_NAME(unsupported_compression_type);
    RW_NAME(stale_broker_epoch);
    RW_NAME(offset_not_available);
    RW_NAME(preferred_leader_not_available);
    RW_NAME(eligible_leaders_not_available);
    RW_NAME(election_not_needed);
    RW_NAME(no_reassignment_in_progress);
    RW_NAME(invalid_record);
    RW_NAME(throttling_quota_exceeded);
    RW_NAME(invalid_update_version);
    RW_NAME(feature_update_failed);
    RW_NAME(unknown_topic_id);
    RW_NAME(broker_id_not_registered);
    RW_NAME(inconsistent_cluster_id);
    RW_NAME(ineligible_replica);
    RW_NAME(cancelled);
    RW_NAME(closed);
    RW_NAME(corrupt);
    RW_NAME(io_error);
    RW_NAME(disk_full);
    RW_NAME(not_found);
    RW_NAME(already_exists);
    RW_NAME(permission_denied);
    RW_NAME(address_in_use);
    RW_NAME(connection_refused);
    RW_NAME(would_block);
    RW_NAME(malformed_frame);
    RW_NAME(frame_too_large);
    RW_NAME(unknown_api);
    RW_NAME(not_negotiated);
    RW_NAME(budget_exceeded);
    RW_NAME(outcome_unknown);
    RW_NAME(wrong_owner);
    RW_NAME(invalid_setting);
    RW_NAME(shutting_down);
    RW_NAME(fenced_broker);
    RW_NAME(damaged_replica);
    RW_NAME(not_empty);
#undef RW_NAME
  }
  return nullptr;
}

}  // namespace

std::string to_string(Errc code) {
  if (const char* name = errc_name(code)) return name;
  return fmt::format("error {}", static_cast<std::int32_t>(code));
}

bool is_retriable(Errc code) {
  switch (code) {
    case Errc::unknown_topic_or_partition:  // A topic just created may not have reached this
                                            // broker.
    case Errc::leader_not_available:
    case Errc::not_leader_or_follower:
    case Errc::request_timed_out:
    case Errc::broker_not_available:
    case Errc::replica_not_available:
    case Errc::network_exception:
    case Errc::coordinator_load_in_progress:
    case Errc::coordinator_not_available:
    case Errc::not_coordinator:
    case Errc::not_enough_replicas:
    case Errc::not_enough_replicas_after_append:
    case Errc::not_controller:
    case Errc::kafka_storage_error:
    case Errc::fetch_session_id_not_found:
    case Errc::invalid_fetch_session_epoch:
    case Errc::fenced_leader_epoch:
    case Errc::unknown_leader_epoch:
    case Errc::offset_not_available:
    case Errc::preferred_leader_not_available:
    case Errc::eligible_leaders_not_available:
    case Errc::throttling_quota_exceeded:
    case Errc::unknown_topic_id:
    case Errc::closed:
    case Errc::disk_full:
    case Errc::connection_refused:
    case Errc::budget_exceeded:
    case Errc::shutting_down:
    case Errc::fenced_broker:
      return true;
    default:
      return false;
  }
}

std::string to_string(const Error& error) {
  if (error.context.empty()) return to_string(error.code);
  return fmt::format("{}: {}", to_string(error.code), error.context);
}

std::unexpected<Error> within(std::string_view doing, Error error) {
  error.context =
      error.context.empty() ? std::string(doing) : fmt::format("{}: {}", doing, error.context);
  return std::unexpected(std::move(error));
}

namespace detail {

void ensure_failed(const char* file, int line, const char* condition, std::string message) {
  fmt::print(stderr, "{}:{}: ENSURE({}) failed: {}\n", file, line, condition, message);
  std::fflush(stderr);
  std::abort();
}

}  // namespace detail
}  // namespace ropewalk
