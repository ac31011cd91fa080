// `meta.properties` and `clean-stop` of a data directory.
#include "broker/log/checked_file.h"
#include "broker/log/log_directory.h"
#include "common/records/crc32c.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

log::DirectoryMeta some_meta(bool quorum) {
  log::DirectoryMeta meta;
  meta.cluster.bytes.fill(1);
  meta.broker = BrokerId(7);
  meta.directory.bytes.fill(2);
  meta.quorum_kept = quorum;
  return meta;
}

std::string body_of(const std::string& whole) { return whole.substr(whole.find('\n') + 1); }

}  // namespace

std::vector<Seed> seeds() {
  log::CleanStop stop;
  stop.incarnation.bytes.fill(3);
  stop.broker_epoch = BrokerEpoch(12);
  const std::string zero(1, '\0');
  return {{"as_it_is", zero + log::encode(some_meta(true))},
          {"sealed", "\x01" + body_of(log::encode(some_meta(true)))},
          {"without_quorum", "\x01" + body_of(log::encode(some_meta(false)))},
          {"clean_stop", zero + log::encode(stop)},
          {"another_version", zero + "# ropewalk-meta 2 crc32c=00000000\n"}};
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const bool seal = input.byte() % 2 == 1;
  const std::string_view rest = input.rest();
  const std::string text =
      seal ? fmt::format("# ropewalk-meta 1 crc32c={:08x}\n{}", crc32c(as_bytes(rest)), rest)
           : std::string(rest);
  if (const auto meta = log::decode_directory_meta(text)) {
    const auto again = log::decode_directory_meta(log::encode(*meta));
    ENSURE(again && *again == *meta, "what was read is another when stored");
  }
  const std::string marker = seal ? log::seal_content("RWCLSTOP", 1, rest) : std::string(rest);
  if (const auto stop = log::decode_clean_stop(marker))
    ENSURE(log::encode(*stop) == marker, "another marker when stored");
  return 0;
}
