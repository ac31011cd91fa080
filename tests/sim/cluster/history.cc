#include "tests/sim/cluster/history.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace ropewalk::testing {

namespace {

constexpr std::size_t kWrongMax = 10;

// A session, and what clocks that drift make of it.
constexpr History::Time kLeaseLongest = std::chrono::milliseconds(3100);

std::string short_name(std::string_view value) { return std::string(value.substr(0, 20)); }

}  // namespace

ProducerNumber History::add_producer(Promise promise) {
  producers_.push_back({promise, std::vector<std::vector<Sent>>(stored_.size())});
  return producers_.size() - 1;
}

ReaderNumber History::add_reader() {
  readers_.emplace_back(stored_.size());
  return readers_.size() - 1;
}

std::string History::send(ProducerNumber producer, std::size_t partition, std::size_t padding) {
  auto& sent = producers_.at(producer).sent.at(partition);
  std::string value = fmt::format("{}/{}/{}/", producer, partition, sent.size());
  value.append(padding, static_cast<char>('a' + sent.size() % 26));
  sent.push_back({.value = value});
  sent_count_++;
  return value;
}

bool History::parse(std::string_view value, Name& name) {
  const char* at = value.data();
  const char* const end = at + value.size();
  for (std::size_t* const number : {&name.producer, &name.partition, &name.number}) {
    const auto read = std::from_chars(at, end, *number);
    if (read.ec != std::errc{} || read.ptr == end || *read.ptr != '/') return false;
    at = read.ptr + 1;
  }
  return true;
}

History::Sent* History::find(std::string_view value, std::size_t partition) {
  Name name;
  if (!parse(value, name) || name.partition != partition || name.producer >= producers_.size())
    return nullptr;
  auto& sent = producers_[name.producer].sent[partition];
  if (name.number >= sent.size() || sent[name.number].value != value) return nullptr;
  return &sent[name.number];
}

void History::decided(std::string_view value, const Result<Delivered>& result) {
  Name name;
  parse(value, name);
  Sent& sent = *find(value, name.partition);
  if (sent.decided) add_wrong(fmt::format("{}: decided twice", short_name(value)));
  sent.decided = true;
  if (!result) {
    failed_++;
    failures_[fmt::format("{}", result.error().code)]++;
    return;
  }
  acknowledged_++;
  sent.offset = result->offset;
  // The watermark has passed it then.
  if (producers_[name.producer].promise != Promise::leader)
    ends_at(name.partition, sent.offset + 1);
  const auto& stored = stored_[name.partition];
  const bool seen = static_cast<std::size_t>(sent.offset) < stored.size();
  if (producers_[name.producer].promise != Promise::leader && seen &&
      stored[static_cast<std::size_t>(sent.offset)] != value)
    add_wrong(fmt::format("{} is acknowledged at {}, where {} was read", short_name(value),
                          sent.offset, short_name(stored[static_cast<std::size_t>(sent.offset)])));
}

void History::read(ReaderNumber reader, std::size_t partition, std::int64_t offset,
                   std::string_view value) {
  std::int64_t& next = readers_.at(reader).at(partition);
  if (offset != next)
    add_wrong(fmt::format("reader {} of partition {} was given offset {} after {}", reader,
                          partition, offset, next - 1));
  next = offset + 1;
  auto& stored = stored_[partition];
  const auto at = static_cast<std::size_t>(offset);
  if (at < stored.size()) {
    if (stored[at] != value)
      add_wrong(fmt::format("reader {} finds {} at offset {} of partition {}, where {} was read",
                            reader, short_name(value), offset, partition, short_name(stored[at])));
  } else if (at == stored.size()) {
    first_read(partition, value);
  }
}

