#include "client/cli/voters_text.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "client/cli/table.h"

namespace ropewalk::cli {
namespace {

std::string role_of(const MetadataReplica& replica, const MetadataQuorum& quorum) {
  if (!replica.votes) return "observer";
  return replica.broker_id == quorum.leader_id ? "leader" : "voter";
}

std::string state_of(const MetadataReplica& replica) {
  if (!replica.alive) return "silent";
  return replica.votes || replica.may_vote ? "alive" : "catching up";
}

std::string number_or_dash(std::int64_t number) {
  return number < 0 ? "-" : fmt::format("{}", number);
}

std::string name_in_line(const MetadataReplica& replica) {
  std::string name = fmt::format("{}", replica.broker_id);
  if (!replica.alive)
    name += " (silent)";
  else if (replica.lag > 0)
    name += fmt::format(" ({} behind)", replica.lag);
  return name;
}

}  // namespace

std::string voters_text(const MetadataQuorum& quorum) {
  Table table({"BROKER", "DIRECTORY", "ADDRESS", "ROLE", "STATE", "LOG END", "LAG", "SILENT MS"});
  for (const MetadataReplica& replica : quorum.replicas)
    table.add({fmt::format("{}", replica.broker_id), replica.directory_id,
               replica.host.empty() ? "-" : fmt::format("{}:{}", replica.host, replica.port),
               role_of(replica, quorum), state_of(replica), number_or_dash(replica.log_end_offset),
               number_or_dash(replica.lag), fmt::format("{}", replica.silent.count())});
  return fmt::format("leader {}  term {}  committed {} of {}\n\n{}", quorum.leader_id, quorum.term,
                     quorum.committed_offset, quorum.log_end_offset, table.to_string());
}

boost::json::object voters_object(const MetadataQuorum& quorum) {
  boost::json::array replicas;
  for (const MetadataReplica& replica : quorum.replicas)
    replicas.push_back(boost::json::object{{"broker_id", replica.broker_id},
                                           {"directory_id", replica.directory_id},
                                           {"host", replica.host},
                                           {"port", replica.port},
                                           {"votes", replica.votes},
                                           {"alive", replica.alive},
                                           {"may_vote", replica.may_vote},
                                           {"names_voters", replica.names_voters},
                                           {"log_end_offset", replica.log_end_offset},
                                           {"lag", replica.lag},
                                           {"silent_ms", replica.silent.count()}});
  return {{"leader_id", quorum.leader_id},
          {"term", quorum.term},
          {"log_end_offset", quorum.log_end_offset},
          {"committed_offset", quorum.committed_offset},
          {"warning", quorum.warning},
          {"replicas", std::move(replicas)}};
}

std::string voters_json(const MetadataQuorum& quorum) {
  return boost::json::serialize(voters_object(quorum)) + "\n";
}

std::string voters_line(const MetadataQuorum& quorum) {
  std::string voters = "voters";
  std::string observers;
  for (const MetadataReplica& replica : quorum.replicas)
    (replica.votes ? voters : observers) += " " + name_in_line(replica);
  return observers.empty() ? voters : fmt::format("{}  observers{}", voters, observers);
}

}  // namespace ropewalk::cli
