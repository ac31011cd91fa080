// What is on its way in the world, and the rules that what arrives must not break.
#include <algorithm>
#include <type_traits>
#include <utility>

#include "broker/replication/epoch_end.h"
#include "tests/sim/replication/world.h"

namespace ropewalk::replication {

void World::send(std::size_t to, Content content) {
  const std::uint8_t life = to == kController ? std::uint8_t(0) : brokers_[to].life;
  const bool answers =
      std::holds_alternative<EpochEndTold>(content) || std::holds_alternative<FetchAnswer>(content);
  messages_.push_back({to, life, std::move(content), chance(answers ? 0.12 : 0.05)});
}

void World::take_message() {
  const std::size_t index = random_.below(messages_.size());
  if (messages_[index].slow && !chance(0.05)) return;
  // A one-way message may come twice.
  const auto& content = messages_[index].content;
  const bool again = std::holds_alternative<Progressed>(content) && chance(0.1);
  // A copy whose sender has given up on it may be decided all the same.
  if (const auto* copy = std::get_if<Copy>(&content); copy && chance(0.2)) {
    const Copy given_up = *copy;
    std::get<Copy>(messages_[index].content).ticket = 0;  // Its answer reaches nobody.
    messages_[index].slow = chance(0.5);
    if (given_up.ticket != 0) answer(given_up, Errc::request_timed_out);
  } else if (chance(0.08)) {
    lose(index);
  } else {
    deliver(index, again);
  }
}

void World::deliver(std::size_t index, bool keep) {
  const Message message = messages_[index];
  if (!keep) messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(index));
  if (message.to == kController) return decide_copy(std::get<Copy>(message.content));
  Broker& broker = brokers_[message.to];
  if (!broker.alive || broker.life != message.life) return;
  std::visit(
      [&](const auto& content) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(content)>, Copy>) on(broker, content);
      },
      message.content);
}

// Lost on the way, or the connection closed: the one that waits for an answer hears of it.
void World::lose(std::size_t index) {
  const Message message = messages_[index];
  messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(index));
  if (const auto* copy = std::get_if<Copy>(&message.content)) answer(*copy, Errc::closed);
  if (const auto* asked = std::get_if<Ask>(&message.content)) brokers_[asked->from].asking = false;
  if (std::holds_alternative<EpochEndTold>(message.content) ||
      std::holds_alternative<FetchAnswer>(message.content))
    brokers_[message.to].asking = false;
  // An answer of the controller is never lost without a trace: the caller's deadline passes.
  if (const auto* answered = std::get_if<Answered>(&message.content)) {
    Answered late = *answered;
    late.answer.outcome = Errc::request_timed_out;
    messages_.push_back({message.to, message.life, late});
  }
}

void World::on(Broker& broker, const Progressed& message) {
  if (broker.leader) carry_out(broker, broker.leader->step(message, now_));
}

void World::on(Broker& broker, const Ask& message) {
  Broker& from = brokers_[message.from];
  // As Partition::check_role() does: an answer of another epoch is a typed error.
  if (!broker.leader || broker.role_epoch != message.leader_epoch) {
    from.asking = false;
    return;
  }
  if (message.progress) carry_out(broker, broker.leader->step(*message.progress, now_));
  log::EpochStarts starts;
  for (std::int64_t at = 0; at < broker.end(); at++)
    starts.appended(broker.log[static_cast<std::size_t>(at)].epoch, Offset(at));
  const EpochHistory history{starts, broker.role_epoch, Offset(broker.end())};
  EpochEndTold told{message.generation, message.request, broker.role_epoch, {}};
  if (const auto* asks = std::get_if<AskEpochEnd>(&message.request)) {
    told.end = end_of(asks->epoch, history);
    return send(message.from, told);
  }
  const auto& fetch = std::get<FetchFrom>(message.request);
  told.end = divergence(fetch.last_epoch, fetch.from, history);
  if (told.end) return send(message.from, told);
  FetchAnswer fetched{
      message.generation,           message.request, broker.role_epoch, fetch.from.value(), {},
      Offset(broker.high_watermark)};
  const std::int64_t most = fetch.from.value() + 1 + static_cast<std::int64_t>(random_.below(3));
  for (std::int64_t at = fetch.from.value(); at < std::min(most, broker.end()); at++)
    fetched.records.push_back(broker.log[static_cast<std::size_t>(at)]);
  send(message.from, std::move(fetched));
}