void History::first_read(std::size_t partition, std::string_view value) {
  auto& stored = stored_[partition];
  stored.emplace_back(value);
  ends_at(partition, static_cast<std::int64_t>(stored.size()));
  const auto offset = static_cast<std::int64_t>(stored.size()) - 1;
  Sent* const sent = find(value, partition);
  if (sent == nullptr)
    return add_wrong(fmt::format("{} at offset {} of partition {}: nobody sent that",
                                 short_name(value), offset, partition));
  Name name;
  parse(value, name);
  sent->copies++;
  if (producers_[name.producer].promise != Promise::once) return;
  if (sent->copies > 1)
    add_wrong(fmt::format("{} is also at offset {}", short_name(value), offset));
  if (sent->offset >= 0 && sent->offset != offset)
    add_wrong(
        fmt::format("{}, acknowledged at {}, is at {}", short_name(value), sent->offset, offset));
}

void History::reading_failed(ReaderNumber reader, const Error& error) {
  // A disk may be bad for a while.
  if (error.code == Errc::io_error || error.code == Errc::kafka_storage_error) return;
  add_wrong(fmt::format("reader {} is told: {}", reader, error));
}

void History::end_told(std::size_t partition, std::int64_t end, Time asked) {
  const auto& ends = ends_[partition];
  const auto later = std::ranges::upper_bound(ends, asked - kLeaseLongest, {}, &End::since);
  if (later != ends.begin() && end < std::prev(later)->offset)
    add_wrong(fmt::format("partition {} ends at {}, but it ended at {} long before", partition, end,
                          std::prev(later)->offset));
  ends_at(partition, end);
}

void History::ends_at(std::size_t partition, std::int64_t end) {
  if (end > this->end(partition)) ends_[partition].push_back({now_(), end});
}

void History::leader_told(std::size_t partition, std::int32_t epoch, std::int32_t leader) {
  const auto [known, added] = leaders_.emplace(std::pair(partition, epoch), leader);
  if (added && leader >= 0) elections_++;
  if (known->second != leader)
    add_wrong(fmt::format("partition {} has two leaders in epoch {}: {} and {}", partition, epoch,
                          known->second, leader));
}

void History::finish() {
  for (std::size_t partition = 0; partition < stored_.size(); partition++) {
    for (const Producer& producer : producers_) {
      if (producer.promise == Promise::leader) continue;
      for (const Sent& sent : producer.sent[partition]) {
        if (sent.offset < 0) continue;
        const auto at = static_cast<std::size_t>(sent.offset);
        if (at >= stored_[partition].size())
          add_wrong(fmt::format("{} was acknowledged at {}: lost", short_name(sent.value), at));
        else if (stored_[partition][at] != sent.value)
          add_wrong(fmt::format("{} was acknowledged at {}: there is {}", short_name(sent.value),
                                at, short_name(stored_[partition][at])));
      }
    }
    if (read_end(partition) < end(partition))
      add_wrong(fmt::format("partition {} was told to end at {}, and ends at {}", partition,
                            end(partition), read_end(partition)));
    check_order(partition);
  }
}

// Of those that are stored once at most, all stand in order; of others the acknowledged ones, each
// where it was acknowledged.
void History::check_order(std::size_t partition) {
  std::map<ProducerNumber, std::size_t> last;
  for (std::size_t offset = 0; offset < stored_[partition].size(); offset++) {
    const std::string& value = stored_[partition][offset];
    const Sent* const sent = find(value, partition);
    if (sent == nullptr) continue;
    Name name;
    parse(value, name);
    const Promise promise = producers_[name.producer].promise;
    if (promise == Promise::leader) continue;
    if (promise == Promise::kept && sent->offset != static_cast<std::int64_t>(offset)) continue;
    const auto [known, first] = last.emplace(name.producer, name.number);
    if (!first && name.number <= known->second)
      add_wrong(fmt::format("{} at offset {} comes after number {}", short_name(value), offset,
                            known->second));
    known->second = std::max(known->second, name.number);
  }
}

std::int64_t History::end(std::size_t partition) const {
  return ends_[partition].empty() ? 0 : ends_[partition].back().offset;
}

std::int64_t History::read_end(std::size_t partition) const {
  return static_cast<std::int64_t>(stored_[partition].size());
}

std::int64_t History::next_offset(ReaderNumber reader, std::size_t partition) const {
  return readers_[reader][partition];
}

void History::add_wrong(std::string what) {
  if (wrong_.size() < kWrongMax) wrong_.push_back(std::move(what));
}

}  // namespace ropewalk::testing
