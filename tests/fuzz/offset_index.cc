// The `.index` file beside a segment.
#include "broker/log/offset_index.h"

#include "broker/log/checked_file.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

constexpr std::uint64_t kFileBytes = 1 << 20;
constexpr std::uint32_t kInterval = 4096;
constexpr std::size_t kOwnBytes = Uuid::kSize + 8;  // Whose it is, and for which length.

SegmentId segment() {
  SegmentId id;
  id.bytes.fill(5);
  return id;
}

// The index of our segment, whatever else the content says.
std::string sealed(std::string_view content) {
  std::string own = segment().to_bytes() + std::string(8, '\0');
  store_be(reinterpret_cast<std::byte*>(own.data()) + Uuid::kSize, kFileBytes);
  return log::seal_content("RWINDEX1", 1, own + std::string(content));
}

void use(log::StoredIndex& stored, Input& numbers) {
  const log::IndexView view = stored.index.view();
  for (int i = 0; i < 4; i++) {
    const auto number = static_cast<std::uint64_t>(numbers.number());
    std::ignore = view.at_or_before_delta(static_cast<std::uint32_t>(number));
    std::ignore = view.at_or_before_position(number);
    std::ignore = view.before_timestamp(static_cast<std::int64_t>(number));
  }
  const std::string again = log::StoredIndex::encode(segment(), kFileBytes, stored.end_offset, view,
                                                     stored.index.max_timestamp());
  const auto back = log::StoredIndex::decode(as_bytes(again), segment(), kFileBytes, kInterval);
  ENSURE(back && std::ranges::equal(back->index.view().entries(), view.entries()),
         "an index that was read can be stored");
  stored.index.add(1 << 20, kFileBytes, 7);
  stored.index.truncate(kFileBytes / 2, 7);
}

}  // namespace

std::vector<Seed> seeds() {
  log::OffsetIndex index(100);
  for (int i = 0; i < 5; i++)
    index.add(static_cast<std::uint64_t>(10 * i), static_cast<std::uint64_t>(4096 + 1000 * i), i);
  const std::string whole =
      log::StoredIndex::encode(segment(), kFileBytes, Offset(50), index.view(), 9);
  const std::string content =
      log::open_content("RWINDEX1", 1, whole).value().content.substr(kOwnBytes);
  return {{"as_it_is", std::string("\x00\x01\x02\x03\x04", 5) + whole},
          {"sealed", "\x01\x01\x02\x03\x04" + content},
          {"empty", "\x01\x01\x02\x03\x04" + content.substr(0, 16) + std::string(8, '\0')}};
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const bool seal = input.byte() % 2 == 1;
  Input numbers = input;
  for (int i = 0; i < 4; i++) input.byte();
  const std::string bytes = seal ? sealed(input.rest()) : std::string(input.rest());
  auto stored = log::StoredIndex::decode(as_bytes(bytes), segment(), kFileBytes, kInterval);
  if (stored) use(*stored, numbers);
  return 0;
}
