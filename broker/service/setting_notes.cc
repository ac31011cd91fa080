#include "broker/service/setting_notes.h"

#include <vector>

#include "broker/metadata/topic_settings.h"

namespace ropewalk::service {

std::string notes_on(const metadata::Configs& set, std::int32_t replication_factor) {
  std::vector<std::string> notes;
  for (const auto& [name, value] : set) {
    const auto* const definition = metadata::find_topic_setting(name);
    if (definition != nullptr && !definition->has_effect)
      notes.push_back(fmt::format("{}: {}", name, definition->help));
  }
  const auto wanted = metadata::effective_settings(set, {}).min_in_sync_replicas;
  if (set.contains("min.insync.replicas") && wanted > replication_factor)
    notes.push_back(fmt::format("min.insync.replicas={} counts as {}, the number of replicas.",
                                wanted, replication_factor));
  return fmt::format("{}", fmt::join(notes, " "));
}

}  // namespace ropewalk::service
