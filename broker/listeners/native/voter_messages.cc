#include "broker/listeners/native/voter_messages.h"

#include <algorithm>

namespace ropewalk::native {
namespace {

Result<metadata::VoterName> read_voter(const v1::VoterRef& message) {
  metadata::VoterName name{BrokerId(message.broker_id()), DirectoryId()};
  if (message.directory_id().empty()) return name;
  const auto directory = Uuid::from_bytes(message.directory_id());
  if (!directory)
    return fail(Errc::invalid_request, "a directory's id of {} bytes: it has 16",
                message.directory_id().size());
  name.directory = DirectoryId(*directory);
  return name;
}

void write_replica(const metadata::QuorumReplica& replica, Offset leader_end,
                   v1::MetadataReplica& into) {
  into.set_broker_id(replica.broker.value());
  into.set_directory_id(replica.directory.to_bytes());
  into.set_host(replica.host);
  into.set_port(replica.port);
  into.set_votes(replica.votes);
  into.set_alive(replica.alive);
  into.set_may_vote(replica.caught_up);
  into.set_names_voters(replica.names_voters);
  into.set_log_end_offset(replica.log_end ? replica.log_end->value() : -1);
  // An answer of it may have overtaken what the leader was asked.
  into.set_lag(replica.log_end ? std::max<std::int64_t>(0, leader_end - *replica.log_end) : -1);
  into.set_silent_ms(replica.silent.count());
}

}  // namespace

Result<metadata::ChangeVoters> read_change_voters(const v1::ChangeVotersRequest& message) {
  metadata::ChangeVoters change;
  if (message.has_remove()) {
    TRY(change.remove, read_voter(message.remove()));
  }
  if (message.has_add()) {
    TRY(change.add, read_voter(message.add()));
  }
  return change;
}

v1::MetadataQuorum write_quorum(const service::VotersResponse& response) {
  const metadata::QuorumState& quorum = response.quorum;
  v1::MetadataQuorum message;
  message.set_leader_id(quorum.leader.value());
  message.set_term(quorum.term.value());
  message.set_log_end_offset(quorum.log_end.value());
  message.set_committed_offset(quorum.committed.value());
  for (const metadata::QuorumReplica& replica : quorum.replicas)
    write_replica(replica, quorum.log_end, *message.add_replicas());
  message.set_warning(response.warning);
  return message;
}

}  // namespace ropewalk::native
