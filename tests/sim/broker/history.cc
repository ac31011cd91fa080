#include "tests/sim/broker/history.h"

#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace ropewalk::testing {

namespace {

// Partition and number of a value; nothing for one that is not ours.
std::optional<std::pair<std::size_t, std::size_t>> parse(std::string_view value) {
  std::size_t partition = 0;
  std::size_t number = 0;
  const auto first = std::from_chars(value.data(), value.data() + value.size(), partition);
  if (first.ec != std::errc{} || first.ptr == value.data() + value.size() || *first.ptr != '/')
    return std::nullopt;
  const auto second = std::from_chars(first.ptr + 1, value.data() + value.size(), number);
  if (second.ec != std::errc{}) return std::nullopt;
  return std::pair(partition, number);
}

}  // namespace

std::string History::send(std::int32_t partition, std::size_t padding) {
  auto& sent = sent_.at(static_cast<std::size_t>(partition));
  std::string value = fmt::format("{}/{}/", partition, sent.size());
  value.append(padding, static_cast<char>('a' + sent.size() % 26));
  sent.push_back({value});
  return value;
}

void History::decided(std::string_view value, const Result<Delivered>& result) {
  const auto at = parse(value);
  Sent& sent = sent_.at(at->first).at(at->second);
  sent.decided = true;
  if (result) {
    sent.offset = result->offset;
    acknowledged_++;
    return;
  }
  if (failed_++ == 0) first_failure_ = fmt::format("{}: {}", value, result.error());
}

std::uint64_t History::sent() const {
  std::uint64_t count = 0;
  for (const auto& partition : sent_) count += partition.size();
  return count;
}

std::vector<std::string> History::check(std::int32_t partition,
                                        const std::map<std::int64_t, std::string>& stored) const {
  const auto& sent = sent_.at(static_cast<std::size_t>(partition));
  std::vector<std::string> wrong;
  for (const Sent& record : sent) {
    if (record.offset < 0) continue;
    const auto it = stored.find(record.offset);
    const std::string short_value = record.value.substr(0, 20);
    if (it == stored.end())
      wrong.push_back(fmt::format("{} acknowledged at {}: lost", short_value, record.offset));
    else if (it->second != record.value)
      wrong.push_back(fmt::format("{} acknowledged at {}: there is {}", short_value, record.offset,
                                  it->second.substr(0, 20)));
  }
  std::optional<std::size_t> last;
  std::int64_t next_offset = 0;
  for (const auto& [offset, value] : stored) {
    if (offset != next_offset) wrong.push_back(fmt::format("a gap before offset {}", offset));
    next_offset = offset + 1;
    const auto at = parse(value);
    if (!at || at->first != static_cast<std::size_t>(partition) || at->second >= sent.size() ||
        sent[at->second].value != value) {
      wrong.push_back(fmt::format("{} at {}: nobody sent that", value.substr(0, 20), offset));
      continue;
    }
    if (last && at->second <= *last)
      wrong.push_back(fmt::format("{}/{} at {}: twice or out of order, after {}", partition,
                                  at->second, offset, *last));
    last = at->second;
  }
  return wrong;
}

}  // namespace ropewalk::testing
