// What the native listener counts about its requests. Any thread.
#pragma once

#include <cstdint>
#include <map>

#include "broker/telemetry/duration_histogram.h"
#include "broker/telemetry/error_counts.h"
#include "broker/telemetry/page.h"
#include "common/env/environment.h"
#include "common/error.h"

namespace ropewalk::native {

class NativeMetrics {
 public:
  struct OfApi {
    explicit OfApi(env::Environment& environment) : took(environment), errors(environment) {}
    telemetry::DurationHistogram took;
    telemetry::ErrorCounts errors;
  };

  explicit NativeMetrics(env::Environment& environment);
  // Null: not one of served_apis().
  OfApi* of(std::int32_t api_key);
  void show(telemetry::Page& page) const;

 private:
  std::map<std::int32_t, OfApi> apis_;
};

// One request that will be answered. A value; empty if it is not to be counted.
class RequestClock {
 public:
  RequestClock() = default;
  RequestClock(env::Environment& environment, NativeMetrics::OfApi* api)
      : environment_(&environment), api_(api), since_(environment.now()) {}

  env::MonotonicTime since() const { return since_; }
  // It is: with an error, or with none (null).
  void answered(const Error* error) const;

 private:
  env::Environment* environment_ = nullptr;
  NativeMetrics::OfApi* api_ = nullptr;
  env::MonotonicTime since_{};
};

}  // namespace ropewalk::native
