#include "broker/tools/format_broker.h"

#include <algorithm>
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

// Where others would reach this broker, as far as its settings say.
env::Endpoint own_endpoint(const BrokerSettings& settings) {
  const auto advertised = settings.advertised.find("broker");
  if (advertised != settings.advertised.end())
    return {advertised->second.front().host, advertised->second.front().port};
  if (!settings.broker_listen || settings.broker_listen->port == 0) return {};
  return {settings.broker_listen->host, settings.broker_listen->port};
}

// Every voter writes the same first entry and must be found again by it.
Result<void> check_several(const BrokerSettings& settings) {
  const auto& voters = settings.quorum_voters;
  if (voters.size() != 3 && voters.size() != 5)
    return fail(Errc::invalid_setting,
                "quorum_voters names {} brokers: a cluster begins with 1, 3 or 5 voters (of an "
                "even number one is of no use)",
                voters.size());
  if (!settings.cluster_id)
    return fail(Errc::invalid_setting,
                "cluster_id is not set: all {} brokers of quorum_voters must be formatted with the "
                "same. 'ropewalkd new-id' prints a new one",
                voters.size());
  for (const QuorumVoter& voter : voters) {
    if (!voter.directory)
      return fail(Errc::invalid_setting,
                  "quorum_voters: broker {} has no directory id. With several voters write "
                  "{}@{}:DIRECTORY_ID, the same for all brokers; 'ropewalkd new-id' prints an id",
                  voter.id, voter.id, voter.address.to_string());
    for (const QuorumVoter& other : voters)
      if (other.id != voter.id && other.directory == voter.directory)
        return fail(Errc::invalid_setting,
                    "quorum_voters: brokers {} and {} have the same directory id; each needs one "
                    "of its own ('ropewalkd new-id')",
                    voter.id, other.id);
  }
  return {};
}

std::string names_of(const quorum::Voters& voters) {
  std::vector<std::string> names;
  for (const quorum::Voter& voter : voters) names.push_back(fmt::format("{}", voter.id));
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Result<FormatBrokerOptions> format_options(const BrokerSettings& settings) {
  FormatBrokerOptions options;
  options.data_dirs = settings.data_dirs;
  options.broker = settings.broker_id;
  options.cluster = settings.cluster_id.value_or(ClusterId{});
  const auto& voters = settings.quorum_voters;
  if (voters.empty()) {
    options.voters = {{settings.broker_id, DirectoryId(), own_endpoint(settings)}};
    return options;
  }
  const auto self = std::ranges::find(voters, settings.broker_id, &QuorumVoter::id);
  if (self == voters.end()) {
    if (!settings.cluster_id)
      return fail(Errc::invalid_setting,
                  "cluster_id is not set: broker_id {} is not among quorum_voters, so this broker "
                  "joins their cluster, whose id `ropewalk cluster status` prints",
                  settings.broker_id);
    return options;
  }
  if (voters.size() > 1) TRY_VOID(check_several(settings));
  options.directory = self->directory.value_or(DirectoryId{});
  for (const QuorumVoter& voter : voters)
    options.voters.push_back({voter.id,
                              voter.directory.value_or(DirectoryId{}),
                              {voter.address.host, voter.address.port}});
  std::ranges::sort(options.voters);
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
  // Were this killed before the quorum is made, a start would else make one of this broker alone.
  expected.quorum_kept = options.voters.size() != 1;
  FormatOptions quorum{expected.cluster, options.broker, DirectoryId(), std::move(options.voters)};
  for (const std::string& directory : options.data_dirs) {
    CO_TRY(const log::DirectoryMeta meta,
           co_await format_directory(environment, directory, expected));
    out(fmt::format("formatted {}: cluster {}, broker {}, directory {}", directory, meta.cluster,
                    meta.broker, meta.directory));
    if (quorum.directory.is_none()) quorum.directory = meta.directory;
    expected.directory = DirectoryId{};
    expected.quorum_kept = false;
  }
  for (quorum::Voter& voter : quorum.voters)
    if (voter.id == options.broker) voter.directory = quorum.directory;
  const std::string voters = names_of(quorum.voters);
  std::string root = options.data_dirs.front() + "/quorum";
  CO_TRY(const auto files, environment.open_file_system({.root = std::move(root)}));
  Result<void> outcome;
  auto crossing = format_quorum_into(environment, *files, std::move(quorum), outcome);
  co_await env::on(environment.control_core(), std::move(crossing));
  if (outcome && voters.empty())
    out(fmt::format("broker {} joins cluster {}", options.broker, expected.cluster));
  else if (outcome)
    out(fmt::format("first voters of cluster {}: {}", expected.cluster, voters));
  co_return outcome;
}

}  // namespace ropewalk::tools
