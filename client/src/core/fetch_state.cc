#include "client/src/core/fetch_state.h"

#include <algorithm>
#include <utility>

namespace ropewalk::client {
namespace {

std::optional<std::int32_t> epoch_of(const BatchHeader& header) {
  if (header.leader_epoch == kNoLeaderEpoch) return std::nullopt;
  return header.leader_epoch.value();
}

}  // namespace

Result<void> FetchState::assign(const std::vector<PartitionName>& partitions) {
  std::map<PartitionName, Partition> assigned;
  for (const PartitionName& name : partitions) {
    if (name.topic.empty() || name.partition < 0)
      return fail(Errc::invalid_request, "no partition: {}", to_string(name));
    const auto [at, is_new] = assigned.try_emplace(name);
    if (!is_new) return fail(Errc::invalid_request, "{} is named twice", to_string(name));
    if (const auto known = partitions_.find(name); known != partitions_.end()) {
      at->second = known->second;
    } else {
      at->second.topic = std::make_shared<const std::string>(name.topic);
      at->second.generation = ++last_generation_;
      at->second.reset = options_.offset_reset;
      at->second.stalled = false;
    }
  }
  partitions_ = std::move(assigned);
  std::erase_if(chunks_, [&](const Chunk& chunk) {
    if (partitions_.contains(chunk.partition)) return false;
    held_bytes_ -= chunk.batches.size();
    return true;
  });
  return {};
}

std::vector<PartitionName> FetchState::assignment() const {
  std::vector<PartitionName> names;
  for (const auto& [name, partition] : partitions_) names.push_back(name);
  return names;
}

// Forgets what was fetched and what is on its way.
void FetchState::restart(Partition& partition, std::optional<std::int64_t> position,
                         std::optional<std::int32_t> epoch) {
  const std::uint64_t old = std::exchange(partition.generation, ++last_generation_);
  std::erase_if(chunks_, [&](const Chunk& chunk) {
    if (chunk.generation != old) return false;
    held_bytes_ -= chunk.batches.size();
    return true;
  });
  partition.held_bytes = 0;
  partition.reset_time.reset();
  partition.busy = false;
  partition.stalled = false;
  partition.not_before = {};
  partition.position = position;
  partition.fetch_offset = position.value_or(0);
  partition.position_epoch = partition.fetch_epoch = epoch;
}

Result<void> FetchState::seek(const PartitionName& name, std::int64_t offset) {
  const auto at = partitions_.find(name);
  if (at == partitions_.end())
    return fail(Errc::invalid_request, "{} is not assigned", to_string(name));
  if (offset < 0) return fail(Errc::invalid_request, "{}: offset {}", to_string(name), offset);
  at->second.reset = options_.offset_reset;
  restart(at->second, offset);
  return {};
}

Result<void> FetchState::seek_to(const PartitionName& name, OffsetReset where) {
  const auto at = partitions_.find(name);
  if (at == partitions_.end())
    return fail(Errc::invalid_request, "{} is not assigned", to_string(name));
  at->second.reset = where;
  restart(at->second, std::nullopt);
  return {};
}

Result<void> FetchState::seek_to_time(const PartitionName& name, Timestamp from) {
  TRY_VOID(seek_to(name, options_.offset_reset));
  partitions_.at(name).reset_time = from;
  return {};
}

Result<void> FetchState::set_paused(const std::vector<PartitionName>& names, bool paused) {
  for (const PartitionName& name : names) {
    if (!partitions_.contains(name))
      return fail(Errc::invalid_request, "{} is not assigned", to_string(name));
  }
  for (const PartitionName& name : names) partitions_.at(name).paused = paused;
  return {};
}

std::vector<PartitionName> FetchState::paused() const {
  std::vector<PartitionName> names;
  for (const auto& [name, partition] : partitions_) {
    if (partition.paused) names.push_back(name);
  }
  return names;
}

Result<std::optional<std::int64_t>> FetchState::position(const PartitionName& name) const {
  const auto at = partitions_.find(name);
  if (at == partitions_.end())
    return fail(Errc::invalid_request, "{} is not assigned", to_string(name));
  return at->second.position;
}

bool FetchState::something_to_take() const {
  return !errors_.empty() || std::ranges::any_of(chunks_, [&](const Chunk& chunk) {
    return !partitions_.at(chunk.partition).paused;
  });
}

ConsumerStatistics FetchState::statistics() const {
  ConsumerStatistics now = counted_;
  now.bytes_buffered = held_bytes_;
  now.partitions_assigned = partitions_.size();
  now.partitions_paused = paused().size();
  return now;
}

Result<Records> FetchState::take() {
  if (!errors_.empty()) {
    Error error = std::move(errors_.front());
    errors_.pop_front();
    return fail(std::move(error));
  }
  Taking taking;
  for (std::size_t index = 0; index < chunks_.size() && !taking.full;) {
    Chunk& chunk = chunks_[index];
    Partition& partition = partitions_.at(chunk.partition);
    if (partition.paused) {
      index++;
      continue;
    }
    auto more = take_from(chunk, partition, taking);
    if (more) {
      if (!*more) drop_chunk(index);
      continue;
    }
    // The partition is fetched again from its position, the first time without a word: who sent it
    // looks at it then, and another replica may lead. What was taken before it is given first.
    auto error = within(to_string(chunk.partition), std::move(more).error()).error();
    const bool is_new =
        std::exchange(partition.unreadable_at, partition.position) != partition.position;
    restart(partition, partition.position, partition.position_epoch);
    if (is_new) continue;
    if (taking.records.empty()) return fail(std::move(error));
    errors_.push_back(std::move(error));
    break;
  }
  counted_.records_consumed += taking.records.size();
  counted_.bytes_consumed += taking.bytes;
  return Records(std::move(taking.records), std::move(taking.owners));
}

void FetchState::drop_chunk(std::size_t index) {
  const Chunk& chunk = chunks_[index];
  held_bytes_ -= chunk.batches.size();
  partitions_.at(chunk.partition).held_bytes -= chunk.batches.size();
  chunks_.erase(chunks_.begin() + static_cast<std::ptrdiff_t>(index));
}

// Makes the chunk's next batch the one to read from. False at the chunk's end.
Result<bool> FetchState::open_batch(Chunk& chunk, Taking& taking) {
  for (;;) {
    const ByteSpan rest = chunk.batches.span().subspan(chunk.consumed);
    if (rest.empty()) return false;
    TRY(const BatchHeader header, BatchHeader::parse(rest));
    if (header.size() > rest.size())
      return fail(Errc::corrupt_message, "a batch of {} bytes is cut off after {}", header.size(),
                  rest.size());
    const ByteSpan batch = rest.first(header.size());
    if (!batch_crc_matches(batch))
      return fail(Errc::corrupt_message, "the batch at offset {} does not have its checksum",
                  header.base_offset);
    chunk.consumed += batch.size();
    chunk.next_offset = header.next_offset().value();
    chunk.epoch = epoch_of(header);
    if (header.is_control()) continue;  // For libraries, not for applications.
    TRY(RecordReader reader, RecordReader::open(batch, options_.batch_bytes_max));
    chunk.reader = std::make_shared<RecordReader>(std::move(reader));
    taking.owners.push_back(chunk.reader);
    return true;
  }
}

void FetchState::move_to(std::int64_t position, const Chunk& chunk, Partition& partition) {
  if (position <= *partition.position) return;
  partition.position = position;
  partition.position_epoch = chunk.epoch;
}

// Takes records of the chunk until it ends (false) or the poll is full.
Result<bool> FetchState::take_from(Chunk& chunk, Partition& partition, Taking& taking) {
  taking.owners.push_back(partition.topic);
  taking.owners.push_back(chunk.batches.owner());
  if (chunk.reader) taking.owners.push_back(chunk.reader);
  for (;;) {
    if (!chunk.reader) {
      TRY(const bool opened, open_batch(chunk, taking));
      if (!opened) {
        move_to(chunk.next_offset, chunk, partition);
        return false;
      }
    }
    std::optional<RecordView> record = std::exchange(chunk.left_over, std::nullopt);
    if (!record) {
      TRY(record, chunk.reader->next());
    }
    if (!record) {
      chunk.reader = nullptr;
      move_to(chunk.next_offset, chunk, partition);
      continue;
    }
    const std::int64_t offset = record->offset.value();
    if (offset < *partition.position) continue;  // Before the offset that was asked for.
    if (!give(*record, chunk.partition.partition, *partition.topic, taking)) {
      chunk.left_over = record;
      return true;
    }
    move_to(offset + 1, chunk, partition);
  }
}

// False: the poll is full without it. One record always has room.
bool FetchState::give(const RecordView& record, std::int32_t index, const std::string& topic,
                      Taking& taking) {
  if (taking.records.size() >= options_.poll_records_max && !taking.records.empty()) {
    taking.full = true;
    return false;
  }
  const auto text = [](const std::optional<ByteSpan>& bytes) {
    return bytes ? std::optional(as_text(*bytes)) : std::nullopt;
  };
  ConsumedRecord given;
  given.topic = topic;
  given.partition = index;
  given.offset = record.offset.value();
  given.timestamp = Timestamp(std::chrono::milliseconds(record.timestamp));
  given.key = text(record.key);
  given.value = text(record.value);
  std::size_t bytes = given.key.value_or("").size() + given.value.value_or("").size();
  RecordHeaders headers = record.headers;
  while (auto header = headers.next()) {
    given.headers.push_back({.key = header->key, .value = text(header->value)});
    bytes += header->key.size() + given.headers.back().value.value_or("").size();
  }
  if (!taking.records.empty() && taking.bytes + bytes > options_.poll_bytes_max) {
    taking.full = true;
    return false;
  }
  taking.bytes += bytes;
  taking.records.push_back(std::move(given));
  return true;
}

FetchState::Partition* FetchState::find(const PartitionName& name, std::uint64_t generation) {
  const auto at = partitions_.find(name);
  if (at == partitions_.end() || at->second.generation != generation) return nullptr;
  return &at->second;
}

std::vector<ResetItem> FetchState::begin_resets(env::MonotonicTime now) {
  std::vector<ResetItem> items;
  for (auto& [name, partition] : partitions_) {
    if (partition.position || partition.busy || partition.stalled || now < partition.not_before)
      continue;
    if (partition.reset == OffsetReset::fail && !partition.reset_time) {
      partition.stalled = true;
      errors_.push_back({Errc::offset_out_of_range,
                         fmt::format("{} has no position, and none is to be chosen for it "
                                     "(OffsetReset::fail): seek",
                                     to_string(name))});
      continue;
    }
    partition.busy = true;
    items.push_back({.partition = name,
                     .to = partition.reset,
                     .from_time = partition.reset_time,
                     .generation = partition.generation});
  }
  return items;
}

void FetchState::reset_done(const ResetItem& item, std::int64_t offset) {
  Partition* partition = find(item.partition, item.generation);
  if (partition == nullptr) return;
  partition->busy = false;
  partition->position = partition->fetch_offset = offset;
  partition->reset = options_.offset_reset;
  partition->reset_time.reset();
}

// Gives up what was fetched of paused partitions until so much is free; returns what became free.
std::size_t FetchState::shed_paused(std::size_t bytes) {
  std::size_t freed = 0;
  for (auto& [name, partition] : partitions_) {
    if (freed >= bytes) break;
    if (!partition.paused || partition.held_bytes == 0) continue;
    freed += partition.held_bytes + (partition.busy ? options_.partition_fetch_bytes_max : 0);
    restart(partition, partition.position, partition.position_epoch);
  }
  return freed;
}

std::vector<FetchItem> FetchState::begin_fetches(env::MonotonicTime now) {
  std::vector<FetchItem> items;
  if (partitions_.empty()) return items;
  std::size_t reserved = held_bytes_;
  bool may_shed = false;  // Something is held of a paused partition.
  for (const auto& [name, partition] : partitions_) {
    if (partition.busy && partition.position) reserved += options_.partition_fetch_bytes_max;
    may_shed |= partition.paused && partition.held_bytes != 0;
  }
  auto at =
      std::next(partitions_.begin(), static_cast<std::ptrdiff_t>(rotation_++ % partitions_.size()));
  for (std::size_t seen = 0; seen < partitions_.size(); seen++, at++) {
    if (at == partitions_.end()) at = partitions_.begin();
    auto& [name, partition] = *at;
    if (!partition.position || partition.busy || partition.stalled || partition.paused ||
        now < partition.not_before)
      continue;
    // One fetch ahead of what is being polled keeps both sides at work.
    if (partition.held_bytes > options_.partition_fetch_bytes_max / 2) continue;
    const std::size_t wanted = reserved + options_.partition_fetch_bytes_max;
    if (may_shed && wanted > options_.prefetch_bytes) {
      const std::size_t freed = shed_paused(wanted - options_.prefetch_bytes);
      reserved -= freed;
      may_shed = freed != 0;
    }
    if (reserved != 0 && reserved + options_.partition_fetch_bytes_max > options_.prefetch_bytes)
      continue;
    reserved += options_.partition_fetch_bytes_max;
    partition.busy = true;
    items.push_back({.partition = name,
                     .offset = partition.fetch_offset,
                     .last_epoch = partition.fetch_epoch,
                     .again = partition.unreadable_at == partition.fetch_offset,
                     .generation = partition.generation});
  }
  return items;
}

void FetchState::fetched(const FetchItem& item, SharedBytes records) {
  Partition* partition = find(item.partition, item.generation);
  if (partition == nullptr) return;
  partition->busy = false;
  std::int64_t next = partition->fetch_offset;
  std::size_t whole = 0;
  while (whole < records.size()) {
    const auto header = BatchHeader::parse(records.span().subspan(whole));
    if (!header || header->size() > records.size() - whole) break;  // take() finds the words.
    whole += header->size();
    counted_.batches_fetched++;
    if (header->next_offset().value() <= next) continue;
    next = header->next_offset().value();
    partition->fetch_epoch = epoch_of(*header);
  }
  partition->fetch_offset = next;
  if (records.empty()) return;
  counted_.bytes_fetched += records.size();
  held_bytes_ += records.size();
  partition->held_bytes += records.size();
  chunks_.push_back({.partition = item.partition,
                     .generation = item.generation,
                     .batches = std::move(records),
                     .consumed = 0,
                     .reader = nullptr,
                     .left_over = {},
                     .next_offset = item.offset,
                     .epoch = {}});
}

void FetchState::out_of_range(const FetchItem& item, const Error& error, env::MonotonicTime again) {
  Partition* partition = find(item.partition, item.generation);
  if (partition == nullptr) return;
  partition->busy = false;
  partition->not_before = again;
  // Records before it may still wait to be polled; the position is lost only behind them.
  if (partition->held_bytes != 0) return;
  if (options_.offset_reset == OffsetReset::fail) {
    partition->stalled = true;
    errors_.push_back({error.code, fmt::format("{} at offset {}: {}", to_string(item.partition),
                                               item.offset, error.context)});
    return;
  }
  partition->reset = options_.offset_reset;
  restart(*partition, std::nullopt);
}

void FetchState::diverged(const FetchItem& item, std::int64_t end, std::int32_t epoch,
                          env::MonotonicTime again) {
  Partition* partition = find(item.partition, item.generation);
  if (partition == nullptr) return;
  partition->busy = false;
  partition->not_before = again;
  if (partition->held_bytes != 0) return;  // As above.
  const std::int64_t cut = std::min(end, item.offset);
  if (options_.offset_reset != OffsetReset::fail) {
    restart(*partition, cut, epoch);
    return;
  }
  partition->stalled = true;
  errors_.push_back(
      {Errc::offset_out_of_range,
       fmt::format("{} was read up to offset {}, but its log was cut at {} since (the broker lost "
                   "what came after): other records have those offsets now, or will: seek",
                   to_string(item.partition), item.offset, cut)});
}

void FetchState::retry(const PartitionName& name, std::uint64_t generation,
                       env::MonotonicTime when) {
  Partition* partition = find(name, generation);
  if (partition == nullptr) return;
  partition->busy = false;
  partition->not_before = when;
  counted_.retries++;
}

void FetchState::failed(const PartitionName& name, std::uint64_t generation, const Error& error,
                        env::MonotonicTime again) {
  if (find(name, generation) == nullptr) return;
  retry(name, generation, again);
  errors_.push_back(error);
}

env::MonotonicTime FetchState::next_event_after(env::MonotonicTime now) const {
  env::MonotonicTime next = env::kNever;
  for (const auto& [name, partition] : partitions_) {
    if (!partition.busy && !partition.stalled && partition.not_before > now)
      next = std::min(next, partition.not_before);
  }
  return next;
}

}  // namespace ropewalk::client
