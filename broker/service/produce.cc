#include "broker/service/produce.h"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/metadata/topic_settings.h"
#include "broker/replication/partition.h"
#include "broker/security/authorizer.h"
#include "broker/service/batch_rules.h"
#include "broker/service/locate.h"
#include "broker/service/produce_request.h"
#include "common/env/environment.h"
#include "common/records/batch_validator.h"
#include "common/records/recompress.h"

namespace ropewalk::service {
namespace {

using PartitionPtr = std::shared_ptr<replication::Partition>;

// A batch on its way into a partition.
struct Arrival {
  std::shared_ptr<PendingProduce> request;
  std::size_t index = 0;  // Within the request.
  replication::ProduceItem item;
  BatchHeader header;
  BatchRules rules;
  bool walk_in_pool = false;
};

// All batches of one turn for one partition.
struct Arrivals {
  PartitionPtr partition;
  std::vector<Arrival> batches;
  bool walk_in_pool() const {
    return std::any_of(batches.begin(), batches.end(),
                       [](const Arrival& arrival) { return arrival.walk_in_pool; });
  }
};

// Decompresses and walks the records, and changes what D1 allows to change. Pure: also runs in the
// pool.
std::optional<BatchFault> walk(Arrival& arrival) {
  const BatchRules& rules = arrival.rules;
  const ByteSpan batch = arrival.item.batch.span();
  const auto seen = check_records(batch, arrival.header, rules.limits);
  if (!seen) return seen.error();
  std::vector<std::byte> changed;
  if (rules.recodes(arrival.header)) {
    auto recoded = recompress(batch, arrival.header, *rules.codec, rules.level,
                              rules.limits.uncompressed_bytes_max);
    if (!recoded) return BatchFault{.error = recoded.error()};
    if (recoded->size() > rules.limits.batch_bytes_max)
      return BatchFault{
          .error = {Errc::message_too_large,
                    fmt::format("a batch of {} bytes after compression as the topic's "
                                "compression.type says, max.message.bytes is {}",
                                recoded->size(), rules.limits.batch_bytes_max)}};
    changed = std::move(*recoded);
  }
  const bool wrong_time = seen->max_timestamp != arrival.header.max_timestamp;
  if (changed.empty() && (wrong_time || rules.append_time_ms))
    changed.assign(batch.begin(), batch.end());
  if (rules.append_time_ms)
    stamp_log_append_time(changed, *rules.append_time_ms);
  else if (wrong_time)
    correct_max_timestamp(changed, seen->max_timestamp);
  if (!changed.empty()) arrival.item.batch = SharedBytes(std::move(changed));
  return std::nullopt;
}

void refuse_batch(PendingProduce& request, std::size_t index, BatchFault fault) {
  std::vector<RecordFault> faults;
  if (fault.record_index != BatchFault::kWholeBatch)
    faults.push_back({.index = fault.record_index, .message = fault.error.context});
  request.fail_with(index, std::move(fault.error), std::move(faults));
}

// Hands a partition's answers on to the requests.
class Answers final : public replication::ProduceSink {
 public:
  explicit Answers(std::vector<Arrival>& batches) {
    for (Arrival& arrival : batches)
      waiting_.push_back({std::move(arrival.request),
                          arrival.index,
                          {arrival.header.size(), arrival.header.records_count}});
  }
  void produced(std::uint32_t item, Result<replication::Appended> outcome) override {
    auto& [request, index, batch] = waiting_[item];
    if (outcome)
      request->succeed(index, *outcome, batch);
    else
      request->fail_with(index, std::move(outcome).error());
    request.reset();
  }

 private:
  struct Waiting {
    std::shared_ptr<PendingProduce> request;
    std::size_t index = 0;
    PendingProduce::BatchSize batch;
  };
  std::vector<Waiting> waiting_;
};

void enter_partition(Arrivals arrivals) {
  if (arrivals.batches.empty()) return;
  std::vector<replication::ProduceItem> items;
  items.reserve(arrivals.batches.size());
  for (Arrival& arrival : arrivals.batches) {
    arrival.item.item = static_cast<std::uint32_t>(items.size());
    items.push_back(std::move(arrival.item));
  }
  auto answers = std::make_shared<Answers>(arrivals.batches);
  arrivals.partition->produce(std::move(answers), std::move(items));
}

// Keeps the order of one connection's produces to one partition while a batch is walked in the
// pool: what comes later waits behind it. On the connection's core; lives until nothing is waiting.
class Lanes : public std::enable_shared_from_this<Lanes> {
 public:
  explicit Lanes(env::Environment& environment) : environment_(environment) {}

  void arrive(Arrivals arrivals) {
    const TopicPartition id = arrivals.partition->id();
    const auto lane = lanes_.find(id);
    if (lane != lanes_.end()) {
      lane->second.push_back(std::move(arrivals));
    } else if (arrivals.walk_in_pool()) {
      lanes_[id].push_back(std::move(arrivals));
      walk_first(id);
    } else {
      enter_partition(std::move(arrivals));
    }
  }

