#include "broker/listeners/native/native_metrics.h"

#include <string>

#include "broker/listeners/native/apis.h"

namespace ropewalk::native {
namespace {

constexpr telemetry::Family kRequests{"ropewalk_requests_total", "Requests that were answered."};
constexpr telemetry::Family kErrors{
    "ropewalk_request_errors_total",
    "Requests that were answered with an error, of the whole or of a partition (its first)."};
constexpr telemetry::Family kTook{
    "ropewalk_request_duration_seconds",
    "From reading a request to handing over its answer; a fetch includes its wait for records."};

// "list_offsets" for API_LIST_OFFSETS.
std::string name_of(std::int32_t api_key) {
  std::string name = v1::ApiKey_Name(static_cast<v1::ApiKey>(api_key)).substr(4);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

}  // namespace

NativeMetrics::NativeMetrics(env::Environment& environment) {
  for (const wire::ApiRange& api : served_apis()) apis_.try_emplace(api.api_key, environment);
}

NativeMetrics::OfApi* NativeMetrics::of(std::int32_t api_key) {
  const auto at = apis_.find(api_key);
  return at == apis_.end() ? nullptr : &at->second;
}

void NativeMetrics::show(telemetry::Page& page) const {
  for (const auto& [api_key, api] : apis_) {
    const std::string name = name_of(api_key);
    page.counter(kRequests, {{"listener", "native"}, {"api", name}}, api.took.totals().count);
    page.histogram(kTook, {{"listener", "native"}, {"api", name}}, api.took);
    api.errors.for_each([&](Errc code, std::uint64_t count) {
      page.counter(kErrors, {{"listener", "native"}, {"api", name}, {"error", to_string(code)}},
                   count);
    });
  }
}

void RequestClock::answered(const Error* error) const {
  if (api_ == nullptr) return;
  if (error != nullptr && error->code == Errc::cancelled) return;  // Nobody is there any more.
  api_->took.observe(environment_->now() - since_);
  if (error != nullptr) api_->errors.add(error->code);
}

}  // namespace ropewalk::native
