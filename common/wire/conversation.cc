#include "common/wire/conversation.h"

#include <algorithm>
#include <utility>

#include "common/uuid.h"

namespace ropewalk::wire {
namespace {

constexpr std::size_t kClientIdBytesMax = 255;

const ApiRange* find_api(std::span<const ApiRange> apis, std::int32_t key) {
  auto found = std::ranges::find(apis, key, &ApiRange::api_key);
  return found == apis.end() ? nullptr : &*found;
}

// As people see it.
std::string printed_id(const std::string& raw) {
  const auto id = Uuid::from_bytes(raw);
  return id && !id->is_none() ? id->to_base64() : std::string("(no id)");
}

}  // namespace

Result<void> ServerConversation::admit(const v1::RequestHeader& header) {
  const std::int32_t key = header.api_key();
  if (header.correlation_id() < 0) {
    return fail(Errc::malformed_frame, "correlation id {}", header.correlation_id());
  }
  if (header.client_id().size() > kClientIdBytesMax) {
    return fail(Errc::malformed_frame, "a client id of {} bytes, at most {} are allowed",
                header.client_id().size(), kClientIdBytesMax);
  }
  const ApiRange* api = find_api(apis_, key);
  if (api == nullptr) return fail(Errc::unknown_api, "api key {} is not served here", key);
  const std::int32_t version = std::max(header.api_version(), 1);
  if (header.api_version() < 0 || version < api->min_version || version > api->max_version) {
    return fail(Errc::unsupported_version, "version {} of api {}; this broker knows {} to {}",
                header.api_version(), key, api->min_version, api->max_version);
  }
  if (key == v1::API_NEGOTIATE) {
    if (negotiating_) return fail(Errc::malformed_frame, "a second Negotiate");
    negotiating_ = true;
  } else if (stage_ == Stage::fresh) {
    return fail(Errc::not_negotiated, "api {} before the first Negotiate was answered", key);
  } else if (stage_ == Stage::negotiated && key != v1::API_AUTHENTICATE) {
    return fail(Errc::sasl_authentication_failed, "api {} before authentication", key);
  }
  if (!header.client_id().empty()) client_id_ = header.client_id();
  return {};
}

void ServerConversation::negotiated() {
  stage_ = must_authenticate_ ? Stage::negotiated : Stage::ready;
}

Result<void> ClientConversation::negotiated(v1::NegotiateResponse response,
                                            const std::string& expected_cluster_id) {
  if (response.cluster_id().size() != 16) {
    return fail(Errc::malformed_frame, "a cluster id of {} bytes", response.cluster_id().size());
  }
  if (!expected_cluster_id.empty() && expected_cluster_id != response.cluster_id()) {
    return fail(Errc::inconsistent_cluster_id, "this broker belongs to cluster {}, not to {}",
                printed_id(response.cluster_id()), printed_id(expected_cluster_id));
  }
  std::map<std::int32_t, std::int32_t> versions;
  for (const auto& offered : response.apis()) {
    const ApiRange* ours = find_api(known_, offered.api_key());
    if (ours == nullptr) continue;
    const std::int32_t highest = std::min(ours->max_version, offered.max_version());
    if (highest < std::max(ours->min_version, offered.min_version())) {
      return fail(Errc::unsupported_version,
                  "api {}: the broker speaks versions {} to {}, this client {} to {}",
                  offered.api_key(), offered.min_version(), offered.max_version(),
                  ours->min_version, ours->max_version);
    }
    versions[offered.api_key()] = highest;
  }
  versions_ = std::move(versions);
  broker_ = std::move(response);
  stage_ = broker_.sasl_mechanisms().empty() ? Stage::ready : Stage::negotiated;
  return {};
}

Result<std::int32_t> ClientConversation::version_of(std::int32_t api_key) const {
  if (stage_ == Stage::fresh) return fail(Errc::not_negotiated, "nothing is negotiated yet");
  const auto found = versions_.find(api_key);
  if (found == versions_.end()) {
    return fail(Errc::unknown_api, "the broker does not serve api {} here", api_key);
  }
  return found->second;
}

}  // namespace ropewalk::wire
