#include "broker/telemetry/page.h"

#include <algorithm>
#include <map>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "common/error.h"
#include "common/utf8.h"

namespace ropewalk::telemetry {
namespace {

std::string label_value(std::string_view value) {
  std::string text(value);
  if (!is_utf8(text))
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) > 127; });
  return text;
}

}  // namespace

struct Page::State {
  prometheus::ClientMetric& add(const Family& family, prometheus::MetricType type, Labels labels) {
    const auto [at, is_new] = places.try_emplace(family.name, families.size());
    if (is_new) {
      families.emplace_back();
      families.back().name = family.name;
      families.back().help = family.help;
      families.back().type = type;
    }
    prometheus::MetricFamily& into = families[at->second];
    ENSURE(into.type == type, "{} is shown as two types", family.name);
    prometheus::ClientMetric& metric = into.metric.emplace_back();
    for (const auto& [name, value] : labels) metric.label.push_back({name, label_value(value)});
    return metric;
  }

  std::vector<prometheus::MetricFamily> families;
  std::map<std::string_view, std::size_t> places;
};

Page::Page() : state_(std::make_unique<State>()) {}
Page::~Page() = default;

void Page::counter(const Family& family, Labels labels, std::uint64_t value) {
  counter_seconds(family, labels, static_cast<double>(value));
}

void Page::counter_seconds(const Family& family, Labels labels, double seconds) {
  state_->add(family, prometheus::MetricType::Counter, labels).counter.value = seconds;
}

void Page::gauge(const Family& family, Labels labels, double value) {
  state_->add(family, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

void Page::histogram(const Family& family, Labels labels, const DurationHistogram& histogram) {
  const DurationHistogram::Totals totals = histogram.totals();
  auto& shown = state_->add(family, prometheus::MetricType::Histogram, labels).histogram;
  shown.sample_count = totals.count;
  shown.sample_sum = totals.sum_seconds;
  for (const DurationHistogram::Bucket& bucket : totals.buckets)
    shown.bucket.push_back({bucket.count, bucket.bound_seconds});
}

std::string Page::text() const { return prometheus::TextSerializer().Serialize(state_->families); }

}  // namespace ropewalk::telemetry
