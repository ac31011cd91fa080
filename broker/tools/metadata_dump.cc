#include "broker/tools/metadata_dump.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "broker/log/segment_header.h"
#include "broker/metadata/record_codec.h"
#include "broker/quorum/raft_quorum.h"
#include "broker/quorum/snapshot_file.h"
#include "broker/quorum/state_file.h"
#include "common/records/batch_header.h"

namespace ropewalk::tools {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{2} << 30;

// Paths of one quorum's files, wherever its folder is.
struct QuorumPaths {
  std::string prefix;  // "" or "quorum/".
  std::string of(std::string_view name) const { return fmt::format("{}{}", prefix, name); }
};

// A broker that joins begins with a state and no log.
Task<bool> holds_quorum(env::FileSystem& files, std::string folder) {
  const auto names = co_await files.list(std::move(folder));
  co_return names&& std::ranges::any_of(*names, [](const std::string& name) {
    return name == quorum::kStateFile || name == quorum::kQuorumLogFolder;
  });
}

std::string voters_json(const quorum::Voters& voters) {
  std::string json;
  for (const auto& voter : voters)
    json +=
        fmt::format(R"({}{{"id":{},"directory":"{}","endpoint":"{}"}})", json.empty() ? "" : ",",
                    voter.id, voter.directory, voter.endpoint.to_string());
  return fmt::format("[{}]", json);
}

Result<std::string> entry_json(const BatchHeader& header, ByteSpan batch) {
  const std::string start =
      fmt::format(R"({{"entry":{},"term":{},"timestamp":{})", header.base_offset,
                  header.leader_epoch, header.base_timestamp);
  if (header.is_control()) {
    TRY(const auto voters, quorum::voters_in(batch));
    return voters ? fmt::format(R"({},"voters":{}}})", start, voters_json(*voters))
                  : start + R"(,"control":"term start"})";
  }
  TRY(const auto records, metadata::decode_entry(batch));
  std::string json;
  for (const auto& record : *records) {
    if (!json.empty()) json += ',';
    json += metadata::describe_record(record);
  }
  return fmt::format(R"({},"records":[{}]}})", start, json);
}

// Prints the batches of one segment; where the bytes do not check, says so and stops there.
Result<void> dump_segment(const std::string& name, std::string_view content, const LineSink& out) {
  if (content.size() < log::kSegmentHeaderBytes)
    return fail(Errc::corrupt, "{}: {} bytes are no segment", name, content.size());
  out(fmt::format(R"({{"segment":"{}","bytes":{}}})", name, content.size()));
  ByteSpan rest = as_bytes(content).subspan(log::kSegmentHeaderBytes);
  while (!rest.empty()) {
    const std::size_t position = content.size() - rest.size();
    const auto header = BatchHeader::parse(rest);
    const bool whole =
        header && header->size() <= rest.size() && batch_crc_matches(rest.first(header->size()));
    if (!whole) {
      const bool zeros = std::ranges::all_of(rest, [](std::byte b) { return b == std::byte{0}; });
      if (zeros) return {};  // Reserved, not written.
      return fail(Errc::corrupt, "{} at byte {}: {}", name, position,
                  header ? "a batch that does not check" : header.error().context);
    }
    TRY(const auto line, entry_json(*header, rest.first(header->size())));
    out(line);
    rest = rest.subspan(header->size());
  }
  return {};
}

Task<Result<void>> dump_state(env::FileSystem& files, QuorumPaths paths, LineSink out) {
  CO_TRY(const auto bytes,
         co_await env::read_file(files, paths.of(quorum::kStateFile), kFileBytesMax));
  CO_TRY(const auto state, quorum::decode_hard_state(bytes));
  out(fmt::format(
      R"({{"state":{{"cluster":"{}","broker":{},"directory":"{}","term":{},"voted_for":{}}}}})",
      state.cluster, state.node, state.directory, state.term, state.voted_for));
  co_return Result<void>{};
}

Task<Result<void>> dump_snapshot(env::FileSystem& files, std::string path, LineSink out) {
  CO_TRY(auto content, co_await env::read_file(files, path, kFileBytesMax));
  auto snapshot = quorum::Snapshot::open(std::move(content));
  if (!snapshot) co_return within(path, std::move(snapshot).error());
  const auto& meta = snapshot->meta();
  out(fmt::format(R"({{"snapshot":"{}","last_entry":{},"last_term":{},"voters":{}}})", path,
                  meta.last_index, meta.last_term, voters_json(meta.voters)));
  while (const auto chunk = snapshot->next_chunk()) {
    CO_TRY(const auto records, metadata::decode_records(as_text(*chunk)));
    for (const auto& record : records)
      out(fmt::format(R"({{"snapshot_record":{}}})", metadata::describe_record(record)));
  }
  co_return Result<void>{};
}

}  // namespace

Task<Result<void>> dump_metadata(env::FileSystem& files, LineSink out) {
  QuorumPaths paths;
  const std::string folder = quorum::kQuorumLogFolder;
  const bool in_data_directory = co_await holds_quorum(files, "quorum");
  if (in_data_directory) paths.prefix = "quorum/";
  const bool there = in_data_directory || co_await holds_quorum(files, "");
  if (!there)
    co_return fail(Errc::not_found, "{} holds no metadata log: name a data directory",
                   files.name());
  CO_TRY_VOID(co_await dump_state(files, paths, out));
  CO_TRY(const auto beside, co_await files.list(in_data_directory ? "quorum" : ""));
  for (const auto& name : beside) {
    if (!quorum::snapshot_index(name)) continue;
    CO_TRY_VOID(co_await dump_snapshot(files, paths.of(name), out));
  }
  const auto segments = co_await files.list(paths.of(folder));
  if (!segments && segments.error().code == Errc::not_found) co_return Result<void>{};
  if (!segments) co_return fail(segments.error());
  for (const auto& name : *segments) {
    if (!name.ends_with(".log")) continue;
    const std::string path = paths.of(folder) + "/" + name;
    CO_TRY(const auto content, co_await env::read_file(files, path, kFileBytesMax));
    CO_TRY_VOID(dump_segment(path, content, out));
  }
  co_return Result<void>{};
}

}  // namespace ropewalk::tools
