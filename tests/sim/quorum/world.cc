#include "tests/sim/quorum/world.h"

#include <algorithm>

namespace ropewalk::quorum::hostile {
namespace {

Voters draw_voters(env::Random& random, int count) {
  Voters voters;
  for (int i = 0; i < count; i++)
    voters.push_back(voter_of({BrokerId(i + 1), DirectoryId(random.uuid())}));
  return voters;
}

}  // namespace

World::World(std::uint64_t seed)
    : random_(seed),
      traits_(draw_traits(random_)),
      network_(timeline_, random_, traits_, seen_, traits_.voters + traits_.observers),
      first_voters_(draw_voters(random_, traits_.voters)),
      referee_(timeline_, seen_, first_voters_),
      stage_{traits_, timeline_, random_, seen_, network_, referee_},
      clients_(stage_),
      nemesis_(stage_, clients_) {
  make_replicas();
  network_.deliver_to(
      [this](int place, Message message) { stage_.at(place).receive(std::move(message)); });
  stage_.began_to_lead = [this](Replica& leader) {
    clients_.began_to_lead(leader);
    nemesis_.began_to_lead(leader);
  };
  stage_.first_commit = [this](Replica& leader) { nemesis_.first_commit(leader); };
}

// As format leaves them: voters with the first entry of the first term, observers with nothing.
void World::make_replicas() {
  const Entry first{Offset(1), Term(1), voters_batch(first_voters_, 0)};
  const ClusterId cluster(random_.uuid());
  for (int place = 0; place < traits_.voters + traits_.observers; place++) {
    const bool votes = place < traits_.voters;
    Image image;
    image.state.cluster = cluster;
    image.state.node = BrokerId(place + 1);
    image.state.directory = votes ? first_voters_[static_cast<std::size_t>(place)].directory
                                  : DirectoryId(random_.uuid());
    image.state.term = Term(votes ? 1 : 0);
    if (votes) image.entries.push_back(first);
    stage_.replicas.push_back(std::make_unique<Replica>(stage_, place, std::move(image)));
  }
}

std::string World::run() {
  for (const auto& replica : stage_.replicas) replica->start();
  clients_.begin();
  nemesis_.begin();
  timeline_.run_until(traits_.hostile_for, [this] { return referee_.has_fault(); });
  if (!referee_.has_fault()) make_peace();
  return referee_.fault();
}

std::string World::describe() const {
  static constexpr std::string_view kRoles[] = {"follower", "pre-candidate", "candidate", "leader"};
  std::string text = fmt::format("{} voters, {} observers; {} entries committed\n", traits_.voters,
                                 traits_.observers, referee_.committed_end());
  for (const auto& replica : stage_.replicas) {
    const Image& image = replica->disk().durable();
    text += fmt::format("{}: ", replica->place() + 1);
    if (replica->alive()) {
      const RaftCore& core = replica->core();
      text +=
          fmt::format("{} in term {} of {}, log to {} (term {}), commit {}, voters",
                      kRoles[static_cast<std::size_t>(core.role())], core.term(), core.leader().id,
                      core.log_end().index, core.log_end().term, core.commit());
      for (const Voter& voter : core.voters())
        text += fmt::format(" {}{}", voter.id,
                            stage_.at(voter.id.value() - 1).key() == key_of(voter) ? "" : "'");
    } else {
      text += "down";
    }
    text += fmt::format("; durable: {} (term {}) behind a snapshot of {}\n", image.end().index,
                        image.end().term, image.snapshot.end.index);
  }
  return text;
}

void World::make_peace() {
  clients_.stop();
  nemesis_.stop();
  network_.heal();
  stage_.healed = true;
  for (const auto& replica : stage_.replicas) {
    replica->slow_down(0);
    replica->start();
  }
  if (random_.chance(0.5)) leave_a_minority_down();
  expect([this] { return something_is_committed(); }, 40, "nothing is committed");
  for (const auto& replica : stage_.replicas) replica->start();
  last_values_.clear();
  expect([this] { return all_agree(); }, 60, "not all replicas come to have everything");
}

// Only if all know of the same voters: else it might be a majority to some.
void World::leave_a_minority_down() {
  const Voters& voters = referee_.committed_voters();
  for (const auto& replica : stage_.replicas)
    if (replica->core().voters() != voters) return;
  std::size_t may_go = (voters.size() - 1) / 2;
  if (clients_.replacing() && may_go > 0) may_go--;
  if (may_go > 0) seen_.note(Seen::minorities_left_down);
  const std::size_t first = random_.below(voters.size());
  for (std::size_t i = 0; i < may_go; i++) {
    const Voter& voter = voters[(first + i) % voters.size()];
    stage_.at(voter.id.value() - 1).crash_for_good();
  }
}

void World::expect(const std::function<bool()>& comes, Time elections, std::string_view what) {
  // Logs may have to be sent an entry at a time.
  const Time end = timeline_.now() + elections * traits_.election() +
                   entries_to_send() * 4 * (traits_.delay_max + 1);
  while (timeline_.now() < end && !referee_.has_fault()) {
    if (comes()) return;
    if (!something_is_committed()) propose_something();
    const Time pause = traits_.election() / 2;
    timeline_.run_until(timeline_.now() + pause, [this] { return referee_.has_fault(); });
  }
  referee_.fail(-1, fmt::format("{} in {} election time-outs of peace", what, elections));
}

void World::propose_something() {
  for (const auto& replica : stage_.replicas)
    if (replica->leads())
      if (const auto value = clients_.propose(*replica)) last_values_.push_back(*value);
}

std::int64_t World::entries_to_send() const {
  Offset longest;
  for (const auto& replica : stage_.replicas)
    longest = std::max(longest, replica->disk().written().end().index);
  std::int64_t missing = 0;
  for (const auto& replica : stage_.replicas)
    missing = std::max(missing, longest - replica->disk().written().snapshot.end.index);
  return missing;
}

bool World::something_is_committed() const {
  return std::ranges::any_of(last_values_,
                             [this](std::uint64_t value) { return referee_.has_committed(value); });
}

bool World::all_agree() const {
  return something_is_committed() && std::ranges::all_of(stage_.replicas, [this](const auto& one) {
           return one->core().commit() == referee_.committed_end() &&
                  one->applied() == referee_.committed_end() &&
                  one->core().voters() == referee_.committed_voters();
         });
}

}  // namespace ropewalk::quorum::hostile
