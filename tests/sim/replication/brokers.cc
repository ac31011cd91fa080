// What a broker of the world does: its roles, its log, its end.
#include <algorithm>
#include <utility>

#include "broker/metadata/topic_settings.h"
#include "tests/sim/replication/world.h"

namespace ropewalk::replication {

using namespace std::chrono_literals;

void World::apply_next(Broker& broker) {
  broker.applied++;
  const metadata::Image& image = *images_[broker.applied];
  if (image.partition(id_)) take_role(broker, image);
}

Leadership World::leadership(const Broker& broker, const metadata::Image& image) const {
  const auto& state = partition(image);
  Leadership leads;
  leads.self = broker.id;
  leads.leader_epoch = state.leader_epoch;
  leads.partition_epoch = state.partition_epoch;
  leads.in_sync.insert(state.in_sync.begin(), state.in_sync.end());
  leads.min_in_sync = metadata::effective_min_in_sync(
      metadata::effective_settings(image, *image.topic(id_.topic)), state);
  leads.stable_by = state.durability == metadata::Durability::replicated ? StableBy::log_end
                                                                         : StableBy::durable_end;
  for (const BrokerId id : state.replicas)
    if (const auto* known = image.broker(id))
      leads.replicas[id] = {known->incarnation, !known->fenced && !known->in_controlled_shutdown};
  return leads;
}

void World::end_role(Broker& broker) {
  if (broker.leader) (void)broker.leader->resign();
  broker.waiting.clear();
  broker.leader.reset();
  broker.follower.reset();
  broker.asking = false;
  broker.generation++;
}

void World::take_role(Broker& broker, const metadata::Image& image) {
  const auto& state = partition(image);
  const bool leads = state.leader == broker.id;
  if (state.leader_epoch == broker.role_epoch) {
    if (broker.leader)
      carry_out(broker, broker.leader->step(Changed{leadership(broker, image)}, now_));
    return;
  }
  end_role(broker);
  broker.role_epoch = state.leader_epoch;
  if (leads) {
    elections_++;
    broker.leader.emplace(leadership(broker, image), Offset(broker.end()), Offset(broker.durable),
                          Offset(broker.high_watermark), now_,
                          ReplicationTimes{.replica_lag_max = 300ms, .proposal_retry = 10ms});
    tell(fmt::format("{} leads in epoch {}", broker.id, state.leader_epoch));
    check_new_leader(broker);
    if (broker.leader->high_watermark() < Offset(broker.high_watermark))
      fail_rule(fmt::format("R3: the watermark of {} goes back", broker.id));
    show(broker, broker.leader->high_watermark().value());
    broker.high_watermark = broker.leader->high_watermark().value();
  } else if (state.leader != kNoBroker) {
    OwnLog log;
    for (std::int64_t at = 0; at < broker.end(); at++)
      log.epochs.appended(broker.log[static_cast<std::size_t>(at)].epoch, Offset(at));
    log.log_end = Offset(broker.end());
    log.durable_end = Offset(broker.durable);
    log.high_watermark = Offset(broker.high_watermark);
    log.generation = broker.generation;
    broker.follower.emplace(Following{.self = broker.id,
                                      .incarnation = life_of(broker.id, broker.life),
                                      .leader = state.leader,
                                      .leader_epoch = state.leader_epoch,
                                      .last_unclean_epoch = state.last_unclean_epoch,
                                      .stable_by = leadership(broker, image).stable_by},
                            std::move(log));
  }
}

void World::produce(Broker& broker) {
  if (!broker.leader->admit(Acks::all)) return;
  broker.log.push_back({broker.role_epoch, next_number_++});
  carry_out(broker, broker.leader->step(Written{Offset(broker.end())}, now_));
  broker.waiting[next_waiter_] = broker.end();
  carry_out(broker,
            broker.leader->step(Waits{next_waiter_++, Acks::all, Offset(broker.end())}, now_));
}

void World::sync(Broker& broker) {
  if (broker.durable == broker.end()) return;
  broker.durable = broker.end();
  const Offset end(broker.durable);
  if (broker.leader) carry_out(broker, broker.leader->step(Synced{end}, now_));
  if (broker.follower)
    carry_out(broker, broker.follower->step(FollowerSynced{broker.generation, end}), nullptr);
}

void World::ask(Broker& broker) {
  const auto request = broker.follower->next_request();
  if (!request || std::exchange(broker.asking, true)) return;
  const auto leader = static_cast<std::size_t>(broker.follower->following().leader.value() - 1);
  send(leader, Ask{static_cast<std::size_t>(broker.id.value() - 1), broker.generation,
                   broker.role_epoch, *request, broker.follower->progress()});
}

void World::stop(Broker& broker, End how) {
  end_role(broker);
  broker.role_epoch = kNoLeaderEpoch;
  broker.alive = false;
  broker.clean = how == End::clean;
  if (how == End::clean) broker.durable = broker.end();
  if (how == End::power_lost) {
    const auto unsynced = static_cast<std::uint64_t>(broker.end() - broker.durable);
    const std::int64_t kept =
        broker.durable + static_cast<std::int64_t>(random_.below(unsynced + 1));
    broker.cut |= kept < broker.end() && chance(0.1);
    broker.log.resize(static_cast<std::size_t>(kept));
  }
  // A slot's watermark is never above its durable end, and may be an old one.
  broker.high_watermark = chance(0.3) ? 0 : std::min(broker.high_watermark, broker.durable);
  tell(fmt::format("{} {}", broker.id,
                   how == End::clean    ? "stops"
                   : how == End::killed ? "is killed"
                                        : "loses power"));
}

// Who was to join begins another life while the controller cannot be reached.
void World::aim() {
  controller_away_ = 8;
  if (!last_proposed_) return;
  Broker& broker = brokers_[*last_proposed_];
  last_proposed_.reset();
  if (!broker.alive) return;
  controller_away_ = 25;
  stop(broker, End::power_lost);
  start(broker);
  heartbeat(broker, false);
  aimed_ = true;
}

void World::cut(Broker& broker, std::int64_t end) {
  broker.log.resize(static_cast<std::size_t>(end));
  broker.durable = std::min(broker.durable, end);
  broker.high_watermark = std::min(broker.high_watermark, end);
  broker.generation++;
  carry_out(broker,
            broker.follower->step(Cut{broker.generation, Offset(end), Offset(broker.durable)}),
            nullptr);
}

// A sync that is asked for ends in a later step, as all others.
void World::carry_out(Broker& broker, const LeaderEffects& effects) {
  if (effects.high_watermark) {
    if (effects.high_watermark->value() < broker.high_watermark)
      fail_rule(fmt::format("R3: the watermark of {} goes back", broker.id));
    const auto& leads = broker.leader->leadership();
    if (std::ssize(leads.in_sync) < leads.min_in_sync)
      fail_rule(fmt::format("R3: the watermark of {} moves below the minimum", broker.id));
    show(broker, effects.high_watermark->value());
    broker.high_watermark = effects.high_watermark->value();
  }
  for (const WaiterId waiter : effects.answer) {
    if (broker.waiting.at(waiter) > broker.high_watermark)
      fail_rule(fmt::format("R4: {} answers above its watermark", broker.id));
    broker.waiting.erase(waiter);
  }
  for (const WaiterId waiter : effects.too_few) broker.waiting.erase(waiter);
  if (!effects.propose) return;
  const InSyncProposal& wanted = *effects.propose;
  tell(fmt::format("{} proposes {} members under {}", broker.id, wanted.in_sync.size(),
                   wanted.partition_epoch));
  for (const auto& member : wanted.in_sync)
    if (!broker.leader->leadership().in_sync.contains(member.broker))
      last_proposed_ = static_cast<std::size_t>(member.broker.value() - 1);
  send(kController, Copy{metadata::AlterInSync{
                             broker.id,
                             broker.epoch,
                             {{id_, wanted.leader_epoch, wanted.partition_epoch, wanted.in_sync}}},
                         wanted.ticket, static_cast<std::size_t>(broker.id.value() - 1),
                         broker.life, broker.role_epoch});
}

void World::carry_out(Broker& broker, const FollowerEffects& effects, const FetchAnswer* fetched) {
  if (effects.damaged)
    fail_rule(fmt::format("R5: {} takes its log for damaged: {}", broker.id, *effects.damaged));
  if (effects.truncate_to) {
    tell(fmt::format("{} truncates to {}", broker.id, *effects.truncate_to));
    return cut(broker, effects.truncate_to->value());
  }
  if (effects.append > 0) {
    ENSURE(fetched && fetched->records.size() == effects.append, "appends of nothing");
    broker.log.insert(broker.log.end(), fetched->records.begin(), fetched->records.end());
    carry_out(broker,
              broker.follower->step(FollowerWritten{broker.generation, Offset(broker.end())}),
              nullptr);
  }
  if (effects.high_watermark) broker.high_watermark = effects.high_watermark->value();
  if (effects.tell)
    send(static_cast<std::size_t>(broker.follower->following().leader.value() - 1), *effects.tell);
}

}  // namespace ropewalk::replication
