#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

constexpr std::int32_t kFirstOfOurs = 1000;
constexpr std::size_t kTextBytesMax = 1000;

Errc nearest_of_kafka(Errc code) {
  switch (code) {
    // Trying again helps. Not throttling_quota_exceeded: older clients do not know it.
    case Errc::budget_exceeded:
    case Errc::outcome_unknown:
      return Errc::request_timed_out;
    // Another broker has to do it, or will.
    case Errc::shutting_down:
    case Errc::fenced_broker:
      return Errc::leader_not_available;
    case Errc::corrupt:
    case Errc::io_error:
    case Errc::disk_full:
    case Errc::closed:
      return Errc::kafka_storage_error;
    // There is no better copy.
    case Errc::damaged_replica:
      return Errc::corrupt_message;
    // A broker that has replicas still.
    case Errc::not_empty:
      return Errc::policy_violation;
    case Errc::invalid_setting:
      return Errc::invalid_config;
    case Errc::frame_too_large:
    case Errc::malformed_frame:
      return Errc::invalid_request;
    default:
      return Errc::unknown_server_error;
  }
}

}  // namespace

std::int16_t code_of(Errc code) {
  const auto number = static_cast<std::int32_t>(code);
  if (number >= kFirstOfOurs) return static_cast<std::int16_t>(nearest_of_kafka(code));
  return static_cast<std::int16_t>(number);
}

std::optional<std::string> text_of(const Error& error) {
  if (error.code == Errc::none) return std::nullopt;
  std::string text = error.context.empty() ? to_string(error.code) : error.context;
  if (text.size() > kTextBytesMax) {
    std::size_t end = kTextBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) end--;  // UTF-8.
    text.resize(end);
    text += "...";
  }
  return text;
}

}  // namespace ropewalk::kafka
