// ropewalkd: the daemon, and the offline tools in its subcommands.
//
// Runs in the foreground, logs to stderr, prints one line to stdout when it serves. SIGTERM and
// SIGINT stop it in order. Exit status: 0 stopped as asked, 1 failed, 2 wrong usage or settings.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "broker/broker.h"
#include "broker/tools/format_broker.h"
#include "broker/tools/log_dump.h"
#include "broker/tools/metadata_dump.h"
#include "common/env/environment.h"
#include "common/env/event.h"
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

constexpr const char* kDescription =
    "The broker of Ropewalk.\n"
    "Offline tools: ropewalkd format [settings], ropewalkd log dump|verify FILE,\n"
    "ropewalkd metadata dump DIR.";

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
  const char* value = std::getenv(name.c_str());
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
void run_on_core(std::size_t cores, MakeTask make_task) {
  const auto environment = env::make_real_environment({.cores = cores});
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

Task<void> serve(env::RealEnvironment& environment, const BrokerSettings& settings, int& status) {
  env::Event stopping(environment.core(0));
  environment.on_stop_signal([&stopping] { stopping.set(); });
  auto failed = [&stopping, &status](const Error& error) {
    log_error("this broker cannot go on: {}", error);
    status = kFailed;
    stopping.set();
  };
  Broker broker(environment, settings, std::move(failed));
  const auto started = co_await broker.start();
  if (started) {
    fmt::print("{}\n", broker.ready_line());
    std::fflush(stdout);
    co_await stopping.wait();
    log_info("stopping");
  } else {
    log_error("starting: {}", started.error());
    status = kFailed;
  }
  co_await broker.stop();
  environment.on_stop_signal([] {});
  stop_soon(environment);
}

Result<std::optional<std::string>> load_settings(std::span<const std::string> arguments,
                                                 BrokerSettings& settings) {
  const settings::Schema schema = broker_schema(settings);
  const settings::Program program{"ropewalkd", kDescription, "0.1.0"};
  TRY(auto text, settings::load(schema, program, arguments,
                                {.environ = environment_variable, .read_file = read_whole_file}));
  if (!text) TRY_VOID(check(settings));
  return text;
}

// What the settings ask for: `run`, or only a text (--help).
template <class Run>
int run_with_settings(std::span<const std::string> arguments, Run run) {
  BrokerSettings settings;
  const auto text = load_settings(arguments, settings);
  if (!text) return complain(text.error(), kWrongUsage);
  if (*text) {
    fmt::print("{}", **text);
    return kDone;
  }
  return run(settings);
}

int run_daemon(const BrokerSettings& settings) {
  configure_log(settings.log_format, settings.log_level);
  int status = kDone;
  run_on_core(cores_of(settings), [&](env::RealEnvironment& environment) {
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
  run_on_core(1, [&](env::RealEnvironment& environment) {
    return run_tool(environment, make_tool(environment), status);
  });
  return status;
}

void print_line(std::string_view line) { fmt::print("{}\n", line); }

Task<Result<void>> format(env::Environment& environment, BrokerSettings settings) {
  if (settings.quorum_voters.size() > 1)
    co_return fail(Errc::invalid_setting, "this version keeps the metadata on one broker only");
  tools::FormatBrokerOptions options;
  options.data_dirs = settings.data_dirs;
  options.broker = settings.broker_id;
  options.cluster = settings.cluster_id.value_or(ClusterId{});
  if (!settings.quorum_voters.empty()) {
    const QuorumVoter& voter = settings.quorum_voters[0];
    if (voter.id != settings.broker_id)
      co_return fail(Errc::invalid_setting, "quorum_voters names broker {}, this is broker {}",
                     voter.id, settings.broker_id);
    options.directory = voter.directory.value_or(DirectoryId{});
  }
  co_return co_await tools::format_broker(environment, std::move(options), print_line);
}

int run_format(const BrokerSettings& settings) {
  return run_tool_on_core(
      [&](env::Environment& environment) { return format(environment, settings); });
}

Task<Result<void>> dump_metadata(env::Environment& environment, std::filesystem::path directory) {
  CO_TRY(const auto files, environment.open_file_system({.root = directory.string()}));
  co_return co_await tools::dump_metadata(*files, print_line);
}

Task<Result<void>> look_at_log(env::Environment& environment, std::filesystem::path path,
                               bool dump) {
  CO_TRY(const auto files, environment.open_file_system({.root = path.parent_path().string()}));
  const std::string name = path.filename().string();
  auto look =
      dump ? tools::dump_log_file(*files, name, print_line) : tools::verify_log_file(*files, name);
  CO_TRY(const tools::SegmentSummary summary, co_await std::move(look));
  print_line(fmt::format("{}: {} batches, {} records, {} bytes, offsets {} up to {}: all check",
                         path.string(), summary.batches, summary.records, summary.bytes,
                         summary.base, summary.end));
  co_return Result<void>();
}

// `log dump|verify FILE`, `metadata dump DIR`.
int run_look(std::span<const std::string> arguments) {
  const std::string what = fmt::format("{}", fmt::join(arguments.first(arguments.size() - 1), " "));
  const std::filesystem::path path = std::filesystem::absolute(arguments.back());
  if (what == "metadata dump") {
    if (!std::filesystem::is_directory(path))
      return complain({Errc::not_found, path.string() + " is no directory"}, kFailed);
    return run_tool_on_core(
        [&](env::Environment& environment) { return dump_metadata(environment, path); });
  }
  if (what == "log dump" || what == "log verify") {
    if (!std::filesystem::is_regular_file(path))
      return complain({Errc::not_found, path.string() + " is no file"}, kFailed);
    return run_tool_on_core([&](env::Environment& environment) {
      return look_at_log(environment, path, what == "log dump");
    });
  }
  fmt::print(stderr,
             "ropewalkd: '{}' was not expected; the tools are: format [settings], log dump FILE, "
             "log verify FILE, metadata dump DIR\n",
             fmt::join(arguments, " "));
  return kWrongUsage;
}

int run(std::span<const std::string> arguments) {
  if (arguments.empty() || arguments[0].starts_with('-'))
    return run_with_settings(arguments, run_daemon);
  if (arguments[0] == "format") return run_with_settings(arguments.subspan(1), run_format);
  return run_look(arguments);
}

}  // namespace
}  // namespace ropewalk

int main(int argc, char** argv) {
  ropewalk::env::fill_standard_streams();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return ropewalk::run(arguments);
}
