// A page of metrics, as Prometheus reads it.
//
// Made for one scrape and thrown away; used by one thread at a time. Samples of one family may come
// in several calls, from several parts.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "broker/telemetry/duration_histogram.h"

namespace ropewalk::telemetry {

// What samples have in common: usually a constant of the file that shows them.
struct Family {
  const char* name;
  const char* help;
};

class Page {
 public:
  // Any bytes may be a value; what is not UTF-8 is shown without its bytes above 127.
  using Labels = std::initializer_list<std::pair<const char*, std::string_view>>;

  static constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

  Page();
  ~Page();
  Page(Page&& other) noexcept;

  // What only grows.
  void counter(const Family& family, Labels labels, std::uint64_t value);
  void counter_seconds(const Family& family, Labels labels, double seconds);
  // What goes up and down.
  void gauge(const Family& family, Labels labels, double value);
  void gauge(const Family& family, Labels labels, std::uint64_t value) {
    gauge(family, labels, static_cast<double>(value));
  }
  void gauge(const Family& family, Labels labels, bool value) {
    gauge(family, labels, value ? 1.0 : 0.0);
  }
  void histogram(const Family& family, Labels labels, const DurationHistogram& histogram);

  // Takes over what another page shows, which may have been made on another core.
  void add(Page&& other);

  // In the order in which the families were first shown.
  std::string text() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ropewalk::telemetry
