#include "broker/quorum/state_file.h"

#include "broker/log/checked_file.h"
#include "ropewalk/internal/quorum.pb.h"

namespace ropewalk::quorum {
namespace {

constexpr std::string_view kStateMagic = "RWQSTATE";
constexpr std::uint32_t kStateVersion = 1;
constexpr std::size_t kStateBytesMax = 64 << 10;

}  // namespace

std::string encode(const HardState& state) {
  internal::QuorumState message;
  message.set_version(kStateVersion);
  message.set_cluster(state.cluster.to_bytes());
  message.set_node(state.node.value());
  message.set_directory(state.directory.to_bytes());
  message.set_term(state.term.value());
  message.set_voted_for(state.voted_for.value());
  message.set_joins(state.joins);
  return log::seal_content(kStateMagic, kStateVersion, message.SerializeAsString());
}

Result<HardState> decode_hard_state(std::string_view bytes) {
  TRY(const auto content, log::open_content(kStateMagic, kStateVersion, bytes));
  internal::QuorumState message;
  if (!message.ParseFromString(content.content) || message.term() < 0)
    return fail(Errc::corrupt, "the quorum's state file makes no sense");
  HardState state;
  TRY(const Uuid cluster, Uuid::from_bytes(message.cluster()));
  TRY(const Uuid directory, Uuid::from_bytes(message.directory()));
  state.cluster = ClusterId(cluster);
  state.node = BrokerId(message.node());
  state.directory = DirectoryId(directory);
  state.term = Term(message.term());
  state.voted_for = BrokerId(message.voted_for());
  state.joins = message.joins();
  return state;
}

Task<Result<std::optional<HardState>>> load_hard_state(env::FileSystem& files) {
  auto bytes = co_await env::read_file(files, std::string(kStateFile), kStateBytesMax);
  if (!bytes && bytes.error().code == Errc::not_found) co_return std::nullopt;
  const std::string doing = fmt::format("reading {}/{}", files.name(), kStateFile);
  if (!bytes) co_return within(doing, std::move(bytes).error());
  auto state = decode_hard_state(*bytes);
  if (!state) co_return within(doing, std::move(state).error());
  co_return *state;
}

Task<Result<void>> store_hard_state(env::FileSystem& files, HardState state) {
  co_return co_await env::replace_file(files, std::string(kStateFile), encode(state));
}

}  // namespace ropewalk::quorum
