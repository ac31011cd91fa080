#include "broker/tools/format_broker.h"

#include <utility>

#include "broker/log/log_directory.h"
#include "broker/tools/format.h"
#include "common/env/crossing.h"

namespace ropewalk::tools {
namespace {

Task<Result<void>> must_be_new(env::Environment& environment, std::string directory) {
  CO_TRY(const auto files, environment.open_file_system({.root = directory}));
  CO_TRY(const auto meta, co_await log::LogDirectory::peek(*files));
  if (meta)
    co_return fail(Errc::already_exists, "{} is formatted: cluster {}, broker {}", directory,
                   meta->cluster, meta->broker);
  co_return Result<void>();
}

Task<Result<log::DirectoryMeta>> format_directory(env::Environment& environment,
                                                  std::string directory,
                                                  log::DirectoryMeta expected) {
  CO_TRY(const auto files, environment.open_file_system({.root = directory}));
  log::LogDirectoryOptions options{.expected = expected, .may_format = true};
  CO_TRY(const auto made,
         co_await log::LogDirectory::open(environment, *files, environment.core(0), options));
  const log::DirectoryMeta meta = made->meta();
  co_await made->close();
  co_return meta;
}

// A Task<void> for the crossing; all references outlive it.
Task<void> format_quorum_into(env::Environment& environment, env::FileSystem& files,
                              FormatOptions options, Result<void>& outcome) {
  outcome = co_await format_quorum(environment, files, std::move(options));
}

}  // namespace

Result<FormatBrokerOptions> format_options(const BrokerSettings& settings) {
  if (settings.quorum_voters.size() > 1)
    return fail(Errc::invalid_setting,
                "quorum_voters: this version keeps the metadata on one broker only");
  FormatBrokerOptions options;
  options.data_dirs = settings.data_dirs;
  options.broker = settings.broker_id;
  options.cluster = settings.cluster_id.value_or(ClusterId{});
  if (settings.quorum_voters.empty()) return options;
  const QuorumVoter& voter = settings.quorum_voters[0];
  if (voter.id != settings.broker_id)
    return fail(Errc::invalid_setting, "quorum_voters names broker {}, but broker_id is {}",
                voter.id, settings.broker_id);
  options.directory = voter.directory.value_or(DirectoryId{});
  return options;
}

Task<Result<void>> format_broker(env::Environment& environment, FormatBrokerOptions options,
                                 LineSink out) {
  for (const std::string& directory : options.data_dirs)
    CO_TRY_VOID(co_await must_be_new(environment, directory));

  log::DirectoryMeta expected;
  expected.broker = options.broker;
  expected.cluster = options.cluster;
  if (expected.cluster.is_none())
    expected.cluster = ClusterId(environment.random("format cluster").uuid());
  expected.directory = options.directory;
  FormatOptions quorum;
  quorum.cluster = expected.cluster;
  quorum.broker = options.broker;
  for (const std::string& directory : options.data_dirs) {
    CO_TRY(const log::DirectoryMeta meta,
           co_await format_directory(environment, directory, expected));
    out(fmt::format("formatted {}: cluster {}, broker {}, directory {}", directory, meta.cluster,
                    meta.broker, meta.directory));
    if (quorum.directory.is_none()) quorum.directory = meta.directory;
    expected.directory = DirectoryId{};
  }
  std::string root = options.data_dirs.front() + "/quorum";
  CO_TRY(const auto files, environment.open_file_system({.root = std::move(root)}));
  Result<void> outcome;
  auto crossing = format_quorum_into(environment, *files, std::move(quorum), outcome);
  co_await env::on(environment.control_core(), std::move(crossing));
  co_return outcome;
}

}  // namespace ropewalk::tools
