#include "client/src/core/accumulator.h"

#include <algorithm>

#include "client/src/core/callbacks.h"

namespace ropewalk::client {
namespace {

// What a record may cost beside its bytes: its callback, its share of the batch, a delivery of its
// own.
constexpr std::size_t kRecordOverheadBytes = 128;
// The brokers remember the last five batches of a producer in a partition.
constexpr std::size_t kIdempotentInFlightMax = 5;

// The record as the batch takes it; the views live as long as `record` and `headers`.
NewRecord to_new_record(const Record& record, Timestamp timestamp,
                        std::vector<RecordHeader>& headers) {
  headers.clear();
  for (const Header& header : record.headers) {
    headers.push_back({.key = header.key, .value = {}});
    if (header.value) headers.back().value = as_bytes(*header.value);
  }
  NewRecord made;
  made.timestamp = timestamp.time_since_epoch().count();
  if (record.key) made.key = as_bytes(*record.key);
  if (record.value) made.value = as_bytes(*record.value);
  made.headers = headers;
  return made;
}

std::size_t charge_of(std::size_t record_bytes_max) {
  return record_bytes_max + kRecordOverheadBytes;
}

QueueLimits limits_of(const ProducerOptions& options, const ClientOptions& client,
                      bool idempotent) {
  return {.batch_bytes = options.batch_bytes,
          .linger = options.linger,
          .delivery_timeout = options.delivery_timeout,
          .backoff = client.retry_backoff,
          .backoff_max = client.retry_backoff_max,
          .in_flight_max = idempotent ? std::clamp<std::size_t>(options.requests_in_flight_max, 1,
                                                                kIdempotentInFlightMax)
                                      : 1,
          .idempotent = idempotent};
}

}  // namespace

Accumulator::Accumulator(const ProducerOptions& options, const ClientOptions& client,
                         std::uint64_t seed, std::shared_ptr<Waiting> waiting)
    : options_(options),
      limits_(limits_of(options, client, options.idempotent && options.acks == Acks::all)),
      supplies_(std::move(waiting)),
      seed_(seed),
      idempotent_(limits_.idempotent) {}

// Those of their own first: they were sent before the others of the batch.
void Decided::tell() {
  for (const ProducerBatch::Early& one : early) {
    Result<StoredAt> outcome_of_one = outcome;
    if (outcome_of_one && outcome_of_one->base_offset >= 0)
      outcome_of_one->base_offset += one.index;
    one.delivery->decide(where, std::move(outcome_of_one));
  }
  deliveries->decide(where, outcome);
}

bool Accumulator::space_for(const Record& record) const {
  std::vector<RecordHeader> headers;
  const NewRecord encoded = to_new_record(record, {}, headers);
  return closed_ || has_room(charge_of(BatchBuilder::record_bytes_max(encoded)));
}

// One that is larger than the whole buffer gets through an empty one.
bool Accumulator::has_room(std::size_t charged) const {
  return held_bytes_ == 0 || held_bytes_ + charged <= options_.buffer_bytes;
}

Result<Accumulator::Taken> Accumulator::append(Record& record, Timestamp timestamp,
                                               const Clock& now) {
  if (closed_) return fail(Errc::closed, "the producer is closed");
  if (record.topic.empty()) return fail(Errc::invalid_topic, "a record without a topic");
  if (record.partition && *record.partition < 0)
    return fail(Errc::invalid_request, "partition {}", *record.partition);
  std::vector<RecordHeader> headers;
  AdmittedRecord admitted{.encoded = to_new_record(record, timestamp, headers)};
  admitted.bytes_max = BatchBuilder::record_bytes_max(admitted.encoded);
  if (kBatchHeaderBytes + admitted.bytes_max > options_.record_bytes_max)
    return fail(Errc::message_too_large, "a record of {} bytes, record_bytes_max is {}",
                kBatchHeaderBytes + admitted.bytes_max, options_.record_bytes_max);
  admitted.charged_bytes = charge_of(admitted.bytes_max);
  admitted.generation = generation_;
  if (options_.when_full == WhenFull::drop_oldest) drop_oldest(admitted.charged_bytes);
  if (!has_room(admitted.charged_bytes))
    return fail(Errc::budget_exceeded, "{} bytes wait for their delivery, buffer_bytes is {}",
                held_bytes_, options_.buffer_bytes);

  auto [at, is_new] = topics_.try_emplace(record.topic, seed_ + topics_.size());
  held_bytes_ += admitted.charged_bytes;
  undecided_[generation_]++;
  counted_.records_sent++;
  Topic& topic = at->second;
  if (!topic.partitions.empty()) return place(at->first, topic, record, admitted, now);
  const Charge charge{.bytes = admitted.charged_bytes, .generation = generation_};
  return keep_for_topic(topic, record, timestamp, charge, now);
}

Accumulator::Taken Accumulator::keep_for_topic(Topic& topic, Record& record, Timestamp timestamp,
                                               Charge charge, const Clock& now) {
  std::shared_ptr<DeliveryState> delivery = delivery_alone(timestamp);
  const env::MonotonicTime since = now();
  topic.waiting.push_back({.record = std::move(record),
                           .timestamp = timestamp,
                           .delivery = delivery,
                           .charge = charge,
                           .since = since});
  return {.deliveries = std::move(delivery),
          .index = 0,
          .due = topic.waiting.size() == 1 ? since : env::kNever};
}

std::shared_ptr<DeliveryState> Accumulator::delivery_alone(Timestamp timestamp) const {
  std::shared_ptr<DeliveryState> delivery = supplies_.new_deliveries();
  delivery->add(timestamp);
  return delivery;
}

// Makes room by giving up what was never sent. A batch goes as a whole: its records are encoded.
void Accumulator::drop_oldest(std::size_t charged) {
  while (!has_room(charged)) {
    env::MonotonicTime oldest = env::kNever;
    Topic* topic_of_it = nullptr;
    PartitionQueue* queue_of_it = nullptr;  // None: it waits for its topic.
    for (auto& [name, topic] : topics_) {
      if (!topic.waiting.empty() && topic.waiting.front().since < oldest) {
        oldest = topic.waiting.front().since;
        topic_of_it = &topic;
        queue_of_it = nullptr;
      }
      for (PartitionQueue& queue : topic.partitions) {
        if (queue.oldest_unsent() >= oldest) continue;
        oldest = queue.oldest_unsent();
        topic_of_it = &topic;
        queue_of_it = &queue;
      }
    }
    if (topic_of_it == nullptr) return;  // All is on its way.
    const Error error{Errc::cancelled,
                      fmt::format("dropped for newer records: buffer_bytes is {}, and "
                                  "WhenFull::drop_oldest was chosen",
                                  options_.buffer_bytes)};
    if (queue_of_it == nullptr) {
      counted_.records_dropped++;
      decide_waiting(topic_of_it->waiting.front(), error);
      topic_of_it->waiting.pop_front();
    } else {
      const ProducerBatchPtr batch = queue_of_it->drop_oldest_unsent();
      counted_.records_dropped += batch->records();
      decide(*batch, error);
    }
  }
}

// The partition that the record names, that the program's partitioner says, or ours. Errors:
// unknown_topic_or_partition, invalid_record (the partitioner threw).
Result<std::int32_t> Accumulator::choose(const Record& record, const std::string& name,
                                         Topic& topic) {
  const auto partitions = static_cast<std::int32_t>(topic.partitions.size());
  std::optional<std::int32_t> chosen = record.partition;
  if (!chosen && options_.partitioner) {
    const auto threw =
        words_of_exception([&] { chosen = options_.partitioner(record, partitions); });
    if (threw) return fail(Errc::invalid_record, "the partitioner threw: {}", *threw);
  }
  if (!chosen)
    return record.key ? partition_of_key(as_bytes(*record.key), partitions)
                      : topic.sticky.current(partitions);
  if (*chosen < 0 || *chosen >= partitions)
    return fail(Errc::unknown_topic_or_partition, "topic {} has {} partitions, no partition {}",
                name, partitions, *chosen);
  return *chosen;
}

Accumulator::Taken Accumulator::place(const std::string& name, Topic& topic, const Record& record,
                                      const AdmittedRecord& admitted, const Clock& now) {
  const bool sticky = !record.partition && !record.key;
  const Result<std::int32_t> chosen = choose(record, name, topic);
  if (!chosen) {
    std::shared_ptr<DeliveryState> delivery = admitted.early;
    if (!delivery)
      delivery = delivery_alone(Timestamp(std::chrono::milliseconds(admitted.encoded.timestamp)));
    decide_alone(record, delivery,
                 {.bytes = admitted.charged_bytes, .generation = admitted.generation},
                 chosen.error());
    return {.deliveries = std::move(delivery), .index = 0, .due = now()};
  }
  PartitionQueue& queue = topic.partitions[static_cast<std::size_t>(*chosen)];
  const PartitionQueue::Appended appended = queue.append(admitted, now);
  if (sticky && appended.closed) topic.sticky.advance();
  Taken taken{
      .deliveries = appended.batch->deliveries, .index = appended.index, .due = env::kNever};
  if (appended.opened || appended.closed) taken.due = queue.ready_at(true);
  // It may never be sent, and must be given up then.
  if (appended.opened)
    taken.due = std::min(taken.due, appended.batch->created + limits_.delivery_timeout);
  return taken;
}

std::vector<std::string> Accumulator::unknown_topics() const {
  std::vector<std::string> names;
  for (const auto& [name, topic] : topics_) {
    if (topic.partitions.empty() && !topic.waiting.empty()) names.push_back(name);
  }
  return names;
}

std::vector<std::string> Accumulator::topics() const {
  std::vector<std::string> names;
  for (const auto& [name, topic] : topics_) names.push_back(name);
  return names;
}

void Accumulator::topic_known(const std::string& name, std::int32_t partitions,
                              env::MonotonicTime now) {
  const auto at = topics_.find(name);
  if (at == topics_.end()) return;
  Topic& topic = at->second;
  while (static_cast<std::int32_t>(topic.partitions.size()) < partitions)
    topic.partitions.emplace_back(
        PartitionName{name, static_cast<std::int32_t>(topic.partitions.size())}, limits_,
        supplies_);
  if (topic.partitions.empty()) return;
  topic.delayed_by.reset();
  while (!topic.waiting.empty()) {
    WaitingRecord waiting = std::move(topic.waiting.front());
    topic.waiting.pop_front();
    std::vector<RecordHeader> headers;
    AdmittedRecord admitted{.encoded = to_new_record(waiting.record, waiting.timestamp, headers),
                            .charged_bytes = waiting.charge.bytes,
                            .generation = waiting.charge.generation,
                            .early = std::move(waiting.delivery)};
    admitted.bytes_max = BatchBuilder::record_bytes_max(admitted.encoded);
    place(name, topic, waiting.record, admitted, [now] { return now; });
  }
  // A flush that began before the topic was known waits for these.
  for (PartitionQueue& queue : topic.partitions) queue.close_open_batch(generation_);
}

void Accumulator::topic_delayed(const std::string& name, const Error& error) {
  if (const auto at = topics_.find(name); at != topics_.end()) at->second.delayed_by = error;
}

void Accumulator::topic_failed(const std::string& name, const Error& error) {
  const auto at = topics_.find(name);
  if (at == topics_.end()) return;
  for (WaitingRecord& record : at->second.waiting) decide_waiting(record, error);
  at->second.waiting.clear();
}

bool Accumulator::epoch_change_due() const {
  if (!identified_) return false;
  if (identity_lost_) return true;
  if (!has_parked_)
    has_parked_ = std::ranges::any_of(topics_, [](const auto& entry) {
      return std::ranges::any_of(entry.second.partitions, &PartitionQueue::has_parked);
    });
  return *has_parked_;
}

bool Accumulator::new_batches_allowed() const {
  return !idempotent_ || (identified_ && !epoch_change_due());
}

// An epoch change waits until no batch is undecided under the present one: a batch that may be
// stored must not be sent under another.
bool Accumulator::identity_needed() const {
  if (!idempotent_) return false;
  if (!identified_) return !topics_.empty();
  if (!epoch_change_due()) return false;
  return std::ranges::none_of(topics_, [](const auto& entry) {
    return std::ranges::any_of(entry.second.partitions, &PartitionQueue::undecided);
  });
}

// What needed the next epoch may have run out of time while it was asked for, and batches may be on
// their way under the present one by now: the answer comes too late then, and is asked for again.
void Accumulator::identify(ProducerId id, ProducerEpoch epoch) {
  if (identified_ && !identity_needed()) return;
  if (identified_) {
    for (auto& [name, topic] : topics_) {
      for (PartitionQueue& queue : topic.partitions) queue.restart_sequences();
    }
  }
  identity_ = {.id = id, .epoch = epoch, .base_sequence = kNoSequence};
  identified_ = true;
  has_parked_.reset();
  identity_lost_ = false;
}

std::vector<PartitionName> Accumulator::ready(env::MonotonicTime now) const {
  std::vector<PartitionName> names;
  const bool new_allowed = new_batches_allowed();
  for (const auto& [name, topic] : topics_) {
    for (std::size_t index = 0; index < topic.partitions.size(); index++) {
      if (topic.partitions[index].ready_at(new_allowed) <= now)
        names.push_back({name, static_cast<std::int32_t>(index)});
    }
  }
  return names;
}

env::MonotonicTime Accumulator::next_event_after(env::MonotonicTime now) const {
  env::MonotonicTime next = env::kNever;
  const auto consider = [&](env::MonotonicTime when) {
    if (when > now) next = std::min(next, when);
  };
  const bool new_allowed = new_batches_allowed();
  for (const auto& [name, topic] : topics_) {
    for (const PartitionQueue& queue : topic.partitions) {
      consider(queue.ready_at(new_allowed));
      consider(queue.next_expiry());
    }
    if (!topic.waiting.empty()) consider(topic.waiting.front().since + limits_.delivery_timeout);
  }
  return next;
}

ProducerBatchPtr Accumulator::take(const PartitionName& partition, env::MonotonicTime now,
                                   const Way& way) {
  ProducerBatchPtr batch = queue_of(partition).take(now, new_batches_allowed(), identity_, way);
  if (batch) {
    counted_.batches_sent++;
    if (batch->attempts > 1) counted_.retries++;
  }
  return batch;
}

PartitionQueue& Accumulator::queue_of(const PartitionName& partition) {
  const auto at = topics_.find(partition.topic);
  ENSURE(at != topics_.end() && partition.partition >= 0 &&
             static_cast<std::size_t>(partition.partition) < at->second.partitions.size(),
         "no queue for {}", partition.topic);
  return at->second.partitions[static_cast<std::size_t>(partition.partition)];
}

void Accumulator::succeeded(const ProducerBatchPtr& batch, std::int64_t base_offset,
                            std::optional<Timestamp> log_append_time) {
  if (batch->state == ProducerBatch::State::done) return;  // fail_all() was faster.
  queue_of(batch->partition).succeeded(batch);
  counted_.batches_acknowledged++;
  counted_.bytes_acknowledged += batch->sealed.size();
  counted_.records_acknowledged += batch->records();
  decide(*batch, StoredAt{.base_offset = base_offset, .log_append_time = log_append_time});
}

void Accumulator::failed(const ProducerBatchPtr& batch, const Error& error, bool answered,
                         double jitter, env::MonotonicTime now) {
  if (batch->state == ProducerBatch::State::done) return;
  // Another producer has the id, or the id is gone: batches behind this one will hear the same, and
  // then a new id begins.
  if (answered && idempotent_ &&
      (error.code == Errc::invalid_producer_epoch || error.code == Errc::unknown_producer_id) &&
      batch->stamp.id == identity_.id && batch->stamp.epoch == identity_.epoch) {
    identity_lost_ = true;
    identity_.id = kNoProducer;
    identity_.epoch = kNoProducerEpoch;
  }
  has_parked_.reset();
  if (!queue_of(batch->partition).failed(batch, error, answered, jitter, now)) return;
  if (is_retriable(error.code) || error.code == Errc::out_of_order_sequence_number) {
    decide(*batch, too_late(fmt::format("not acknowledged ({})", to_string(error))));
  } else {
    decide(*batch, error);
  }
}

Error Accumulator::too_late(std::string_view what) const {
  return {Errc::request_timed_out, fmt::format("{} within delivery_timeout ({} ms)", what,
                                               options_.delivery_timeout.count())};
}

void Accumulator::expire(env::MonotonicTime now) {
  has_parked_.reset();
  for (auto& [name, topic] : topics_) {
    for (PartitionQueue& queue : topic.partitions) {
      for (const ProducerBatchPtr& batch : queue.expire(now)) {
        if (batch->last_error)
          decide(*batch,
                 too_late(fmt::format("not acknowledged ({})", to_string(*batch->last_error))));
        else
          decide(*batch, too_late(batch->attempts == 0 ? "not sent" : "not acknowledged"));
      }
    }
    while (!topic.waiting.empty() &&
           now >= topic.waiting.front().since + limits_.delivery_timeout) {
      const std::string why = topic.delayed_by ? fmt::format("the topic was not looked up ({})",
                                                             to_string(*topic.delayed_by))
                                               : "the topic was not found";
      decide_waiting(topic.waiting.front(), too_late(why));
      topic.waiting.pop_front();
    }
  }
}

void Accumulator::decide(ProducerBatch& batch, Result<StoredAt> outcome) {
  if (!outcome) counted_.records_failed += batch.records();
  release(batch.charged_bytes, batch.generation, batch.records());
  decided_.push_back({.where = batch.partition,
                      .deliveries = batch.deliveries,
                      .early = std::move(batch.early),
                      .records = static_cast<std::uint32_t>(batch.count),
                      .outcome = std::move(outcome)});
}

void Accumulator::decide(ProducerBatch& batch, const Error& error) {
  decide(batch, Result<StoredAt>(std::unexpected(error)));
}

void Accumulator::decide_waiting(WaitingRecord& waiting, const Error& error) {
  decide_alone(waiting.record, std::move(waiting.delivery), waiting.charge, error);
}

void Accumulator::decide_alone(const Record& record, std::shared_ptr<DeliveryState> delivery,
                               Charge charge, const Error& error) {
  counted_.records_failed++;
  release(charge.bytes, charge.generation, 1);
  decided_.push_back({.where = {record.topic, record.partition.value_or(-1)},
                      .deliveries = std::move(delivery),
                      .early = {},
                      .records = 1,
                      .outcome = std::unexpected(error)});
}

void Accumulator::release(std::size_t bytes, std::uint64_t generation, std::uint64_t records) {
  held_bytes_ -= bytes;
  decided_so_far_ += records;
  const auto at = undecided_.find(generation);
  ENSURE(at != undecided_.end() && at->second >= records, "more deliveries than records");
  at->second -= records;
  if (at->second == 0) undecided_.erase(at);
}

ProducerStatistics Accumulator::statistics() const {
  ProducerStatistics now = counted_;
  now.bytes_buffered = held_bytes_;
  for (const auto& [generation, records] : undecided_) now.records_buffered += records;
  return now;
}

std::uint64_t Accumulator::begin_flush() {
  const std::uint64_t begun = generation_++;
  for (auto& [name, topic] : topics_) {
    for (PartitionQueue& queue : topic.partitions) queue.close_open_batch(generation_);
  }
  return begun;
}

bool Accumulator::flushed(std::uint64_t generation) const {
  return undecided_.empty() || undecided_.begin()->first > generation;
}

void Accumulator::fail_all(const Error& error) {
  has_parked_.reset();
  for (auto& [name, topic] : topics_) {
    for (PartitionQueue& queue : topic.partitions) {
      for (const ProducerBatchPtr& batch : queue.take_all()) decide(*batch, error);
    }
    for (WaitingRecord& record : topic.waiting) decide_waiting(record, error);
    topic.waiting.clear();
  }
}

}  // namespace ropewalk::client
