#include "broker/listeners/kafka/api_versions.h"

#include <algorithm>
#include <string_view>

#include "broker/listeners/kafka/codec/api.h"
#include "broker/listeners/kafka/exchange/errors.h"

namespace ropewalk::kafka {
namespace {

constexpr std::int16_t kFirstWithSoftware = 3;
constexpr std::size_t kSoftwareBytesMax = 255;

ApiVersionRange range_of(const Api& api) { return {api.key, api.advertised_first, api.last}; }

bool is_inner(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.';
}
bool is_outer(char c) { return is_inner(c) && c != '-' && c != '.'; }

Result<void> check_one(std::string_view what, std::string_view text) {
  const bool good = !text.empty() && text.size() <= kSoftwareBytesMax &&
                    std::ranges::all_of(text, is_inner) && is_outer(text.front()) &&
                    is_outer(text.back());
  if (good) return {};
  return fail(Errc::invalid_request, "{} of {} bytes is not made of letters, digits, '-' and '.'",
              what, text.size());
}

}  // namespace

ApiVersionsResponse served_api_versions() {
  ApiVersionsResponse response;
  for (const Api* const api : kApis) response.api_keys.push_back(range_of(*api));
  return response;
}

ApiVersionsResponse refused_api_versions(Errc code) {
  ApiVersionsResponse response;
  response.error_code = code_of(code);
  response.api_keys = {range_of(kApiVersions)};
  return response;
}

Result<void> check_software(const ApiVersionsRequest& message, std::int16_t version) {
  if (version < kFirstWithSoftware) return {};
  TRY_VOID(check_one("client_software_name", message.client_software_name));
  return check_one("client_software_version", message.client_software_version);
}

}  // namespace ropewalk::kafka