void World::on(Broker& broker, const EpochEndTold& message) {
  broker.asking = false;
  if (broker.follower) carry_out(broker, broker.follower->step(message), nullptr);
}

void World::on(Broker& broker, const FetchAnswer& message) {
  broker.asking = false;
  if (!broker.follower) return;
  std::vector<FetchedBatch> batches;
  for (std::size_t i = 0; i < message.records.size(); i++) {
    const Offset at(message.from + static_cast<std::int64_t>(i));
    batches.push_back({at, at + 1, message.records[i].epoch});
  }
  carry_out(broker,
            broker.follower->step(Fetched{.generation = message.generation,
                                          .request = message.request,
                                          .leader_epoch = message.leader_epoch,
                                          .batches = batches,
                                          .high_watermark = message.high_watermark,
                                          .log_start = Offset(0)}),
            &message);
}

void World::on(Broker& broker, const Answered& message) {
  if (broker.leader && broker.role_epoch == message.leader_epoch)
    carry_out(broker, broker.leader->step(message.answer, now_));
}

void World::decide_copy(const Copy& copy) {
  if (faults_ && controller_away_ > 0) {
    controller_away_--;
    return answer(copy, Errc::not_controller);
  }
  // A refusal for a cause that passes, as the check of the record's size or a broker that is away.
  if (faults_ && chance(0.1)) return answer(copy, Errc::ineligible_replica);
  const auto items = decide(copy.event);
  if (faults_ && items[0] &&
      chance(std::exchange(aimed_, false) ? 0.7 : 0.1)) {  // The new set is needed at once.
    Broker& leader = brokers_[copy.from];
    if (leader.alive && leader.life == copy.life) {
      stop(leader, End::killed);
      return fence_dead(leader);
    }
  }
  answer(copy, items[0] ? Errc::none : items[0].error().code);
}

void World::answer(const Copy& copy, Errc outcome) {
  messages_.push_back({copy.from, copy.life, Answered{{copy.ticket, outcome}, copy.leader_epoch}});
}

// What a leader shows was never shown otherwise (R1, R3, R4), but for what an unclean election
// cost.
void World::show(const Broker& broker, std::int64_t high_watermark) {
  const LeaderEpoch unclean = partition(newest()).last_unclean_epoch;
  for (std::int64_t at = 0; at < high_watermark; at++) {
    const auto index = static_cast<std::size_t>(at);
    const Shown shown{broker.log[index].number, broker.role_epoch};
    if (index == shown_.size()) shown_.push_back(shown);
    if (shown_[index].number == shown.number) continue;
    if (shown.epoch < unclean) return;  // It does not know yet that it leads no more.
    if (shown_[index].epoch >= unclean)
      return fail_rule(fmt::format("{} shows another record at {}", broker.id, at));
    shown_.resize(index);
    shown_.push_back(shown);
  }
}

// Whatever an earlier leader has shown is on every later one.
void World::check_new_leader(const Broker& broker) {
  const LeaderEpoch unclean = partition(newest()).last_unclean_epoch;
  for (std::size_t at = 0; at < shown_.size(); at++) {
    if (shown_[at].epoch >= broker.role_epoch || shown_[at].epoch < unclean) continue;
    if (at >= broker.log.size() || broker.log[at].number != shown_[at].number)
      return fail_rule(fmt::format("{} leads in epoch {} without the committed record at {}",
                                   broker.id, broker.role_epoch, at));
  }
}

// Whether an unclean election is behind it: until then it may have what that cost.
bool World::is_past_unclean(const Broker& broker) const {
  const LeaderEpoch unclean = partition(newest()).last_unclean_epoch;
  if (unclean == kNoLeaderEpoch) return true;
  return broker.role_epoch >= unclean &&
         (broker.leader || (broker.follower && broker.follower->agrees()));
}

void World::check_pairs() {
  for (const Broker& one : brokers_) {
    if (one.leader) check_new_leader(one);
    for (const Broker& other : brokers_) {
      if (!one.alive || !other.alive || !is_past_unclean(one) || !is_past_unclean(other)) continue;
      const auto both =
          static_cast<std::size_t>(std::min(one.high_watermark, other.high_watermark));
      for (std::size_t at = 0; at < both; at++)
        if (one.log[at] != other.log[at])
          return fail_rule(
              fmt::format("{} and {} differ at {}, below both watermarks", one.id, other.id, at));
    }
  }
}

}  // namespace ropewalk::replication
