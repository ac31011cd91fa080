// Observers as their leader sees them: each asks for what follows its log, and gets one answer.
#include <algorithm>

#include "broker/quorum/raft/raft_core.h"

namespace ropewalk::quorum {

void RaftCore::handle(const Message& message, Fetch& fetch) {
  if (role_ != Role::leader) {
    send(message.from, Elsewhere{leader_});
    return;
  }
  const bool agrees = log_.has(fetch.end);
  const LogEnd agreed = agrees ? fetch.end : log_.last_agreement(fetch.end);
  if (const auto voter = progress_.find(message.from); voter != progress_.end()) {
    // It does not know yet that it votes. What it has is durable, so in this term it counts.
    voter->second.asked(agreed.index);
    AppendReply reply{.index = fetch.end.index};
    if (agrees && message.term == state_.term)
      handle(message, reply);
    else
      send_append(voter->first, voter->second, true);
    return;
  }
  if (!observers_.contains(message.from) && observers_.size() >= config_.observers_max) return;
  Observer& observer = observers_[message.from];
  observer.asking = true;
  observer.silent_ticks = 0;
  observer.agreed = agreed;
  observer.commit = fetch.commit;
  if (agrees && fetch.end == log_.end()) observer.behind_ticks = 0;
  if (!agrees || has_news_for(observer)) answer_observer(message.from, observer);
}

bool RaftCore::has_news_for(const Observer& observer) const {
  return observer.agreed != log_.end() || observer.commit < commit_;
}

void RaftCore::answer_observer(const ReplicaKey& key, Observer& observer) {
  observer.asking = false;
  if (!log_.has(observer.agreed)) {
    send(key, SnapshotOffer{snapshot_, round_});
    return;
  }
  AppendRequest request{.prev = observer.agreed, .commit = commit_, .round = round_};
  request.entries = log_.slice(observer.agreed.index + 1, log_.end().index + 1,
                               config_.message_entries_max, config_.message_bytes_max);
  send(key, std::move(request));
}

void RaftCore::answer_observers(bool even_if_empty) {
  for (auto& [key, observer] : observers_)
    if (observer.asking && (even_if_empty || has_news_for(observer)))
      answer_observer(key, observer);
}

void RaftCore::tick_observers() {
  for (auto& [key, observer] : observers_) {
    observer.silent_ticks++;
    observer.behind_ticks++;
  }
  // Who was forgotten asks again.
  std::erase_if(observers_, [&](const auto& observer) {
    return observer.second.silent_ticks > 2 * config_.election_ticks;
  });
}

std::vector<ReplicaKey> RaftCore::observers() const {
  std::vector<ReplicaKey> keys;
  for (const auto& [key, observer] : observers_) keys.push_back(key);
  return keys;
}

bool RaftCore::caught_up(const ReplicaKey& observer) const {
  const auto found = observers_.find(observer);
  return found != observers_.end() && found->second.behind_ticks < config_.election_ticks &&
         hears(observer);
}

bool RaftCore::hears(const ReplicaKey& key) const {
  if (key == self_) return true;
  const auto known = standing(key);
  return known && known->silent_ticks < config_.election_ticks;
}

std::optional<RaftCore::Standing> RaftCore::standing(const ReplicaKey& key) const {
  if (const auto voter = progress_.find(key); voter != progress_.end())
    return Standing{voter->second.match(), voter->second.silent_ticks()};
  if (const auto found = observers_.find(key); found != observers_.end())
    return Standing{found->second.agreed.index, found->second.silent_ticks};
  return std::nullopt;
}

}  // namespace ropewalk::quorum
