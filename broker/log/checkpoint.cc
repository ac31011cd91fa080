#include "broker/log/checkpoint.h"

#include <algorithm>

#include "broker/log/checked_file.h"
#include "common/bytes.h"

namespace ropewalk::log {
namespace {

constexpr std::string_view kCheckpointMagic = "RWCHKPNT";
constexpr std::uint32_t kCheckpointVersion = 1;
constexpr std::size_t kCheckpointBytesMax = 1 << 30;
constexpr std::size_t kCheckpointHeadBytes = 3 * 8 + 4;
constexpr std::size_t kEpochEntryBytes = 12;

// Epochs and their starts grow, and none starts behind the checkpoint: recovery goes on from them.
bool fit(const std::vector<EpochStart>& epochs, Offset checkpoint) {
  const auto falls = [](const EpochStart& a, const EpochStart& b) {
    return a.epoch >= b.epoch || a.start >= b.start;
  };
  return std::ranges::adjacent_find(epochs, falls) == epochs.end() &&
         (epochs.empty() || epochs.back().start <= checkpoint);
}

}  // namespace

std::string encode(const Checkpoint& checkpoint) {
  const auto& epochs = checkpoint.epochs.entries();
  std::string content(kCheckpointHeadBytes + epochs.size() * kEpochEntryBytes, '\0');
  auto* at = reinterpret_cast<std::byte*>(content.data());
  store_be(at, checkpoint.offset.value());
  store_be(at + 8, checkpoint.log_start.value());
  store_be(at + 16, checkpoint.high_watermark.value());
  store_be(at + 24, static_cast<std::uint32_t>(epochs.size()));
  at += kCheckpointHeadBytes;
  for (const EpochStart& entry : epochs) {
    store_be(at, entry.epoch.value());
    store_be(at + 4, entry.start.value());
    at += kEpochEntryBytes;
  }
  content += checkpoint.producer_state;
  return seal_content(kCheckpointMagic, kCheckpointVersion, content);
}

Result<Checkpoint> decode_checkpoint(std::string_view bytes) {
  TRY(const auto opened, open_content(kCheckpointMagic, kCheckpointVersion, bytes));
  const std::string& content = opened.content;
  if (content.size() < kCheckpointHeadBytes)
    return fail(Errc::corrupt, "a checkpoint of {} bytes", content.size());
  const std::byte* at = as_bytes(content).data();
  Checkpoint checkpoint;
  checkpoint.offset = Offset(load_be<std::int64_t>(at));
  checkpoint.log_start = Offset(load_be<std::int64_t>(at + 8));
  checkpoint.high_watermark = Offset(load_be<std::int64_t>(at + 16));
  const auto count = load_be<std::uint32_t>(at + 24);
  const std::size_t state_at = kCheckpointHeadBytes + count * kEpochEntryBytes;
  if (state_at > content.size()) return fail(Errc::corrupt, "a checkpoint of {} epochs", count);
  std::vector<EpochStart> epochs(count);
  at += kCheckpointHeadBytes;
  for (EpochStart& entry : epochs) {
    entry = {LeaderEpoch(load_be<std::int32_t>(at)), Offset(load_be<std::int64_t>(at + 4))};
    at += kEpochEntryBytes;
  }
  if (!fit(epochs, checkpoint.offset))
    return fail(Errc::corrupt, "a checkpoint at {} whose epochs do not grow", checkpoint.offset);
  checkpoint.epochs = EpochStarts(std::move(epochs));
  checkpoint.producer_state = content.substr(state_at);
  return checkpoint;
}

Task<Result<Checkpoint>> load_checkpoint(env::FileSystem& files, std::string folder) {
  const std::string path = fmt::format("{}/{}", folder, kCheckpointFile);
  CO_TRY(auto bytes, co_await env::read_file(files, path, kCheckpointBytesMax));
  auto checkpoint = decode_checkpoint(bytes);
  if (!checkpoint) co_return within(path, std::move(checkpoint).error());
  co_return std::move(*checkpoint);
}

Task<Result<void>> store_checkpoint(env::FileSystem& files, std::string folder,
                                    Checkpoint checkpoint) {
  co_return co_await env::replace_file(files, fmt::format("{}/{}", folder, kCheckpointFile),
                                       encode(checkpoint));
}

}  // namespace ropewalk::log
