#include "client/src/ask_and_wait.h"
#include "common/uuid.h"
#include "ropewalk/admin.h"
#include "ropewalk/v1/voters.pb.h"

namespace ropewalk {
namespace {

Result<void> put_voter(const VoterName& name, v1::VoterRef& to) {
  to.set_broker_id(name.broker_id);
  if (name.directory_id.empty()) return {};
  const auto directory = Uuid::from_base64(name.directory_id);
  if (!directory)
    return fail(Errc::invalid_request, "'{}' is no id of a directory", name.directory_id);
  to.set_directory_id(directory->to_bytes());
  return {};
}

MetadataReplica replica_of(const v1::MetadataReplica& said) {
  const auto directory = Uuid::from_bytes(said.directory_id());
  return {.broker_id = said.broker_id(),
          .directory_id = directory ? directory->to_base64() : std::string(),
          .host = said.host(),
          .port = static_cast<std::uint16_t>(said.port()),
          .votes = said.votes(),
          .alive = said.alive(),
          .may_vote = said.may_vote(),
          .names_voters = said.names_voters(),
          .log_end_offset = said.log_end_offset(),
          .lag = said.lag(),
          .silent = std::chrono::milliseconds(said.silent_ms())};
}

MetadataQuorum quorum_of(const v1::MetadataQuorum& said) {
  MetadataQuorum quorum{.leader_id = said.leader_id(),
                        .term = said.term(),
                        .log_end_offset = said.log_end_offset(),
                        .committed_offset = said.committed_offset(),
                        .replicas = {},
                        .warning = said.warning()};
  for (const v1::MetadataReplica& replica : said.replicas())
    quorum.replicas.push_back(replica_of(replica));
  return quorum;
}

}  // namespace

Result<MetadataQuorum> Admin::metadata_quorum() {
  TRY(const v1::DescribeVotersResponse response,
      client::ask_and_wait<v1::DescribeVotersResponse>(shell_, v1::API_DESCRIBE_VOTERS, false,
                                                       v1::DescribeVotersRequest()));
  return quorum_of(response.quorum());
}

Result<MetadataQuorum> Admin::change_voters(const VoterChange& change) {
  v1::ChangeVotersRequest request;
  if (change.remove) TRY_VOID(put_voter(*change.remove, *request.mutable_remove()));
  if (change.add) TRY_VOID(put_voter(*change.add, *request.mutable_add()));
  TRY(const v1::ChangeVotersResponse response,
      client::ask_and_wait<v1::ChangeVotersResponse>(shell_, v1::API_CHANGE_VOTERS, true,
                                                     std::move(request)));
  return quorum_of(response.quorum());
}

}  // namespace ropewalk
