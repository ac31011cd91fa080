// The page of metrics: asks the parts one after the other. What is counted, each part says itself.
#include <chrono>
#include <string>

#include "broker/parts.h"
#include "broker/telemetry/page.h"
#include "common/env/event.h"
#include "common/version.h"

namespace ropewalk {
namespace {

using telemetry::Family;
using telemetry::Page;

// A core that does not answer for so long is left out of the page.
constexpr std::chrono::seconds kAnswerTimeout{5};

constexpr Family kBuild{"ropewalk_build_info", "The version of this broker; always 1."};
constexpr Family kBroker{"ropewalk_broker_info",
                         "Which broker of which cluster this is; always 1."};
constexpr Family kReady{"ropewalk_ready", "Whether /readyz says that this broker serves."};
constexpr Family kCoreDelay{
    "ropewalk_core_delay_seconds",
    "How long a job that was posted for this page waited for its turn on a core."};

constexpr Family kStarted{"process_start_time_seconds",
                          "When the process started, in seconds since 1970."};
constexpr Family kCpu{"process_cpu_seconds_total", "CPU time of the process, user and system."};
constexpr Family kResident{"process_resident_memory_bytes",
                           "Memory of the process that is in RAM."};
constexpr Family kVirtual{"process_virtual_memory_bytes", "Address space of the process."};
constexpr Family kOpenFiles{"process_open_fds", "File descriptors that are open."};
constexpr Family kOpenFilesMax{"process_max_fds", "How many file descriptors may be open."};

Task<void> show_process(env::Environment& environment, env::MonotonicTime deadline, Page& page) {
  env::OneShot<std::optional<env::ProcessStats>> asked(environment.core(0));
  env::Job ask = [asked, &environment] { asked.set(environment.process_stats()); };
  environment.compute(std::move(ask), environment.core(0), [] {});
  const auto answered = co_await asked.wait_until(deadline);
  if (!answered || !*answered) co_return;
  const env::ProcessStats& stats = **answered;
  page.gauge(kStarted, {}, std::chrono::duration<double>(stats.started.time_since_epoch()).count());
  page.counter_seconds(kCpu, {}, stats.cpu_seconds);
  page.gauge(kResident, {}, stats.resident_bytes);
  page.gauge(kVirtual, {}, stats.virtual_bytes);
  page.gauge(kOpenFiles, {}, stats.open_files);
  page.gauge(kOpenFilesMax, {}, stats.open_files_max);
}

Task<void> show_cores(env::Environment& environment, env::MonotonicTime deadline, Page& page) {
  for (std::size_t index = 0; index <= environment.core_count(); index++) {
    env::OneShot<env::MonotonicTime> asked(environment.core(0));
    const env::MonotonicTime posted = environment.now();
    environment.core(index).post([asked, &environment] { asked.set(environment.now()); });
    const auto ran = co_await asked.wait_until(deadline);
    if (!ran) continue;
    const std::string name =
        index == environment.core_count() ? "control" : fmt::format("{}", index);
    page.gauge(kCoreDelay, {{"core", name}}, std::chrono::duration<double>(*ran - posted).count());
  }
}

}  // namespace

Task<std::string> Broker::Parts::metrics_page() {
  const env::MonotonicTime deadline = environment.now() + kAnswerTimeout;
  Page page;
  page.gauge(kBuild, {{"version", version()}}, true);
  page.gauge(kBroker,
             {{"cluster_id", fmt::format("{}", data->cluster())},
              {"broker_id", fmt::format("{}", settings.broker_id)}},
             true);
  page.gauge(kReady, {}, ready().has_value());
  if (server) server->show(page);
  if (admin_server) admin_server->show(page);
  co_await show_cores(environment, deadline, page);
  co_await show_process(environment, deadline, page);
  co_return page.text();
}

}  // namespace ropewalk
