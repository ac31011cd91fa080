#include "tests/load/samples.h"

#include <filesystem>
#include <iterator>

#include <fmt/format.h>

#include "tests/support/process.h"

namespace ropewalk::load {
namespace {

constexpr double kMiB = 1 << 20;
constexpr double kWarmUp = 0.2;

// Files come and go while this looks: what is gone counts nothing.
double bytes_below(const std::string& folder) {
  double bytes = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(folder, error), end; it != end && !error;
       it.increment(error)) {
    std::error_code gone;
    if (!it->is_regular_file(gone)) continue;
    const auto size = it->file_size(gone);
    if (!gone) bytes += static_cast<double>(size);
  }
  return bytes;
}

double entries_of(const std::string& folder) {
  std::error_code error;
  std::filesystem::directory_iterator it(folder, error);
  return error ? 0 : static_cast<double>(std::distance(it, std::filesystem::directory_iterator()));
}

Trend trend_of(std::string name, const std::vector<Sample>& samples, double Sample::* what,
               Flatness may) {
  const double from = samples.back().seconds * kWarmUp;
  double count = 0, mean_at = 0, mean = 0;
  for (const Sample& sample : samples) {
    if (sample.seconds < from) continue;
    count++;
    mean_at += sample.seconds;
    mean += sample.*what;
  }
  mean_at /= count;
  mean /= count;
  double together = 0, spread = 0;
  for (const Sample& sample : samples) {
    if (sample.seconds < from) continue;
    together += (sample.seconds - mean_at) * (sample.*what - mean);
    spread += (sample.seconds - mean_at) * (sample.seconds - mean_at);
  }
  const double slope = spread > 0 ? together / spread : 0;
  return {std::move(name), mean, slope * (samples.back().seconds - from),
          may.fixed + may.share * mean};
}

}  // namespace

Sample take_sample(double seconds, pid_t broker, const std::string& data_directory) {
  const std::string proc = fmt::format("/proc/{}", broker);
  return {seconds, static_cast<double>(support::resident_bytes(broker)), entries_of(proc + "/fd"),
          entries_of(proc + "/task"), bytes_below(data_directory)};
}

std::string table_head() {
  return fmt::format("{:>8} {:>9} {:>11} {:>8} {:>9}", "seconds", "RSS, MiB", "descriptors",
                     "threads", "disk, MiB");
}

std::string table_row(const Sample& sample) {
  return fmt::format("{:>8.0f} {:>9.1f} {:>11.0f} {:>8.0f} {:>9.1f}", sample.seconds,
                     sample.resident_bytes / kMiB, sample.descriptors, sample.threads,
                     sample.disk_bytes / kMiB);
}

std::vector<Trend> trends(const std::vector<Sample>& samples) {
  return {trend_of("RSS", samples, &Sample::resident_bytes, {8 * kMiB, 0.05}),
          trend_of("descriptors", samples, &Sample::descriptors, {8, 0.1}),
          trend_of("threads", samples, &Sample::threads, {1, 0.05}),
          trend_of("disk", samples, &Sample::disk_bytes, {4 * kMiB, 0.15})};
}

}  // namespace ropewalk::load
