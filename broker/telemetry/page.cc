#include "broker/telemetry/page.h"

#include <algorithm>
#include <iterator>
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
  prometheus::MetricFamily& find(const std::string& name, const std::string& help,
                                 prometheus::MetricType type) {
    const auto [at, is_new] = places.try_emplace(name, families.size());
    if (is_new) families.push_back({.name = name, .help = help, .type = type, .metric = {}});
    prometheus::MetricFamily& found = families[at->second];
    ENSURE(found.type == type, "{} is shown as two types", name);
    return found;
  }
  prometheus::ClientMetric& add(const Family& family, prometheus::MetricType type, Labels labels) {
    prometheus::ClientMetric& metric = find(family.name, family.help, type).metric.emplace_back();
    for (const auto& [name, value] : labels) metric.label.push_back({name, label_value(value)});
    return metric;
  }

  std::vector<prometheus::MetricFamily> families;
  std::map<std::string, std::size_t> places;
};

Page::Page() : state_(std::make_unique<State>()) {}
Page::~Page() = default;
Page::Page(Page&&) noexcept = default;

void Page::add(Page&& other) {
  for (prometheus::MetricFamily& family : other.state_->families) {
    auto& into = state_->find(family.name, family.help, family.type).metric;
    std::ranges::move(family.metric, std::back_inserter(into));
  }
}

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
