#include "broker/controller/topic_names.h"

#include <algorithm>

namespace ropewalk::controller {

Result<void> check_topic_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (name.empty() || name == "." || name == "..")
    return fail(Errc::invalid_topic, "a topic cannot be named \"{}\"", name);
  if (name.size() > kTopicNameMax)
    return fail(Errc::invalid_topic, "a topic's name has at most {} characters, this one {}",
                kTopicNameMax, name.size());
  if (!std::all_of(name.begin(), name.end(), allowed))
    return fail(Errc::invalid_topic,
                "a topic's name consists of letters, digits, '.', '_' and '-'");
  return {};
}

}  // namespace ropewalk::controller
