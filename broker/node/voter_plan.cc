#include "broker/node/voter_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "broker/quorum/raft/entry.h"

namespace ropewalk::node {
namespace {

using metadata::BrokerRegistration;
using metadata::VoterName;
using quorum::QuorumMember;
using quorum::Voter;
using quorum::Voters;

bool is_meant(const VoterName& name, const Voter& voter) {
  return voter.id == name.broker && (name.directory.is_none() || voter.directory == name.directory);
}

// The registration of the life that keeps this copy; null if the broker has registered none, or
// lives with another disk.
const BrokerRegistration* life_of(const metadata::Image& image, const Voter& voter) {
  const BrokerRegistration* broker = image.broker(voter.id);
  const bool same =
      broker && !broker->directories.empty() && broker->directories.front() == voter.directory;
  return same ? broker : nullptr;
}

bool names_voters(const metadata::Image& image, const Voter& voter) {
  const BrokerRegistration* life = life_of(image, voter);
  return life && life->names_voters;
}

// As a broker has registered it is reached by all; it may have moved since it was made a voter.
Voter at_its_address(const metadata::Image& image, Voter voter) {
  const BrokerRegistration* life = life_of(image, voter);
  const auto* listens = life ? metadata::find_listener(*life, "broker") : nullptr;
  if (listens) voter.endpoint = {listens->host, listens->port};
  return voter;
}

class Plan {
 public:
  Plan(const metadata::Image& image, const quorum::QuorumLook& look) : image_(image), look_(look) {
    for (const QuorumMember& member : look.members)
      if (member.votes) voters_.push_back(at_its_address(image, member.replica));
  }

  Result<void> remove(const VoterName& name) {
    const auto found =
        std::ranges::find_if(voters_, [&](const Voter& voter) { return is_meant(name, voter); });
    if (found == voters_.end())
      return fail(Errc::not_found, "broker {} does not vote{}", name.broker,
                  name.directory.is_none() ? std::string()
                                           : fmt::format(" under directory {}", name.directory));
    if (voters_.size() == 1)
      return fail(Errc::policy_violation, "broker {} is the only voter: add another one first",
                  name.broker);
    voters_.erase(found);
    TRY_VOID(check_alive());
    steps_.push_back(voters_);
    return {};
  }

  Result<void> add(const Voter& voter) {
    voters_.push_back(voter);
    TRY_VOID(check_alive());
    steps_.push_back(voters_);
    return {};
  }

  // Who would be added. `leaving`: who goes in the same change, if anybody does.
  Result<Voter> candidate(const VoterName& name, const std::optional<VoterName>& leaving) const {
    for (const Voter& voter : voters_) {
      if (voter.id != name.broker || (leaving && is_meant(*leaving, voter))) continue;
      return fail(Errc::already_exists,
                  "broker {} votes already, under directory {}. If it has lost that, replace it",
                  voter.id, voter.directory);
    }
    const QuorumMember* found = nullptr;
    for (const QuorumMember& member : look_.members) {
      if (member.votes || !is_meant(name, member.replica)) continue;
      // Of several the one that is registered; the others are its earlier lives.
      if (!found || life_of(image_, member.replica)) found = &member;
    }
    if (!found) return unheard_of(name);
    if (!found->caught_up)
      return fail(Errc::not_enough_replicas,
                  "broker {} has not fetched the metadata to its end yet: it has {} of {} entries",
                  name.broker, found->log_end.value_or(Offset(0)), look_.log_end);
    return at_its_address(image_, found->replica);
  }

  // A voter that comes back with an empty disk and no quorum_voters would be a new cluster under
  // an address that this one knows.
  Result<void> check_settings(const Voter& added, const std::optional<VoterName>& leaving) const {
    for (const Voter& voter : voters_) {
      if (leaving && is_meant(*leaving, voter)) continue;
      if (!names_voters(image_, voter)) return without_setting(voter, "votes");
    }
    if (!names_voters(image_, added)) return without_setting(added, "is to vote");
    return {};
  }

  std::size_t size() const { return voters_.size(); }
  std::vector<Voters> steps() && { return std::move(steps_); }

