// ropewalkd: the daemon, and the offline tools in its subcommands.
//
// Runs in the foreground, logs to stderr, prints one line to stdout when it serves. SIGTERM and
// SIGINT stop it in order. Exit status: 0 stopped as asked, 1 failed, 2 wrong usage or settings.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <unistd.h>

#include "broker/broker.h"
#include "broker/listeners/admin/admin_listener.h"
#include "broker/tools/certs.h"
#include "broker/tools/command.h"
#include "broker/tools/format_broker.h"
#include "broker/tools/log_dump.h"
#include "broker/tools/metadata_dump.h"
#include "broker/tools/new_id.h"
#include "broker/tools/progress_line.h"
#include "broker/tools/verify_directory.h"
#include "common/env/environment.h"
#include "common/env/event.h"
#include "common/env/real/descriptor_limit.h"
#include "common/env/real/memory.h"
#include "common/env/real/real_environment.h"
#include "common/env/standard_streams.h"
#include "common/env/task_group.h"
#include "common/log.h"
#include "common/settings/broker_settings.h"
#include "common/settings/command_line.h"

namespace ropewalk {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

Result<std::string> read_whole_file(const std::string& path) {
  if (std::filesystem::is_directory(path))
    return fail(Errc::invalid_setting, "{} is a directory, not a file of settings", path);
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) return fail(Errc::not_found, "{} cannot be read", path);
  return content.str();
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread yet.
  if (value == nullptr) return std::nullopt;
  return value;
}

std::size_t cores_of(const BrokerSettings& settings) {
  if (settings.cores > 0) return static_cast<std::size_t>(settings.cores);
  const std::size_t present = std::thread::hardware_concurrency();
  return present <= 2 ? 1 : present - 1;
}

int complain(const Error& error, int status) {
  fmt::print(stderr, "ropewalkd: {}\n", error);
  return status;
}

// Makes a real environment and runs one task on its core 0 to its end.
template <class MakeTask>
void run_on_core(const env::RealOptions& options, MakeTask make_task) {
  const auto environment = env::make_real_environment(options);
  set_log_clock([clock = environment.get()] { return clock->wall_now(); });
  {
    std::unique_ptr<env::TaskGroup> tasks;
    environment->core(0).post([&] {
      tasks = std::make_unique<env::TaskGroup>(environment->core(0));
      tasks->spawn("main", make_task(*environment));
    });
    environment->run_until_stopped();
  }
  set_log_clock({});
}

// Lets the job that ends the task come to its own end before the cores go.
void stop_soon(env::RealEnvironment& environment) {
  environment.core(0).post([&environment] { environment.stop(); });
}

// After a burst of large requests the allocator would keep their memory for good: 430 MB were seen.
Task<void> give_memory_back(env::RealEnvironment& environment) {
  constexpr auto kEvery = std::chrono::seconds(5);
  constexpr std::size_t kSpareBytes = 64 << 20;
  const auto keeper = std::make_shared<env::MemoryKeeper>(kSpareBytes);
  env::Core& core = environment.core(0);
  for (;;) {
    const bool slept = co_await core.sleep_until(environment.now() + kEvery);
    if (!slept) co_return;
    environment.compute([keeper] { keeper->give_back(); }, core, [] {});
  }
}

Task<void> serve(env::RealEnvironment& environment, const BrokerSettings& settings, int& status) {
  env::Event stopping(environment.core(0));
  auto failed = [&stopping, &status](const Error& error) {
    log_error("this broker cannot go on: {}", error);
    status = kFailed;
    stopping.set();
  };
  env::TaskGroup housekeeping(environment.core(0));
  housekeeping.spawn("give memory back", give_memory_back(environment));
  Broker broker(environment, settings, std::move(failed));
  environment.on_stop_signal([&stopping, &broker, &housekeeping] {
    stopping.set();
    housekeeping.spawn("give up starting", broker.give_up_start());
  });
  const auto started = co_await broker.start();
  if (started) {
    fmt::print("{}\n", broker.ready_line());
    std::fflush(stdout);
    co_await stopping.wait();
    log_info("stopping");
  } else if (stopping.is_set() && started.error().code == Errc::shutting_down) {
    log_info("stopping before the cluster was joined");
  } else {
    log_error("starting: {}", started.error());
    status = kFailed;
  }
  co_await broker.stop();
  co_await housekeeping.stop();
  environment.on_stop_signal([] {});
  stop_soon(environment);
}

