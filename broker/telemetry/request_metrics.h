// What a listener counts about its requests. Any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "broker/telemetry/duration_histogram.h"
#include "broker/telemetry/error_counts.h"
#include "broker/telemetry/page.h"
#include "common/env/environment.h"
#include "common/error.h"

namespace ropewalk::telemetry {

class RequestMetrics {
 public:
  struct OfApi {
    OfApi(env::Environment& environment, std::string called)
        : name(std::move(called)), took(environment), errors(environment) {}
    const std::string name;
    DurationHistogram took;
    ErrorCounts errors;
  };

  // `listener` as the settings call it.
  RequestMetrics(env::Environment& environment, std::string listener)
      : environment_(environment), listener_(std::move(listener)) {}
  // `name` as the pages show it ("list_offsets"). Before the first request.
  void count_api(std::int32_t key, std::string name);

  // Null: that api is not counted.
  OfApi* of(std::int32_t key);
  void show(Page& page) const;

 private:
  env::Environment& environment_;
  const std::string listener_;
  std::map<std::int32_t, OfApi> apis_;
};

// One request that will be answered. A value; empty if it is not to be counted.
class RequestClock {
 public:
  RequestClock() = default;
  RequestClock(env::Environment& environment, RequestMetrics::OfApi* api)
      : environment_(&environment), api_(api), since_(environment.now()) {}

  env::MonotonicTime since() const { return since_; }
  // It is: with an error, or with none (null).
  void answered(const Error* error) const;

 private:
  env::Environment* environment_ = nullptr;
  RequestMetrics::OfApi* api_ = nullptr;
  env::MonotonicTime since_{};
};

}  // namespace ropewalk::telemetry
