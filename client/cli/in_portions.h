// Long lists for Admin, in portions: the controller decides a request in one go, and everybody else
// waits meanwhile.
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

#include "common/error.h"

namespace ropewalk::cli {

inline constexpr std::size_t kPortion = 2000;

// The answers of `ask(portion)`, one after the other. The first error ends it: what came before is
// done.
template <class Answer, class Asked, class Ask>
Result<std::vector<Answer>> in_portions(const std::vector<Asked>& all, Ask ask) {
  std::vector<Answer> answers;
  for (std::size_t at = 0; at < all.size(); at += kPortion) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = static_cast<std::ptrdiff_t>(std::min(kPortion, all.size() - at));
    TRY(auto portion, ask(std::vector<Asked>(from, from + count)));
    std::ranges::move(portion, std::back_inserter(answers));
  }
  return answers;
}

}  // namespace ropewalk::cli
