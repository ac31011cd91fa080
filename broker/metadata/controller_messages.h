// What the codecs of events and answers share. For those alone: protobuf headers stay out of the
// rest.
#pragma once

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "broker/metadata/controller_port.h"
#include "common/error.h"
#include "ropewalk/internal/controller.pb.h"

namespace ropewalk::metadata {

using Settings = std::vector<std::pair<std::string, std::string>>;

template <class Message>
Result<Message> parse_controller_message(std::string_view bytes) {
  Message message;
  const bool fits = bytes.size() <= std::numeric_limits<int>::max();
  if (!fits || !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return fail(Errc::malformed_frame, "{} bytes are no {}", bytes.size(), message.GetTypeName());
  return message;
}

// Of a field; absent is none.
template <class Id>
Result<Id> take_id(const std::string& raw) {
  const auto uuid = Uuid::from_bytes(raw);
  if (!uuid) return fail(Errc::malformed_frame, "an id of {} bytes", raw.size());
  return Id(*uuid);
}

template <class Into>
void put_settings(const Settings& settings, Into* into) {
  for (const auto& [key, value] : settings) {
    auto* added = into->Add();
    added->set_key(key);
    added->set_value(value);
  }
}
template <class From>
Settings take_settings(const From& from) {
  Settings settings;
  for (const auto& setting : from) settings.emplace_back(setting.key(), setting.value());
  return settings;
}

}  // namespace ropewalk::metadata
