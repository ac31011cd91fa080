#include "broker/service/fetch_sessions.h"

#include <limits>
#include <utility>

namespace ropewalk::service {
namespace {

constexpr std::int32_t kNoSession = -1;    // As an epoch: the request has none.
constexpr std::int32_t kWantsSession = 0;  // As an epoch: one is to begin.

std::int32_t epoch_after(std::int32_t epoch) {
  return epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1;
}

// A session is not taken over by others, however its id became known to them.
bool is_same(const security::Caller& a, const security::Caller& b) {
  return a.listener == b.listener && a.name_space == b.name_space && a.principal == b.principal;
}

// Outside of a session a partition's slot is its place in the request.
void number(std::vector<SlottedPartition>& partitions) {
  for (std::size_t i = 0; i < partitions.size(); i++)
    partitions[i].slot = static_cast<std::uint32_t>(i);
}

}  // namespace

FetchSessions::FetchSessions(Options options, env::Random random)
    : options_(options), random_(random) {}

auto FetchSessions::begin(const std::shared_ptr<const security::Caller>& caller,
                          FetchRequest& request, env::MonotonicTime now) -> Result<Turn> {
  if (request.session_epoch != kNoSession && request.session_epoch != kWantsSession)
    return go_on(*caller, request, now);
  if (const Held* const ended = find(*caller, request.session_id)) remove(by_id_.at(ended->id));
  Turn turn;
  turn.partitions.reserve(request.partitions.size());
  for (FetchPartition& wanted : request.partitions)
    turn.partitions.push_back({.wanted = std::move(wanted)});
  number(turn.partitions);
  turn.wants_session = request.session_epoch == kWantsSession;
  return turn;
}

auto FetchSessions::go_on(const security::Caller& caller, FetchRequest& request,
                          env::MonotonicTime now) -> Result<Turn> {
  Held* const held = find(caller, request.session_id);
  if (held == nullptr)
    return fail(Errc::fetch_session_id_not_found, "there is no fetch session {}",
                request.session_id);
  if (request.session_epoch != held->next_epoch)
    return fail(Errc::invalid_fetch_session_epoch,
                "session_epoch {} of fetch session {}, whose next is {}", request.session_epoch,
                request.session_id, held->next_epoch);
  touch(*held, now);
  held->next_epoch = epoch_after(held->next_epoch);
  FetchSession& session = held->session;
  const std::size_t partitions_before = session.size();
  const std::size_t bytes_before = session.bytes();
  Turn turn;
  for (const ForgottenPartition& forgotten : request.forgotten) {
    if (const auto slot = session.forget(forgotten)) turn.forgotten.push_back(*slot);
  }
  for (FetchPartition& wanted : request.partitions) session.want(std::move(wanted));
  resized(partitions_before, bytes_before, session);

  if (session.size() == 0) {
    remove(by_id_.at(held->id));
    return turn;
  }
  while (bytes_ > options_.bytes_max && evict_idle(now)) continue;
  const bool goes = bytes_ > options_.bytes_max;
  turn.watches_anew = std::exchange(held->in_turn, true);
  if (goes || turn.watches_anew) session.wake_all();
  turn.partitions = session.to_look_at();
  if (goes) {
    number(turn.partitions);
    evict(by_id_.at(held->id));
    return turn;
  }
  turn.session_id = held->id;
  turn.next_epoch = held->next_epoch;
  return turn;
}

void FetchSessions::end(const std::shared_ptr<const security::Caller>& caller, Turn turn,
                        FetchResponse& response, env::MonotonicTime now) {
  if (response.error.code != Errc::none) {
    response.session_id = turn.session_id;
    return;
  }
  if (turn.wants_session) {
    response.session_id =
        begin_session(caller, std::move(turn.partitions), response.partitions, now);
    return;
  }
  Held* const held = find(*caller, turn.session_id);
  if (held == nullptr) return;  // There is none, or it had to go: all is told, under no session.
  response.session_id = held->id;
  if (held->next_epoch != turn.next_epoch) {
    response.partitions.clear();
    response.error = {Errc::invalid_fetch_session_epoch,
                      fmt::format("the next request of fetch session {} came before this one "
                                  "was answered",
                                  held->id)};
    return;
  }
  touch(*held, now);
  held->in_turn = false;
  held->session.tell_news(response.partitions);
  for (const std::uint32_t slot : turn.quiet) held->session.found_quiet(slot);
}

std::optional<SlottedPartition> FetchSessions::moved(std::int32_t session_id, std::uint32_t slot) {
  const auto held = by_id_.find(session_id);
  if (held == by_id_.end()) return std::nullopt;
  return held->second->session.moved(slot);
}

std::vector<SlottedPartition> FetchSessions::wake_all(std::int32_t session_id) {
  const auto held = by_id_.find(session_id);
  if (held == by_id_.end()) return {};
  return held->second->session.wake_all();
}

// 0 where there is no room for it.
std::int32_t FetchSessions::begin_session(const std::shared_ptr<const security::Caller>& caller,
                                          std::vector<SlottedPartition> partitions,
                                          const std::vector<FetchResult>& told,
                                          env::MonotonicTime now) {
  if (partitions.empty() || options_.sessions_max == 0) return 0;
  ByUse made;
  Held& held = made.emplace_back();
  for (SlottedPartition& partition : partitions) held.session.want(std::move(partition.wanted));
  if (!make_room(held.session.size(), held.session.bytes(), now)) return 0;
  held.session.tell_all(told);
  held.id = new_id();
  held.caller = caller;
  held.created = held.used = now;
  resized(0, 0, held.session);
  by_id_.emplace(held.id, made.begin());
  by_use_.splice(by_use_.end(), made);
  return held.id;
}

bool FetchSessions::make_room(std::size_t partitions, std::size_t bytes, env::MonotonicTime now) {
  if (bytes > options_.bytes_max) return false;
  while (by_id_.size() >= options_.sessions_max) {
    if (!evict_idle(now) && !evict_smaller_than(partitions, now)) return false;
  }
  while (bytes_ > options_.bytes_max - bytes) {
    if (!evict_idle(now)) return false;
  }
  return true;
}

bool FetchSessions::evict_idle(env::MonotonicTime now) {
  if (by_use_.empty() || now - by_use_.front().used <= kIdleMax) return false;
  evict(by_use_.begin());
  return true;
}

bool FetchSessions::evict_smaller_than(std::size_t partitions, env::MonotonicTime now) {
  auto smallest = by_use_.end();
  for (auto held = by_use_.begin(); held != by_use_.end(); held++) {
    if (held->session.size() >= partitions || now - held->created <= kIdleMax) continue;
    smallest = held;
    partitions = held->session.size();
  }
  if (smallest == by_use_.end()) return false;
  evict(smallest);
  return true;
}

void FetchSessions::evict(ByUse::iterator held) {
  evicted_++;
  remove(held);
}

void FetchSessions::remove(ByUse::iterator held) {
  partitions_ -= held->session.size();
  bytes_ -= held->session.bytes();
  ended_.push_back(held->id);
  by_id_.erase(held->id);
  by_use_.erase(held);
}

void FetchSessions::touch(Held& held, env::MonotonicTime now) {
  held.used = now;
  by_use_.splice(by_use_.end(), by_use_, by_id_.at(held.id));
}

void FetchSessions::resized(std::size_t partitions_before, std::size_t bytes_before,
                            const FetchSession& session) {
  partitions_ += session.size() - partitions_before;
  bytes_ += session.bytes() - bytes_before;
}

FetchSessions::Held* FetchSessions::find(const security::Caller& caller, std::int32_t id) {
  const auto held = by_id_.find(id);
  if (held == by_id_.end() || !is_same(caller, *held->second->caller)) return nullptr;
  return &*held->second;
}

// A random multiple of the number of cores, and which of them this is; never 0.
std::int32_t FetchSessions::new_id() {
  const auto cores = static_cast<std::uint64_t>(options_.cores);
  const std::uint64_t most = std::numeric_limits<std::int32_t>::max() / cores - 1;
  for (;;) {
    const auto id = static_cast<std::int32_t>((1 + random_.below(most)) * cores + options_.core);
    if (!by_id_.contains(id)) return id;
  }
}

}  // namespace ropewalk::service
