// Where values of settings come from, and which one counts: flag, environment, file, default.
//
// Pure: the file's text and the environment are handed in. A value of a weaker source is checked
// even where a stronger one overrides it: a mistake must not lie in wait until the flag is gone.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/settings/definition.h"

namespace ropewalk::settings {

struct Value {
  std::string key;
  std::string text;
  std::string origin;  // "--cores", "ROPEWALK_CORES", "ropewalkd.conf line 7".
};

// Lines `key = value`, comments from '#' at the start of a line or behind a blank, blank lines. A
// value may stand in double quotes, a list is separated by commas. Errors: invalid_setting with
// file and line: no such key (naming the nearest), twice the same key, no '='.
Result<std::vector<Value>> read_settings_text(const Schema& schema, std::string_view file_name,
                                              std::string_view text);

// The variables that are set and not empty.
using Environ = std::function<std::optional<std::string>(const std::string& name)>;
std::vector<Value> read_settings_environment(const Schema& schema, const Environ& environ);

// Stores the values in order, so that later ones win. Errors: invalid_setting naming key, source
// and the accepted values.
Result<void> apply(const Schema& schema, std::span<const Value> values);

// "there is no setting dat_dir; did you mean data_dir?"
std::string unknown_setting(const Schema& schema, std::string_view key);

}  // namespace ropewalk::settings
