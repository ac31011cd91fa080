#include "broker/replication/producer_state.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "common/bytes.h"

namespace ropewalk::replication {
namespace {

constexpr std::uint16_t kProducerSnapshotVersion = 1;

template <class T>
void put_number(std::string& out, T value) {
  std::byte raw[sizeof(T)];
  store_be(raw, value);
  out.append(reinterpret_cast<const char*>(raw), sizeof raw);
}

// Takes numbers off the front; ok() is false once there was too little.
class NumberReader {
 public:
  explicit NumberReader(std::string_view from) : rest_(as_bytes(from)) {}
  template <class T>
  T take() {
    if (rest_.size() < sizeof(T)) {
      ok_ = false;
      return T{};
    }
    const T value = load_be<T>(rest_.data());
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  ByteSpan rest_;
  bool ok_ = true;
};

}  // namespace

void ProducerState::Producer::push(const Batch& batch) {
  if (count == kBatchesPerProducer) {
    std::move(batches.begin() + 1, batches.end(), batches.begin());
    count--;
  }
  batches[count++] = batch;
}

std::uint32_t ProducerState::Producer::count_below(Offset end) const {
  std::uint32_t below = count;
  while (below > 0 && batches[below - 1].placed.base_offset >= end) below--;
  return below;
}

bool ProducerState::Producer::operator==(const Producer& other) const {
  return epoch == other.epoch && count == other.count &&
         std::equal(batches.begin(), batches.begin() + count, other.batches.begin());
}

ProducerState::ProducerState(std::size_t producers_max)
    : producers_max_(producers_max), refused_(producers_max) {
  ENSURE(producers_max > 0, "a partition that remembers no producer stores retries twice");
}

Result<std::optional<Placed>> ProducerState::check(const Sequenced& batch) {
  const auto found = producers_.find(batch.producer);
  if (found == producers_.end()) {
    if (auto refusal = refused_.refuses(batch)) return fail(std::move(*refusal));
    return std::optional<Placed>{};
  }
  const Producer& known = found->second;

  if (batch.epoch < known.epoch)
    return fail(Errc::invalid_producer_epoch, "producer {}: epoch {} is older than {}",
                batch.producer, batch.epoch, known.epoch);
  if (batch.epoch > known.epoch) {
    if (batch.first_sequence == 0) return in_order(batch);
    return out_of_order(batch,
                        fmt::format("producer {}: new epoch {} must start with sequence 0, not {}",
                                    batch.producer, batch.epoch, batch.first_sequence));
  }
  for (std::uint32_t i = known.count; i-- > 0;) {
    const Batch& old = known.batches[i];
    if (old.first_sequence == batch.first_sequence && old.placed.record_count == batch.record_count)
      return std::optional(old.placed);
  }
  const std::int32_t expected = known.newest().next_sequence();
  if (batch.first_sequence == expected) return in_order(batch);
  return out_of_order(
      batch, fmt::format("producer {} epoch {}: sequence {} where {} was expected", batch.producer,
                         batch.epoch, batch.first_sequence, expected));
}

std::optional<Placed> ProducerState::in_order(const Sequenced& batch) {
  refused_.forget(batch.producer);
  return std::nullopt;
}

std::unexpected<Error> ProducerState::out_of_order(const Sequenced& batch, std::string why) {
  if (auto refusal = refused_.refuses(batch)) return std::unexpected(*std::move(refusal));
  return std::unexpected(Error{Errc::out_of_order_sequence_number, std::move(why)});
}

void ProducerState::record(const Sequenced& batch, Placed placed) {
  auto [at, is_new] = producers_.try_emplace(batch.producer);
  before_.push_back({placed.base_offset, batch, is_new ? std::nullopt : std::optional(at->second)});
  Producer& producer = at->second;
  if (producer.epoch != batch.epoch) {
    producer.epoch = batch.epoch;
    producer.count = 0;
  }
  producer.push({.first_sequence = batch.first_sequence, .placed = placed});
}

void ProducerState::record(const BatchHeader& header) {
  if (!header.has_producer() || header.is_control()) return;
  record({.producer = header.producer_id,
          .epoch = header.producer_epoch,
          .first_sequence = header.base_sequence,
          .record_count = header.last_offset_delta + 1},
         {.base_offset = header.base_offset,
          .append_time_ms = header.is_log_append_time() ? header.max_timestamp : -1,
          .record_count = header.last_offset_delta + 1});
}

void ProducerState::keep(Offset end) {
  while (!before_.empty() && before_.front().base_offset < end) before_.pop_front();
  if (before_.empty() && producers_.size() > producers_max_) forget_silent();
}

void ProducerState::refused(const Sequenced& batch, Errc code) { refused_.refused(batch, code); }

void ProducerState::undo(Offset from, Errc code) {
  std::vector<Sequenced> undone;
  for (const Before& before : before_) {
    if (before.base_offset >= from) undone.push_back(before.batch);
  }
  take_back(from);
  for (const Sequenced& batch : undone) refused(batch, code);
}

void ProducerState::take_back(Offset from) {
  while (!before_.empty() && before_.back().base_offset >= from) {
    Before& before = before_.back();
    if (before.producer)
      producers_[before.batch.producer] = *before.producer;
    else
      producers_.erase(before.batch.producer);
    before_.pop_back();
  }
}

bool ProducerState::truncate_to(Offset end) {
  take_back(end);
  bool is_complete = true;
  for (auto at = producers_.begin(); at != producers_.end();) {
    Producer& producer = at->second;
    const bool had_more = producer.count == kBatchesPerProducer || producer.epoch.value() > 0;
    producer.count = producer.count_below(end);
    is_complete &= producer.count > 0 || !had_more;
    at = producer.count == 0 ? producers_.erase(at) : std::next(at);
  }
  return is_complete;
}

void ProducerState::clear() {
  before_.clear();
  producers_.clear();
}

// A share at a time, so that the cost of looking at all is paid rarely.
void ProducerState::forget_silent() {
  std::vector<Offset> newest;
  newest.reserve(producers_.size());
  for (const auto& [id, producer] : producers_)
    newest.push_back(producer.newest().placed.base_offset);
  const std::size_t forgotten = producers_.size() - producers_max_ + producers_max_ / 8;
  const auto first_kept = newest.begin() + static_cast<std::ptrdiff_t>(forgotten);
  std::nth_element(newest.begin(), first_kept, newest.end());
  const Offset limit = *first_kept;
  std::erase_if(producers_, [limit](const auto& entry) {
    return entry.second.newest().placed.base_offset < limit;
  });
}

// version u16, count u32; a producer: id i64, epoch i16, batches u8; a batch: first sequence i32,
// records i32, base offset i64, append time i64. Producers in order of their ids.
std::string ProducerState::encode(Offset end) const {
  std::vector<ProducerId> ids;
  ids.reserve(producers_.size());
  for (const auto& [id, producer] : producers_) {
    if (producer.count_below(end) > 0) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());

  std::string out;
  put_number(out, kProducerSnapshotVersion);
  put_number(out, static_cast<std::uint32_t>(ids.size()));
  for (const ProducerId id : ids) {
    const Producer& producer = producers_.at(id);
    const std::uint32_t count = producer.count_below(end);
    put_number(out, id.value());
    put_number(out, producer.epoch.value());
    put_number(out, static_cast<std::uint8_t>(count));
    for (std::uint32_t i = 0; i < count; i++) {
      const Batch& batch = producer.batches[i];
      put_number(out, batch.first_sequence);
      put_number(out, batch.placed.record_count);
      put_number(out, batch.placed.base_offset.value());
      put_number(out, batch.placed.append_time_ms);
    }
  }
  return out;
}

Result<void> ProducerState::decode(std::string_view snapshot) {
  NumberReader reader(snapshot);
  const auto version = reader.take<std::uint16_t>();
  if (!reader.ok() || version != kProducerSnapshotVersion)
    return fail(Errc::corrupt, "producer state of version {}, known is {}", version,
                kProducerSnapshotVersion);
  const auto count = reader.take<std::uint32_t>();
  std::unordered_map<ProducerId, Producer> producers;
  for (std::uint32_t n = 0; n < count && reader.ok(); n++) {
    const ProducerId id(reader.take<std::int64_t>());
    Producer producer;
    producer.epoch = ProducerEpoch(reader.take<std::int16_t>());
    const std::uint32_t batches = reader.take<std::uint8_t>();
    if (batches == 0 || batches > kBatchesPerProducer)
      return fail(Errc::corrupt, "producer state: producer {} has {} batches", id, batches);
    for (std::uint32_t i = 0; i < batches; i++) {
      Batch batch;
      batch.first_sequence = reader.take<std::int32_t>();
      batch.placed.record_count = reader.take<std::int32_t>();
      batch.placed.base_offset = Offset(reader.take<std::int64_t>());
      batch.placed.append_time_ms = reader.take<std::int64_t>();
      producer.push(batch);
    }
    producers[id] = producer;
  }
  if (!reader.ok() || !reader.at_end() || producers.size() != count)
    return fail(Errc::corrupt, "producer state of {} bytes does not hold its {} producers",
                snapshot.size(), count);
  producers_ = std::move(producers);
  before_.clear();
  return {};
}

}  // namespace ropewalk::replication
