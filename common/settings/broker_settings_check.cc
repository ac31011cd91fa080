// Which settings do not go together.
#include <utility>

#include "common/settings/broker_settings.h"
#include "common/settings/definition.h"

namespace ropewalk {
namespace {

using settings::HostPort;

constexpr std::string_view kBrokerListen = "broker_listen";

Result<void> check_secured(const BrokerSettings& s, std::string_view name,
                           const HostPort& address) {
  const bool between_brokers = name == kBrokerListen;
  if (address.is_loopback() || s.allow_insecure || (between_brokers && s.broker_tls())) return {};
  return fail(Errc::invalid_setting,
              "{} = {}: other machines reach this address, and {}; listen on 127.0.0.1, or set "
              "allow_insecure = true",
              name, address.to_string(),
              between_brokers
                  ? "nothing keeps them from posing as brokers: set broker_tls_cert, "
                    "broker_tls_key and broker_tls_ca (`ropewalkd certs` makes such files)"
                  : "this version has neither authentication nor encryption for clients");
}

// All of them or none: with a part of them somebody believes to be safe who is not.
Result<void> check_tls(const BrokerSettings& s) {
  const std::pair<std::string_view, const std::string&> files[] = {
      {"broker_tls_cert", s.broker_tls_cert},
      {"broker_tls_key", s.broker_tls_key},
      {"broker_tls_ca", s.broker_tls_ca}};
  for (const auto& [name, path] : files)
    for (const auto& [other_name, other] : files)
      if (path.empty() && !other.empty())
        return fail(Errc::invalid_setting,
                    "{} is not set, and {} = {} is: broker_tls_cert, broker_tls_key and "
                    "broker_tls_ca go together",
                    name, other_name, other);
  return {};
}

}  // namespace

Result<void> check(const BrokerSettings& s) {
  if (s.data_dirs.empty())
    return fail(Errc::invalid_setting,
                "data_dir is not set: name a directory for the data, with --data-dir DIR, "
                "ROPEWALK_DATA_DIR or the key data_dir");
  for (std::size_t i = 0; i < s.data_dirs.size(); i++)
    for (std::size_t j = 0; j < i; j++)
      if (s.data_dirs[i] == s.data_dirs[j])
        return fail(Errc::invalid_setting, "data_dir names {} twice", s.data_dirs[i]);
  if (!s.native_listen)
    return fail(Errc::invalid_setting, "native_listen is off: nobody could reach this broker");

  const std::pair<std::string_view, const std::optional<HostPort>&> listeners[] = {
      {"native_listen", s.native_listen},
      {"broker_listen", s.broker_listen},
      {"kafka_listen", s.kafka_listen},
      {"admin_listen", s.admin_listen},
      {"kinesis_listen", s.kinesis_listen}};
  for (const auto& [name, address] : listeners) {
    if (!address) continue;
    TRY_VOID(check_secured(s, name, *address));
    for (const auto& [other_name, other] : listeners)
      if (other_name != name && other && address->port != 0 && *other == *address)
        return fail(Errc::invalid_setting, "{} and {} are both {}", name, other_name,
                    address->to_string());
  }
  TRY_VOID(check_tls(s));
  if (s.heartbeat_interval * 2 > s.session_timeout)
    return fail(Errc::invalid_setting,
                "heartbeat_interval = {} must be at most half of session_timeout = {}",
                settings::show_time(s.heartbeat_interval), settings::show_time(s.session_timeout));
  if (s.record_batch_bytes_max > s.max_frame_bytes / 2)
    return fail(Errc::invalid_setting,
                "record_batch_bytes_max = {} must be at most half of max_frame_bytes = {}",
                settings::show_bytes(s.record_batch_bytes_max),
                settings::show_bytes(s.max_frame_bytes));
  if (s.max_frame_bytes > s.in_flight_bytes_max)
    return fail(
        Errc::invalid_setting, "max_frame_bytes = {} must not be above in_flight_bytes_max = {}",
        settings::show_bytes(s.max_frame_bytes), settings::show_bytes(s.in_flight_bytes_max));
  return {};
}

}  // namespace ropewalk
