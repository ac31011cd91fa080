#include "broker/telemetry/request_metrics.h"

#include <utility>

namespace ropewalk::telemetry {
namespace {

constexpr Family kRequests{"ropewalk_requests_total", "Requests that were answered."};
constexpr Family kErrors{
    "ropewalk_request_errors_total",
    "Requests that were answered with an error, of the whole or of a partition (its first)."};
constexpr Family kTook{
    "ropewalk_request_duration_seconds",
    "From reading a request to handing over its answer; a fetch includes its wait for records."};

}  // namespace

void RequestMetrics::count_api(std::int32_t key, std::string name) {
  apis_.try_emplace(key, environment_, std::move(name));
}

RequestMetrics::OfApi* RequestMetrics::of(std::int32_t key) {
  const auto at = apis_.find(key);
  return at == apis_.end() ? nullptr : &at->second;
}

void RequestMetrics::show(Page& page) const {
  for (const auto& [key, api] : apis_) {
    const Page::Labels labels{{"listener", listener_}, {"api", api.name}};
    page.counter(kRequests, labels, api.took.totals().count);
    page.histogram(kTook, labels, api.took);
    api.errors.for_each([&](Errc code, std::uint64_t count) {
      page.counter(kErrors,
                   {{"listener", listener_}, {"api", api.name}, {"error", to_string(code)}}, count);
    });
  }
}

void RequestClock::answered(const Error* error) const {
  if (api_ == nullptr) return;
  if (error != nullptr && error->code == Errc::cancelled) return;  // Nobody is there any more.
  api_->took.observe(environment_->now() - since_);
  if (error != nullptr) api_->errors.add(error->code);
}

}  // namespace ropewalk::telemetry
