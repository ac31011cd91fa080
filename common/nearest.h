// "Did you mean ...?": which of the known words a mistyped one most likely meant. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ropewalk {

// The known word with the fewest characters inserted, left out or changed, the first of several;
// empty when none is near enough to be a slip of the fingers.
std::string_view nearest(std::string_view typed, std::span<const std::string_view> known);

// "; did you mean data_dir?", to stand behind what is wrong; empty when nothing is near. `before`
// goes before the word: "topic ".
std::string did_you_mean(std::string_view typed, std::span<const std::string_view> known,
                         std::string_view before = {});

}  // namespace ropewalk
