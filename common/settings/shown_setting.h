// A setting as it is in force, for those who ask a running program.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/settings/definition.h"
#include "common/settings/setting_type.h"

namespace ropewalk::settings {

struct ShownSetting {
  std::string key;
  // As the file would say it; empty where nothing is set and there is no default.
  std::string value;  // Of a secret: nothing.
  std::string default_value = {};
  bool is_default = true;
  bool is_secret = false;
  SettingType type = SettingType::text;
  std::string help = {};
};

// Pre: both are schemas of one kind of struct: `now` was bound when it held the values in force,
// `defaults` to one that nothing was assigned to.
std::vector<ShownSetting> shown(const Schema& now, const Schema& defaults);

}  // namespace ropewalk::settings
