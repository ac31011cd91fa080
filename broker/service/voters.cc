#include "broker/service/voters.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "broker/metadata/metadata_view.h"
#include "broker/security/authorizer.h"
#include "broker/service/propose.h"

namespace ropewalk::service {
namespace {

Result<void> check_allowed(const Parts& parts, const security::RequestContext& context,
                           security::Operation operation) {
  return parts.authorizer.authorize(
      context,
      {.operation = operation, .resource_type = security::ResourceType::cluster, .resource = {}});
}

Task<Result<VotersResponse>> look(const Parts& parts, env::MonotonicTime deadline) {
  metadata::ControllerEvent event = metadata::DescribeVoters();
  CO_TRY(auto decided, co_await propose_one(parts, std::move(event), deadline));
  VotersResponse response;
  response.quorum = std::get<metadata::QuorumState>(std::move(decided.answer));
  response.warning = warning_about(response.quorum);
  response.metadata_offset = decided.offset;
  co_return response;
}

// "brokers 1, 2 are".
std::string are(const std::vector<BrokerId>& brokers) {
  const bool one = brokers.size() == 1;
  return fmt::format("{}{}{}", one ? "broker " : "brokers ", fmt::join(brokers, ", "),
                     one ? " is" : " are");
}

}  // namespace

Task<Result<VotersResponse>> DescribeVoters::handle(security::RequestContext context) const {
  CO_TRY_VOID(check_allowed(parts_, context, security::Operation::describe));
  co_return co_await look(parts_, context.deadline);
}

Task<Result<VotersResponse>> ChangeVoters::handle(security::RequestContext context,
                                                  metadata::ChangeVoters change) const {
  CO_TRY_VOID(check_allowed(parts_, context, security::Operation::alter));
  metadata::ControllerEvent event = std::move(change);
  CO_TRY(const auto decided, co_await propose_one(parts_, std::move(event), context.deadline));
  // The controller may be another one by now.
  auto now = co_await look(parts_, context.deadline);
  if (now) co_return now;
  VotersResponse blind;
  blind.warning = fmt::format("the voters are changed, but nobody tells who they are now: {}",
                              to_string(now.error()));
  blind.metadata_offset = decided.offset;
  co_return blind;
}

std::string warning_about(const metadata::QuorumState& quorum) {
  std::size_t voters = 0;
  std::vector<BrokerId> moved, silent, exposed;
  for (const metadata::QuorumReplica& replica : quorum.replicas) {
    if (!replica.votes) continue;
    voters++;
    const bool follows_anew = std::ranges::any_of(quorum.replicas, [&](const auto& other) {
      return other.broker == replica.broker && !other.votes;
    });
    if (follows_anew)
      moved.push_back(replica.broker);
    else if (!replica.alive)
      silent.push_back(replica.broker);
    else if (!replica.names_voters)
      exposed.push_back(replica.broker);
  }
  std::vector<std::string> warnings;
  if (voters % 2 == 0 && voters > 0)
    warnings.push_back(
        fmt::format("{} voters bear no more failures than {}: add another one, or remove one",
                    voters, voters - 1));
  if (!moved.empty())
    warnings.push_back(
        fmt::format("{} back with another disk: replace the old one by it", are(moved)));
  if (!silent.empty()) warnings.push_back(fmt::format("{} silent", are(silent)));
  if (voters > 1 && !exposed.empty())
    warnings.push_back(
        fmt::format("{} not known to run with quorum_voters set: a lost disk would become a "
                    "cluster of its own",
                    are(exposed)));
  return fmt::format("{}", fmt::join(warnings, "; "));
}

}  // namespace ropewalk::service