 private:
  // Who follows and has not told this leader so, as after a change of leaders, soon will.
  Result<Voter> unheard_of(const VoterName& name) const {
    const BrokerRegistration* broker = image_.broker(name.broker);
    if (broker && !broker->fenced && !broker->directories.empty()) {
      const Voter living{name.broker, broker->directories.front(), {}};
      const bool votes = std::ranges::any_of(look_.members, [&](const QuorumMember& member) {
        return member.votes && quorum::key_of(member.replica) == quorum::key_of(living);
      });
      if (votes)
        return fail(Errc::already_exists,
                    "broker {} lives and votes, under directory {}: it has lost nothing", living.id,
                    living.directory);
      if (is_meant(name, living))
        return fail(Errc::not_enough_replicas,
                    "broker {} has not yet told the controller what it has of the metadata",
                    name.broker);
    }
    return fail(Errc::not_found,
                "broker {} does not follow the metadata{}: format its directory with this "
                "cluster's id, not among quorum_voters, and start it",
                name.broker, name.directory.is_none() ? "" : " under that directory");
  }

  static Result<void> without_setting(const Voter& voter, std::string_view role) {
    return fail(Errc::policy_violation,
                "broker {} {} and is not known to run with quorum_voters set: if it lost its disk "
                "it would make a new cluster under its old address. Restart it with quorum_voters",
                voter.id, role);
  }

  Result<void> check_alive() const {
    std::size_t alive = 0;
    for (const Voter& voter : voters_)
      alive += std::ranges::any_of(look_.members, [&](const QuorumMember& member) {
        return member.alive && quorum::key_of(member.replica) == quorum::key_of(voter);
      });
    const std::size_t needed = voters_.size() / 2 + 1;
    if (alive >= needed) return {};
    return fail(Errc::policy_violation,
                "of the {} voters that there would be {} are heard of, and {} are needed: nothing "
                "could be changed any more. Remove or replace those that are gone first",
                voters_.size(), alive, needed);
  }

  const metadata::Image& image_;
  const quorum::QuorumLook& look_;
  Voters voters_;
  std::vector<Voters> steps_;
};

}  // namespace

Result<std::vector<Voters>> plan_voters(const metadata::Image& image,
                                        const quorum::QuorumLook& look,
                                        const metadata::ChangeVoters& event) {
  Plan plan(image, look);
  if (!event.add && !event.remove)
    return fail(Errc::invalid_request, "who is to vote, or not to vote any more, is not said");
  if (!event.add) {
    TRY_VOID(plan.remove(*event.remove));
    return std::move(plan).steps();
  }
  TRY(const Voter added, plan.candidate(*event.add, event.remove));
  TRY_VOID(plan.check_settings(added, event.remove));
  // The other way round there is one voter more on the way, which bears more failures.
  const bool remove_first =
      event.remove && (event.remove->broker == event.add->broker || plan.size() >= kVotersMax);
  if (remove_first) TRY_VOID(plan.remove(*event.remove));
  if (plan.size() >= kVotersMax)
    return fail(Errc::policy_violation, "there are {} voters; more only make all slower",
                plan.size());
  TRY_VOID(plan.add(added));
  if (event.remove && !remove_first) TRY_VOID(plan.remove(*event.remove));
  return std::move(plan).steps();
}

metadata::QuorumState quorum_state(const metadata::Image& image, const quorum::QuorumLook& look,
                                   BrokerId leader) {
  metadata::QuorumState state{leader, look.term, look.log_end, look.committed, {}};
  for (const QuorumMember& member : look.members) {
    metadata::QuorumReplica& replica = state.replicas.emplace_back();
    const Voter shown = at_its_address(image, member.replica);
    replica.broker = shown.id;
    replica.directory = shown.directory;
    replica.host = shown.endpoint.host;
    replica.port = shown.endpoint.port;
    replica.votes = member.votes;
    replica.alive = member.alive;
    replica.caught_up = member.caught_up;
    replica.names_voters = names_voters(image, member.replica);
    replica.log_end = member.log_end;
    replica.silent = std::chrono::floor<std::chrono::milliseconds>(member.silent);
  }
  return state;
}

}  // namespace ropewalk::node
