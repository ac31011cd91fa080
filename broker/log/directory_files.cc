// The bytes of meta.properties and of the clean-stop marker.
#include <charconv>

#include "broker/log/checked_file.h"
#include "broker/log/log_directory.h"
#include "common/records/crc32c.h"

namespace ropewalk::log {
namespace {

constexpr std::string_view kMetaHead = "# ropewalk-meta 1 crc32c=";
constexpr std::size_t kMetaHeadBytes = kMetaHead.size() + 8 + 1;  // With the sum and a line feed.
constexpr std::string_view kStopMagic = "RWCLSTOP";
constexpr std::uint32_t kStopVersion = 1;

// The value of "key=..." on a line of its own.
Result<std::string_view> value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(key) && line.substr(key.size()).starts_with('='))
      return line.substr(key.size() + 1);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return fail(Errc::corrupt, "meta.properties says no {}", key);
}

}  // namespace

std::string encode(const DirectoryMeta& meta) {
  const std::string body = fmt::format(
      "cluster.id={}\nbroker.id={}\ndirectory.id={}\nformat.version=1\n{}", meta.cluster,
      meta.broker, meta.directory, meta.quorum_kept ? "quorum=kept\n" : "");
  return fmt::format("{}{:08x}\n{}", kMetaHead, crc32c(as_bytes(body)), body);
}

Result<DirectoryMeta> decode_directory_meta(std::string_view text) {
  if (!text.starts_with(kMetaHead)) {
    if (text.starts_with("# ropewalk-meta "))
      return fail(Errc::unsupported_version, "meta.properties: {}", text.substr(0, 20));
    return fail(Errc::corrupt, "meta.properties does not begin with \"{}\"", kMetaHead);
  }
  const std::string_view body = text.substr(std::min(text.size(), kMetaHeadBytes));
  if (text.size() < kMetaHeadBytes ||
      text.substr(kMetaHead.size(), 9) != fmt::format("{:08x}\n", crc32c(as_bytes(body))))
    return fail(Errc::corrupt, "meta.properties does not match its checksum");
  TRY(const auto cluster, value_of(body, "cluster.id"));
  TRY(const auto cluster_id, Uuid::from_base64(cluster));
  TRY(const auto directory, value_of(body, "directory.id"));
  TRY(const auto directory_id, Uuid::from_base64(directory));
  TRY(const auto broker, value_of(body, "broker.id"));
  std::int32_t broker_id = 0;
  const auto [end, error] =
      std::from_chars(broker.data(), broker.data() + broker.size(), broker_id);
  if (error != std::errc() || end != broker.data() + broker.size())
    return fail(Errc::corrupt, "meta.properties: broker.id={}", broker);
  const auto quorum = value_of(body, "quorum");
  if (quorum && *quorum != "kept")
    return fail(Errc::corrupt, "meta.properties: quorum={}", *quorum);
  return DirectoryMeta{ClusterId(cluster_id), BrokerId(broker_id), DirectoryId(directory_id),
                       quorum.has_value()};
}

std::string encode(const CleanStop& marker) {
  std::string content = marker.incarnation.to_bytes();
  content.resize(Uuid::kSize + 8);
  store_be(reinterpret_cast<std::byte*>(content.data()) + Uuid::kSize, marker.broker_epoch.value());
  return seal_content(kStopMagic, kStopVersion, content);
}

Result<CleanStop> decode_clean_stop(std::string_view bytes) {
  TRY(const auto opened, open_content(kStopMagic, kStopVersion, bytes));
  if (opened.content.size() != Uuid::kSize + 8)
    return fail(Errc::corrupt, "a clean-stop marker of {} bytes", opened.content.size());
  TRY(const auto incarnation,
      Uuid::from_bytes(std::string_view(opened.content).substr(0, Uuid::kSize)));
  return CleanStop{
      IncarnationId(incarnation),
      BrokerEpoch(load_be<std::int64_t>(as_bytes(opened.content).data() + Uuid::kSize))};
}

}  // namespace ropewalk::log
