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

Result<const metadata::Topic*> find_topic(const metadata::Image& image,
                                          const metadata::TopicRef& ref) {
  if (!ref.id.is_none()) {
    if (const metadata::Topic* topic = image.topic(ref.id)) return topic;
    return fail(Errc::unknown_topic_id, "there is no topic with the id {}", ref.id);
  }
  if (const metadata::Topic* topic = image.topic(ref.name)) return topic;
  return fail(Errc::unknown_topic_or_partition, "there is no topic \"{}\"",
              ref.name.substr(0, kTopicNameMax));
}

}  // namespace ropewalk::controller
