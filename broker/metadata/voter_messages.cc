#include "broker/metadata/voter_messages.h"

#include "broker/metadata/controller_messages.h"

namespace ropewalk::metadata {
namespace {

void put_voter(const VoterName& name, internal::VoterName& to) {
  to.set_broker(name.broker.value());
  if (!name.directory.is_none()) to.set_directory(name.directory.to_bytes());
}

Result<VoterName> take_voter(const internal::VoterName& from) {
  if (from.directory().empty()) return VoterName{BrokerId(from.broker()), DirectoryId()};
  TRY(const auto directory, take_id<DirectoryId>(from.directory()));
  return VoterName{BrokerId(from.broker()), directory};
}

void put_replica(const QuorumReplica& replica, internal::MetadataQuorumReplica& to) {
  to.set_broker(replica.broker.value());
  to.set_directory(replica.directory.to_bytes());
  to.set_host(replica.host);
  to.set_port(replica.port);
  to.set_votes(replica.votes);
  to.set_alive(replica.alive);
  to.set_caught_up(replica.caught_up);
  to.set_names_voters(replica.names_voters);
  if (replica.log_end) to.set_log_end(replica.log_end->value());
  to.set_silent_ms(replica.silent.count());
}

Result<QuorumReplica> take_replica(const internal::MetadataQuorumReplica& from) {
  if (from.port() > std::numeric_limits<std::uint16_t>::max())
    return fail(Errc::malformed_frame, "a replica of the metadata log at port {}", from.port());
  QuorumReplica replica;
  replica.broker = BrokerId(from.broker());
  TRY(replica.directory, take_id<DirectoryId>(from.directory()));
  replica.host = from.host();
  replica.port = static_cast<std::uint16_t>(from.port());
  replica.votes = from.votes();
  replica.alive = from.alive();
  replica.caught_up = from.caught_up();
  replica.names_voters = from.names_voters();
  if (from.has_log_end()) replica.log_end = Offset(from.log_end());
  replica.silent = std::chrono::milliseconds(from.silent_ms());
  return replica;
}

}  // namespace

internal::ChangeVoters message_of(const ChangeVoters& event) {
  internal::ChangeVoters message;
  if (event.remove) put_voter(*event.remove, *message.mutable_remove());
  if (event.add) put_voter(*event.add, *message.mutable_add());
  return message;
}

Result<ControllerEvent> voters_change_of(const internal::ChangeVoters& from) {
  ChangeVoters event;
  if (from.has_remove()) {
    TRY(event.remove, take_voter(from.remove()));
  }
  if (from.has_add()) {
    TRY(event.add, take_voter(from.add()));
  }
  return event;
}

internal::MetadataQuorumState message_of(const QuorumState& state) {
  internal::MetadataQuorumState message;
  message.set_leader(state.leader.value());
  message.set_term(state.term.value());
  message.set_log_end(state.log_end.value());
  message.set_committed(state.committed.value());
  for (const QuorumReplica& replica : state.replicas) put_replica(replica, *message.add_replicas());
  return message;
}

Result<QuorumState> quorum_state_of(const internal::MetadataQuorumState& from) {
  QuorumState state{BrokerId(from.leader()),
                    Term(from.term()),
                    Offset(from.log_end()),
                    Offset(from.committed()),
                    {}};
  for (const internal::MetadataQuorumReplica& each : from.replicas()) {
    TRY(auto replica, take_replica(each));
    state.replicas.push_back(std::move(replica));
  }
  return state;
}

}  // namespace ropewalk::metadata
