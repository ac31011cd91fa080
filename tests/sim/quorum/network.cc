#include "tests/sim/quorum/network.h"

#include <algorithm>
#include <utility>

namespace ropewalk::quorum::hostile {

Network::Network(Timeline& timeline, env::Random& random, const Traits& traits, Coverage& seen,
                 int places)
    : timeline_(timeline),
      random_(random),
      traits_(traits),
      seen_(seen),
      places_(places),
      cut_until_(static_cast<std::size_t>(places * places)),
      isolated_since_(static_cast<std::size_t>(places)),
      isolated_until_(static_cast<std::size_t>(places)) {}

Time Network::delay() {
  return 1 + static_cast<Time>(random_.below(static_cast<std::uint64_t>(traits_.delay_max)));
}

void Network::send(int from, std::optional<int> to, Message message) {
  if (!to) {
    const auto others = static_cast<std::uint64_t>(places_ - 1);
    const int other = static_cast<int>(random_.below(others));
    to = other < from ? other : other + 1;
  }
  transmit(from, *to, message);
  if (!healed_ && random_.chance(traits_.doubled)) {
    seen_.note(Seen::messages_doubled);
    transmit(from, *to, message);
  }
}

void Network::transmit(int from, int to, const Message& message) {
  if (is_cut(from, to)) return;
  if (!healed_ && random_.chance(traits_.loss)) {
    seen_.note(Seen::messages_lost);
    return;
  }
  Time taken = delay();
  if (!healed_ && random_.chance(traits_.late)) {
    seen_.note(Seen::messages_late);
    taken += static_cast<Time>(random_.below(static_cast<std::uint64_t>(traits_.late_max)));
  }
  timeline_.after(taken, [this, from, to, message]() mutable {
    if (!is_cut(from, to)) receive_(to, std::move(message));
  });
}

std::optional<Time> Network::passage(int from, int to) {
  if (is_cut(from, to) || (!healed_ && random_.chance(traits_.loss))) return std::nullopt;
  return delay();
}

void Network::cut(int from, int to, Time until) {
  Time& there = cut_until(from, to);
  there = std::max(there, until);
}

void Network::isolate(int place, Time until) {
  const auto at = static_cast<std::size_t>(place);
  if (isolated_until_[at] <= timeline_.now()) isolated_since_[at] = timeline_.now();
  isolated_until_[at] = std::max(isolated_until_[at], until);
  for (int other = 0; other < places_; other++) {
    if (other == place) continue;
    cut(place, other, until);
    cut(other, place, until);
  }
}

void Network::rejoin(int place) {
  isolated_until_[static_cast<std::size_t>(place)] = 0;
  for (int other = 0; other < places_; other++) {
    cut_until(place, other) = 0;
    cut_until(other, place) = 0;
  }
}

std::optional<Time> Network::unreachable_since(int place) const {
  const auto at = static_cast<std::size_t>(place);
  if (isolated_until_[at] <= timeline_.now()) return std::nullopt;
  return isolated_since_[at];
}

void Network::heal() {
  healed_ = true;
  std::ranges::fill(cut_until_, 0);
  std::ranges::fill(isolated_until_, 0);
}

}  // namespace ropewalk::quorum::hostile