Result<std::optional<std::string>> load_settings(const settings::Program& program,
                                                 std::span<const std::string> arguments,
                                                 BrokerSettings& settings) {
  const settings::Schema schema = broker_schema(settings);
  TRY(auto text, settings::load(schema, program, arguments,
                                {.environ = environment_variable, .read_file = read_whole_file}));
  if (!text) TRY_VOID(check(settings));
  return text;
}

// What the settings ask for: `run`, or only a text (--help).
template <class Run>
int run_with_settings(const settings::Program& program, std::span<const std::string> arguments,
                      Run run) {
  BrokerSettings settings;
  const auto text = load_settings(program, arguments, settings);
  if (!text) return complain(text.error(), kWrongUsage);
  if (*text) {
    fmt::print("{}", **text);
    return kDone;
  }
  return run(settings);
}

// What is to be said once there is a log; empty if nothing is.
struct Notice {
  LogLevel level = LogLevel::info;
  std::string text;
};

// Clients must not use the descriptors up: a log that cannot begin its next file fails. What is
// always open comes first, then idle files; each connection counts twice, for its socket and for a
// file that is being sent on it.
Result<Notice> share_descriptors(BrokerSettings& settings, env::RealOptions& options) {
  constexpr std::size_t kAlways = 32;  // Standard streams, listeners, locks, the metadata log.
  constexpr std::size_t kPerCore = 3;
  constexpr std::size_t kPerDirectory = 4;
  std::size_t reserved =
      kAlways + kPerCore * (options.cores + 1) + kPerDirectory * settings.data_dirs.size();
  if (settings.admin_listen) reserved += admin::AdminListener::kConnectionsMax;
  const auto wanted = static_cast<std::size_t>(settings.max_connections);
  const std::size_t limit =
      env::raise_descriptor_limit(reserved + options.descriptors + 2 * wanted);
  const std::size_t free = limit - std::min(limit, reserved);
  options.descriptors = std::min(options.descriptors, free / 3);
  const std::size_t connections = std::min(wanted, (free - options.descriptors) / 2);
  if (connections == 0)
    return fail(Errc::invalid_setting,
                "the {} descriptors that this process may have (ulimit -n) are not enough", limit);
  settings.max_connections = static_cast<std::int64_t>(connections);
  if (connections == wanted) return Notice();
  const LogLevel level = 2 * connections >= wanted ? LogLevel::info : LogLevel::warn;
  return Notice{
      level,
      fmt::format(
          "max_connections = {}, but the {} descriptors that this process may have (ulimit -n) are "
          "enough for {} connections",
          wanted, limit, connections)};
}

int run_daemon(BrokerSettings& settings) {
  configure_log(settings.log_format, settings.log_level);
  env::RealOptions options{.cores = cores_of(settings)};
  const auto shared = share_descriptors(settings, options);
  if (!shared) return complain(shared.error(), kFailed);
  int status = kDone;
  run_on_core(options, [&](env::RealEnvironment& environment) {
    if (!shared->text.empty()) log_at(shared->level, "{}", shared->text);
    return serve(environment, settings, status);
  });
  return status;
}

Task<void> run_tool(env::RealEnvironment& environment, Task<Result<void>> tool, int& status) {
  const auto done = co_await std::move(tool);
  if (!done) status = complain(done.error(), kFailed);
  stop_soon(environment);
}

template <class MakeTool>
int run_tool_on_core(MakeTool make_tool) {
  int status = kDone;
  run_on_core({.cores = 1}, [&](env::RealEnvironment& environment) {
    return run_tool(environment, make_tool(environment), status);
  });
  return status;
}

void print_line(std::string_view line) { fmt::print("{}\n", line); }

int run_format(const BrokerSettings& settings) {
  const auto options = tools::format_options(settings);
  if (!options) return complain(options.error(), kWrongUsage);
  return run_tool_on_core([&](env::Environment& environment) {
    return tools::format_broker(environment, *options, print_line);
  });
}

Task<Result<void>> dump_metadata(env::Environment& environment, std::filesystem::path directory) {
  CO_TRY(const auto files, environment.open_file_system({.root = directory.string()}));
  co_return co_await tools::dump_metadata(*files, print_line);
}

enum class Look : std::uint8_t { dump, verify };

