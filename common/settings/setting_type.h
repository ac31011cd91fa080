// What kind of value a setting has, for those who describe settings to machines.
#pragma once

#include <cstdint>

namespace ropewalk::settings {

enum class SettingType : std::uint8_t {
  text,
  boolean,
  int32,
  int64,
  float64,
  list,  // Separated by commas.
};

}  // namespace ropewalk::settings
