#include "broker/log/segment_file.h"

#include <charconv>

namespace ropewalk::log {

Result<env::FileRange> SegmentFile::pin(std::uint32_t cuts, std::uint64_t position,
                                        std::size_t length) {
  auto& pins = pins_[cuts % 2];
  pins.fetch_add(1);
  if (cuts != cuts_.load()) {
    pins.fetch_sub(1);
    return fail(Errc::not_leader_or_follower, "{} was cut meanwhile", file_->path());
  }
  return env::FileRange{env::lend(*file_, shared_from_this(), cuts), position, length};
}

std::string segment_file_name(Offset base) { return fmt::format("{:020}.log", base.value()); }
std::string index_file_name(Offset base) { return fmt::format("{:020}.index", base.value()); }

Offset base_of_segment_file_name(std::string_view name) {
  constexpr std::string_view kSuffix = ".log";
  if (name.size() != 20 + kSuffix.size() || !name.ends_with(kSuffix)) return kNoOffset;
  std::int64_t base = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + 20, base);
  if (error != std::errc() || end != name.data() + 20 || base < 0) return kNoOffset;
  return Offset(base);
}

}  // namespace ropewalk::log
