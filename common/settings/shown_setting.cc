#include "common/settings/shown_setting.h"

namespace ropewalk::settings {

std::vector<ShownSetting> shown(const Schema& now, const Schema& defaults) {
  std::vector<ShownSetting> all;
  for (const Definition& definition : now.definitions()) {
    const Definition* const as_new = defaults.find(definition.key);
    ENSURE(as_new != nullptr, "the schemas are not of one kind: {}", definition.key);
    ShownSetting setting{.key = definition.key,
                         .value = definition.initial,
                         .default_value = as_new->initial,
                         .is_default = definition.initial == as_new->initial,
                         .is_secret = definition.is_secret,
                         .type = definition.type,
                         .help = definition.help};
    if (setting.is_secret) setting.value.clear();
    all.push_back(std::move(setting));
  }
  return all;
}

}  // namespace ropewalk::settings
