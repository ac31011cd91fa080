#include "broker/service/topic_name.h"

#include <algorithm>

namespace ropewalk::service {
namespace {

constexpr std::size_t kTopicNameBytesMax = 249;

bool may_stand_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

Result<void> check_topic_name(std::string_view name) {
  if (name.empty()) return fail(Errc::invalid_topic, "a topic's name is empty");
  if (name == "." || name == "..")
    return fail(Errc::invalid_topic, "'{}' is no name for a topic", name);
  if (name.size() > kTopicNameBytesMax)
    return fail(Errc::invalid_topic, "a topic's name of {} bytes, at most {} are allowed",
                name.size(), kTopicNameBytesMax);
  if (!std::all_of(name.begin(), name.end(), may_stand_in_name))
    return fail(Errc::invalid_topic,
                "a topic's name may hold letters, digits, '.', '_' and '-' only");
  return {};
}

}  // namespace ropewalk::service