Task<Result<void>> look_at_segment(env::Environment& environment, std::filesystem::path path,
                                   Look look_for) {
  CO_TRY(const auto files, environment.open_file_system({.root = path.parent_path().string()}));
  const std::string name = path.filename().string();
  auto look = look_for == Look::dump ? tools::dump_log_file(*files, name, print_line)
                                     : tools::verify_log_file(*files, name);
  CO_TRY(const tools::SegmentSummary summary, co_await std::move(look));
  print_line(fmt::format("{}: {} batches, {} records, {} bytes, offsets {} up to {}: all check",
                         path.string(), summary.batches, summary.records, summary.bytes,
                         summary.base, summary.end));
  co_return Result<void>();
}

// A line on stderr, if that is a terminal.
tools::ProgressLine progress_line(env::Environment& environment) {
  if (::isatty(STDERR_FILENO) == 0) return {{}, environment.now()};
  return {[](std::string_view text) {
            fmt::print(stderr, "{}", text);
            std::fflush(stderr);
          },
          environment.now()};
}

Task<Result<void>> verify_directory(env::Environment& environment,
                                    std::filesystem::path directory) {
  tools::ProgressLine line = progress_line(environment);
  auto say = [&line](std::string_view text) {
    line.clear();
    print_line(text);
  };
  auto progress = [&](const tools::VerifyProgress& done) {
    const auto now = environment.now();
    if (!line.is_due(now)) return;
    line.show(fmt::format("{} of {} partitions, {} MiB", done.partitions, done.partitions_in_all,
                          done.bytes >> 20),
              now);
  };
  auto look = tools::verify_directory(environment, directory.string(), say, progress);
  const auto found = co_await std::move(look);
  line.clear();
  if (!found) co_return fail(found.error());
  if (!found->problems.empty())
    co_return fail(Errc::corrupt, "{}: {} problems", directory.string(), found->problems.size());
  co_return Result<void>();
}

// All of them, also behind one that does not check. The last error is for the caller to say.
Task<Result<void>> verify_paths(env::Environment& environment, std::vector<std::string> paths) {
  Result<void> outcome;
  for (const std::string& named : paths) {
    const std::filesystem::path path = std::filesystem::absolute(named);
    auto look = std::filesystem::is_directory(path)
                    ? verify_directory(environment, path)
                    : look_at_segment(environment, path, Look::verify);
    auto looked = co_await std::move(look);
    if (looked) continue;
    if (!outcome) complain(outcome.error(), kFailed);
    outcome = std::move(looked);
  }
  co_return outcome;
}

int run(const tools::Serve& command) {
  return run_with_settings(tools::daemon_program(), command.settings, run_daemon);
}
int run(const tools::Format& command) {
  return run_with_settings(tools::format_program(), command.settings, run_format);
}
int run(const tools::NewId&) {
  const auto environment = env::make_real_environment({.cores = 1});
  auto random = environment->random("new id");
  print_line(fmt::format("{}", tools::new_id(random)));
  return kDone;
}
int run(const tools::MakeCertificates& command) {
  const auto made = tools::make_certificates(command, print_line);
  return made ? kDone : complain(made.error(), kFailed);
}
int run(const tools::DumpLog& command) {
  const std::filesystem::path path = std::filesystem::absolute(command.file);
  if (!std::filesystem::is_regular_file(path))
    return complain({Errc::not_found, path.string() + " is no file"}, kFailed);
  return run_tool_on_core([&](env::Environment& environment) {
    return look_at_segment(environment, path, Look::dump);
  });
}
int run(const tools::VerifyLog& command) {
  for (const std::string& path : command.paths)
    if (!std::filesystem::exists(path))
      return complain({Errc::not_found, path + " does not exist"}, kFailed);
  return run_tool_on_core(
      [&](env::Environment& environment) { return verify_paths(environment, command.paths); });
}
int run(const tools::DumpMetadata& command) {
  const std::filesystem::path path = std::filesystem::absolute(command.directory);
  if (!std::filesystem::is_directory(path))
    return complain({Errc::not_found, path.string() + " is no directory"}, kFailed);
  return run_tool_on_core(
      [&](env::Environment& environment) { return dump_metadata(environment, path); });
}
int run(const tools::Leave& leave) {
  fmt::print(leave.status == kDone ? stdout : stderr, "{}", leave.text);
  return leave.status;
}

}  // namespace
}  // namespace ropewalk

int main(int argc, char** argv) {
  ropewalk::env::fill_standard_streams();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return std::visit([](const auto& command) { return ropewalk::run(command); },
                    ropewalk::tools::parse_command(arguments));
}