 private:
  using Faults = std::vector<std::optional<BatchFault>>;

  void walk_first(TopicPartition id) {
    auto walked = std::make_shared<Arrivals>(std::move(lanes_[id].front()));
    lanes_[id].pop_front();
    auto faults = std::make_shared<Faults>(walked->batches.size());
    env::Job work = [walked, faults] {
      for (std::size_t i = 0; i < faults->size(); i++) {
        if (walked->batches[i].walk_in_pool) (*faults)[i] = walk(walked->batches[i]);
      }
    };
    env::Job done = [self = shared_from_this(), id, walked, faults] {
      self->walked_first(id, std::move(*walked), std::move(*faults));
    };
    environment_.compute(std::move(work), environment_.current_core(), std::move(done));
  }

  void walked_first(TopicPartition id, Arrivals arrivals, Faults faults) {
    Arrivals good{.partition = arrivals.partition, .batches = {}};
    for (std::size_t i = 0; i < faults.size(); i++) {
      Arrival& arrival = arrivals.batches[i];
      if (faults[i])
        refuse_batch(*arrival.request, arrival.index, std::move(*faults[i]));
      else
        good.batches.push_back(std::move(arrival));
    }
    enter_partition(std::move(good));
    auto& lane = lanes_[id];
    while (!lane.empty() && !lane.front().walk_in_pool()) {
      Arrivals next = std::move(lane.front());
      lane.pop_front();
      enter_partition(std::move(next));
    }
    if (lane.empty())
      lanes_.erase(id);
    else
      walk_first(id);
  }

  env::Environment& environment_;
  std::map<TopicPartition, std::deque<Arrivals>> lanes_;  // Those where a batch is being walked.
};

// What a batch on its way takes beside its bytes, roughly: it may have 70 of these.
constexpr std::size_t kBatchOverheadBytes = 1024;

Result<replication::Acks> acks_of(std::int16_t number) {
  if (number >= -1 && number <= 1) return static_cast<replication::Acks>(number);
  return fail(Errc::invalid_required_acks, "acks is {}, there are -1, 0 and 1", number);
}

// What a compressed batch decompresses to is not known before: four times is usual for text. And
// compressing is never cheap.
bool is_work_for_the_pool(const BatchHeader& header, const BatchRules& rules,
                          const Limits& limits) {
  if (rules.recodes(header)) return true;
  const bool plain = (header.attributes & batch_bit::kCodecMask) == 0;
  return header.size() * (plain ? 1 : 4) > limits.walk_in_place_bytes_max;
}

replication::Sequenced sequenced_of(const BatchHeader& header) {
  return {.producer = header.has_producer() ? header.producer_id : kNoProducer,
          .epoch = header.producer_epoch,
          .first_sequence = header.base_sequence,
          .record_count = header.records_count};
}

}  // namespace

struct ProduceTurn::State {
  explicit State(const Parts& with)
      : parts(with),
        lanes(std::make_shared<Lanes>(with.environment)),
        gate(std::make_shared<PipelineGate>()) {}

  // Settings are text in the image: what they come to is remembered as long as the image stands.
  const TopicRules& rules_of(const metadata::ImagePtr& image, const metadata::Topic& topic) {
    if (image != rules_are_of) {
      rules_are_of = image;
      rules.clear();
    }
    const auto [at, is_new] = rules.try_emplace(topic.id);
    if (is_new) at->second = topic_rules(metadata::effective_settings(*image, topic), parts.limits);
    return at->second;
  }

  std::expected<void, BatchFault> check(const std::shared_ptr<PendingProduce>& request,
                                        std::size_t index, ProducePartition& produce,
                                        replication::Acks acks);
  Arrivals& arrivals_of(const PartitionPtr& partition);
  // The same answers for a whole turn, which takes no time by the clock.
  const Result<void>& lease() {
    if (!lease_of_turn) lease_of_turn = check_lease(parts);
    return *lease_of_turn;
  }
  env::WallTime wall_now() {
    if (!time_of_turn) time_of_turn = parts.environment.wall_now();
    return *time_of_turn;
  }

