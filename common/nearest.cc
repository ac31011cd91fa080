#include "common/nearest.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <fmt/format.h>

namespace ropewalk {
namespace {

// No word that is known is as long, and what was typed may come over the network.
constexpr std::size_t kTypedMax = 100;

std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); i++) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); j++) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

// Half of a short word may be wrong, three characters of a longer one, a third of a long one.
std::size_t distance_max(std::string_view one, std::string_view other) {
  const std::size_t longer = std::max(one.size(), other.size());
  return std::max(std::min<std::size_t>(3, longer / 2), longer / 3);
}

}  // namespace

std::string_view nearest(std::string_view typed, std::span<const std::string_view> known) {
  typed = typed.substr(0, kTypedMax);
  std::string_view best;
  std::size_t best_distance = kTypedMax + 1;
  for (const std::string_view word : known) {
    const std::size_t distance = edit_distance(typed, word);
    if (distance >= best_distance || distance > distance_max(typed, word)) continue;
    best_distance = distance;
    best = word;
  }
  return best;
}

std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known,
                         std::string_view before) {
  const std::string_view meant = nearest(typed, known);
  return meant.empty() ? std::string() : fmt::format("; did you mean {}{}?", before, meant);
}

}  // namespace ropewalk
