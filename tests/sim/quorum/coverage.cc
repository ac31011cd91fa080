#include "tests/sim/quorum/coverage.h"

#include <fmt/format.h>

namespace ropewalk::quorum::hostile {
namespace {

constexpr std::array<std::string_view, kSeenCount> kNames{
    "elections",
    "depositions",
    "truncations",
    "crashes",
    "crashes while saving",
    "crashes between sync and send",
    "lost writes",
    "kept prefixes",
    "snapshots taken",
    "snapshots installed",
    "snapshots of no use",
    "snapshot fetches given up",
    "messages lost",
    "messages doubled",
    "messages late",
    "cuts",
    "one-way cuts",
    "isolations",
    "slow disks",
    "leaders isolated",
    "leaders killed",
    "leaders left one follower",
    "voters restarted",
    "leaders killed at their first commit",
    "voters added",
    "voters removed",
    "changes of voters refused",
    "disks lost",
    "lost voters back",
    "transfers",
    "transfers done",
    "resignations",
    "peers down",
    "proposals",
    "acknowledged",
    "reads asked",
    "reads confirmed",
    "minorities left down",
};

}  // namespace

std::string_view name_of(Seen seen) { return kNames[static_cast<std::size_t>(seen)]; }

void Coverage::add(const Coverage& other) {
  for (std::size_t i = 0; i < kSeenCount; i++) counts_[i] += other.counts_[i];
}

std::string Coverage::describe() const {
  std::string text;
  for (std::size_t i = 0; i < kSeenCount; i++)
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", kNames[i], counts_[i]);
  return text;
}

}  // namespace ropewalk::quorum::hostile