  const Parts& parts;
  std::shared_ptr<Lanes> lanes;
  std::shared_ptr<PipelineGate> gate;
  metadata::ImagePtr rules_are_of;
  std::map<TopicId, TopicRules> rules;
  std::vector<std::shared_ptr<PendingProduce>> requests;
  std::optional<Result<void>> lease_of_turn;
  std::optional<env::WallTime> time_of_turn;
  std::vector<Arrivals> turn;  // In the order in which the partitions were met.
};

// Everything that needs no state of the partition; what is good waits in `turn`.
std::expected<void, BatchFault> ProduceTurn::State::check(
    const std::shared_ptr<PendingProduce>& request, std::size_t index, ProducePartition& produce,
    replication::Acks acks) {
  const auto whole = [](Error error) {
    return std::unexpected(BatchFault{.error = std::move(error)});
  };
  const metadata::ImagePtr& image = parts.metadata.get();
  const auto topic =
      find_topic(parts, request->context(), *image, produce.topic, security::Operation::write);
  if (!topic) return whole(topic.error());
  request->set_target(index, {(*topic)->id, produce.partition});
  const auto state = find_partition(**topic, produce.partition);
  if (!state) return whole(state.error());
  const auto leader = find_leader(parts, **topic, **state);
  if (!leader) return whole(leader.error());
  if (const auto& held = lease(); !held) return whole(held.error());

  Arrival arrival;
  const TopicRules& topic_rules = rules_of(image, **topic);
  arrival.rules =
      topic_rules.by_the_clock ? batch_rules(topic_rules, wall_now()) : topic_rules.rules;
  const ByteSpan bytes = produce.records.span();
  const auto header = check_batch(bytes, arrival.rules.limits);
  if (!header) return std::unexpected(header.error());
  arrival.header = *header;
  arrival.request = request;
  arrival.index = index;
  arrival.item = {.batch = std::move(produce.records),
                  .sequenced = sequenced_of(*header),
                  .acks = acks,
                  .expected_epoch = produce.leader_epoch,
                  .append_time_ms = arrival.rules.append_time_ms.value_or(-1),
                  .follows_refused = request->take_refusal(index),
                  .item = 0};
  arrival.walk_in_pool = is_work_for_the_pool(*header, arrival.rules, parts.limits);
  if (!arrival.walk_in_pool) {
    if (auto fault = walk(arrival)) return std::unexpected(std::move(*fault));
  }
  arrivals_of(*leader).batches.push_back(std::move(arrival));
  return {};
}

Arrivals& ProduceTurn::State::arrivals_of(const PartitionPtr& partition) {
  for (Arrivals& arrivals : turn) {
    if (arrivals.partition == partition) return arrivals;
  }
  turn.push_back({.partition = partition, .batches = {}});
  return turn.back();
}

ProduceTurn::ProduceTurn(const Parts& parts) : state_(std::make_unique<State>(parts)) {}
ProduceTurn::~ProduceTurn() = default;
ProduceTurn::ProduceTurn(ProduceTurn&&) noexcept = default;
ProduceTurn& ProduceTurn::operator=(ProduceTurn&&) noexcept = default;

void ProduceTurn::add(const security::RequestContext& context, ProduceRequest request,
                      ProduceCallback callback) {
  auto pending = std::make_shared<PendingProduce>(state_->parts, state_->gate, context,
                                                  request.partitions.size(), std::move(callback));
  state_->requests.push_back(pending);
  for (std::size_t i = 0; i < request.partitions.size(); i++) {
    const ProducePartition& produce = request.partitions[i];
    const auto header = BatchHeader::parse(produce.records.span());
    if (!header) continue;  // Refused below, with the whole reason.
    pending->pass_gate(i, {produce.topic.name, produce.topic.id, produce.partition},
                       sequenced_of(*header));
  }
  const auto refuse_all = [&](const Error& error) {
    for (std::size_t i = 0; i < request.partitions.size(); i++) pending->fail_with(i, error);
  };
  const auto acks = acks_of(request.acks);
  if (!acks) return refuse_all(acks.error());
  if (!request.transactional_id.empty())
    return refuse_all({Errc::invalid_request, "there are no transactions yet"});

  std::size_t bytes = 0;
  for (const ProducePartition& produce : request.partitions)
    bytes += produce.records.size() + kBatchOverheadBytes;
  auto lease = state_->parts.produce_budget.take(bytes);
  if (!lease)
    return refuse_all({Errc::budget_exceeded,
                       fmt::format("produces of {} bytes are waiting for their answers, {} are "
                                   "allowed",
                                   state_->parts.produce_budget.used_bytes(),
                                   state_->parts.produce_budget.limit_bytes())});
  pending->hold(std::move(*lease));
  for (std::size_t i = 0; i < request.partitions.size(); i++) {
    auto checked = state_->check(pending, i, request.partitions[i], *acks);
    if (!checked) refuse_batch(*pending, i, std::move(checked).error());
  }
}

void ProduceTurn::go() {
  auto turn = std::exchange(state_->turn, {});
  state_->lease_of_turn.reset();
  state_->time_of_turn.reset();
  auto requests = std::exchange(state_->requests, {});
  const auto lanes = state_->lanes;  // A callback may destroy the turn.
  for (Arrivals& arrivals : turn) lanes->arrive(std::move(arrivals));
  for (const auto& request : requests) request->entered();
}

}  // namespace ropewalk::service
