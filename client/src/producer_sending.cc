// The half of ProducerShell that runs on the I/O thread: what is due goes into requests, and their
// answers come back.
#include <algorithm>

#include "client/src/producer_shell.h"
#include "common/wire/errors.h"
#include "common/wire/records_last.h"
#include "ropewalk/v1/produce.pb.h"
#include "ropewalk/v1/producer_id.pb.h"

namespace ropewalk::client {
namespace {

// A topic that was just made may not have reached the broker that is asked.
constexpr env::Duration kProduceMissingTopicGrace = std::chrono::seconds(3);
// Of the batches in one request; one always goes.
constexpr std::size_t kRequestBytesMax = 4 << 20;

v1::Acks to_wire(Acks acks) {
  switch (acks) {
    case Acks::all:
      return v1::ACKS_ALL;
    case Acks::leader:
      return v1::ACKS_LEADER;
    case Acks::none:
      return v1::ACKS_NONE;
  }
  return v1::ACKS_ALL;
}

}  // namespace

// One request on its way.
struct ProducerShell::Sending {
  struct Item {
    ProducerBatchPtr batch;
    TopicId topic;
    LeaderEpoch epoch;
  };
  BrokerId broker;
  std::shared_ptr<Link> link;
  std::vector<Item> items;
  std::size_t bytes = 0;  // Of their batches.
  env::MonotonicTime deadline{};
};

void ProducerShell::pump() {
  if (shell_->closed()) return complete_decided();
  const env::MonotonicTime now = shell_->now();
  std::map<BrokerId, std::shared_ptr<Sending>> requests;
  std::vector<std::string> to_learn;
  bool identify = false;
  env::MonotonicTime look_at = env::kNever;
  std::vector<Decided> decided;
  {
    const std::lock_guard lock(mutex_);
    accumulator_.expire(now);
    to_learn = accumulator_.unknown_topics();
    for (const std::string& name : accumulator_.topics()) {
      const KnownTopic* topic = shell_->view().topic(name);
      if (topic != nullptr && now - topic->learnt > shell_->options().metadata_age_max)
        to_learn.push_back(name);  // It may have more partitions.
    }
    identify = accumulator_.identity_needed() && !learning_identity_;
    for (const PartitionName& partition : accumulator_.ready(now)) {
      const KnownLeader* leader = shell_->view().leader(partition.topic, partition.partition);
      if (leader == nullptr) {
        accumulator_.partition_delayed(
            partition, {Errc::leader_not_available,
                        fmt::format("partition {} of '{}' has no leader; topic describe says why",
                                    partition.partition, partition.topic)});
        if (std::ranges::find(to_learn, partition.topic) == to_learn.end())
          to_learn.push_back(partition.topic);
        continue;
      }
      if (in_flight_[leader->broker] >= options_.requests_in_flight_max) continue;
      const std::shared_ptr<Link> link = shell_->link_to_broker(leader->broker);
      auto& sending = requests[leader->broker];
      if (sending && sending->bytes >= kRequestBytesMax) continue;  // With the next request.
      ProducerBatchPtr batch = accumulator_.take(
          partition, now, {.leader = leader->epoch, .connection = link ? link->number() : 0});
      if (!batch) continue;
      if (!sending) sending = std::make_shared<Sending>();
      sending->link = link;
      sending->bytes += batch->size();
      sending->items.push_back({.batch = std::move(batch),
                                .topic = shell_->view().topic(partition.topic)->id,
                                .epoch = leader->epoch});
    }
    // What is due but cannot be sent now waits for an answer, which looks again.
    look_at = next_look_ = accumulator_.next_event_after(now);
    decided = accumulator_.take_decided();
  }
  bool more = false;
  for (auto& [broker, sending] : requests) {
    if (!sending || sending->items.empty()) continue;
    sending->broker = broker;
    sending->deadline = now + shell_->options().request_timeout;
    if (!shell_->tasks().spawn("produce", produce(shared_from_this(), sending))) continue;
    in_flight_[broker]++;
    more = true;
  }
  if (identify) {
    learning_identity_ = true;
    shell_->tasks().spawn("producer id", learn_identity(shared_from_this()));
  }
  if (!to_learn.empty()) learn(std::move(to_learn));
  // Whoever wants an earlier look since then has posted it.
  timer_.set(shell_->core(), look_at, weak_from_this(), &ProducerShell::pump);
  complete(std::move(decided));
  if (more) pump();  // Partitions with several batches due fill the pipeline.
}

void ProducerShell::learn(std::vector<std::string> topics) {
  if (learning_topics_) return;
  learning_topics_ = true;
  shell_->tasks().spawn("producer metadata", learn_topics(shared_from_this(), std::move(topics)));
}

Task<void> ProducerShell::learn_topics(std::shared_ptr<ProducerShell> self,
                                       std::vector<std::string> topics) {
  Shell& shell = *self->shell_;
  auto refreshed =
      co_await Shell::refresh(self->shell_, topics, shell.now() + shell.options().request_timeout);
  if (!refreshed && refreshed.error().code == Errc::cancelled) co_return;
  const env::MonotonicTime now = shell.now();
  bool all_known = refreshed.has_value();
  {
    const std::lock_guard lock(self->mutex_);
    for (const std::string& name : topics) {
      const KnownTopic* topic = shell.view().topic(name);
      if (topic != nullptr) {
        self->missing_since_.erase(name);
        self->accumulator_.topic_known(name, static_cast<std::int32_t>(topic->partitions.size()),
                                       now);
        for (std::size_t index = 0; index < topic->partitions.size(); index++)
          all_known &= shell.view().leader(name, static_cast<std::int32_t>(index)) != nullptr;
        continue;
      }
      all_known = false;
      const Error* why = refreshed ? shell.view().why_unknown(name) : &refreshed.error();
      if (why == nullptr || why->code != Errc::unknown_topic_or_partition) {
        // Nobody denies that it is there.
        self->missing_since_.erase(name);
        if (why != nullptr && !is_retriable(why->code))
          self->accumulator_.topic_failed(name, *why);
        else if (why != nullptr)
          self->accumulator_.topic_delayed(name, *why);
        continue;
      }
      const env::MonotonicTime since = self->missing_since_.try_emplace(name, now).first->second;
      if (now - since < kProduceMissingTopicGrace) continue;
      self->missing_since_.erase(name);
      self->accumulator_.topic_failed(
          name, {Errc::unknown_topic_or_partition, fmt::format("there is no topic {}", name)});
    }
  }
  if (!all_known) {  // Not at once again.
    const bool slept = co_await shell.core().sleep_until(shell.now() + shell.backoff(2));
    if (!slept) co_return;
  }
  self->learning_topics_ = false;
  self->pump();
}

Task<void> ProducerShell::learn_identity(std::shared_ptr<ProducerShell> self) {
  Shell& shell = *self->shell_;
  v1::InitProducerIdRequest request;
  {
    const std::lock_guard lock(self->mutex_);
    const ProducerStamp& identity = self->accumulator_.identity();
    if (identity.id != kNoProducer) {
      request.set_producer_id(identity.id.value());
      request.set_producer_epoch(identity.epoch.value());
    }
  }
  const Shell::Question question{.api = v1::API_INIT_PRODUCER_ID,
                                 .change = false,
                                 .deadline = shell.now() + shell.options().request_timeout};
  auto response = co_await Shell::ask<v1::InitProducerIdResponse>(self->shell_, question, request);
  if (!response) {
    if (response.error().code == Errc::cancelled) co_return;
    // An id whose epoch moved on without us (an answer was lost): begin with a new one.
    if (response.error().code == Errc::invalid_producer_epoch) {
      request.clear_producer_id();
      request.clear_producer_epoch();
      response = co_await Shell::ask<v1::InitProducerIdResponse>(self->shell_, question, request);
    }
  }
  if (response) {
    const std::lock_guard lock(self->mutex_);
    self->accumulator_.identify(
        ProducerId(response->producer_id()),
        ProducerEpoch(static_cast<std::int16_t>(response->producer_epoch())));
  } else {
    const bool slept = co_await shell.core().sleep_until(shell.now() + shell.backoff(3));
    if (!slept) co_return;
  }
  self->learning_identity_ = false;
  self->pump();
}

Result<void> ProducerShell::seal_all(Sending& sending) {
  std::size_t bytes = 0;
  for (const Sending::Item& item : sending.items) {
    TRY_VOID(
        seal(*item.batch, static_cast<Codec>(options_.compression), options_.compression_level));
    bytes += item.batch->sealed.size();
  }
  if (sending.link) bytes_sent_.fetch_add(bytes, std::memory_order_relaxed);
  return {};
}

Link::Encode ProducerShell::encode(std::shared_ptr<Sending> sending) const {
  return [sending = std::move(sending), acks = options_.acks](const v1::RequestHeader& header) {
    v1::ProduceRequest body;
    body.set_acks(to_wire(acks));
    std::vector<v1::ProducePartition> fields(sending->items.size());
    std::vector<wire::PartToWrite> parts(sending->items.size());
    for (std::size_t i = 0; i < fields.size(); i++) {
      const Sending::Item& item = sending->items[i];
      fields[i].set_topic_id(item.topic.to_bytes());
      fields[i].set_partition(item.batch->partition.partition);
      fields[i].set_leader_epoch(item.epoch.value());
      parts[i] = {.fields = &fields[i], .records_bytes = item.batch->sealed.size()};
    }
    wire::RecordsLastFrame frame = wire::write_records_last(header, body, parts);
    std::vector<SharedBytes> pieces;
    for (wire::RecordsLastFrame::Piece& piece : frame.pieces) {
      pieces.push_back(std::move(piece.small));
      if (piece.part != wire::RecordsLastFrame::kNoPart)
        pieces.push_back(sending->items[piece.part].batch->sealed);
    }
    return pieces;
  };
}

Task<void> ProducerShell::produce(std::shared_ptr<ProducerShell> self,
                                  std::shared_ptr<Sending> sending) {
  if (auto sealed = self->seal_all(*sending); !sealed) {
    self->failed(*sending, sealed.error(), true);
  } else if (!sending->link) {
    self->failed(*sending, {Errc::broker_not_available, "the leader's address is not known"}, true);
  } else if (self->options_.acks == Acks::none) {
    const env::MonotonicTime began = self->shell_->now();
    self->requests_.began();
    auto sent = co_await Link::send(sending->link, v1::API_PRODUCE, self->encode(sending),
                                    sending->deadline);
    if (!sent) {
      self->requests_.failed();
      self->failed(*sending, sent.error(), false);
    } else {
      self->requests_.answered(self->shell_->now() - began);
      const std::lock_guard lock(self->mutex_);
      for (const Sending::Item& item : sending->items)
        self->accumulator_.succeeded(item.batch, -1, std::nullopt);
    }
  } else {
    auto certain = std::make_shared<bool>(true);
    const env::MonotonicTime began = self->shell_->now();
    self->requests_.began();
    Patience patience = self->patience_for(sending);
    auto reply = co_await Link::call(sending->link, v1::API_PRODUCE, self->encode(sending),
                                     std::move(patience), certain);
    if (reply) {
      self->requests_.answered(self->shell_->now() - began);
      self->answered(*sending, *reply);
    } else {
      self->requests_.failed();
    }
    if (!reply && reply.error().code != Errc::cancelled)
      self->failed(*sending, reply.error(), *certain);
  }
  self->in_flight_[sending->broker]--;
  self->pump();
}

void ProducerShell::leader_moved(const PartitionName& partition) {
  shell_->forget_leader(partition);
}

Patience ProducerShell::patience_for(const std::shared_ptr<Sending>& sending) const {
  return {.deadline = sending->deadline, .moved = [shell = shell_, sending] {
            return std::ranges::none_of(sending->items, [&](const Sending::Item& item) {
              const PartitionName& name = item.batch->partition;
              const KnownLeader* leader = shell->view().leader(name.topic, name.partition);
              return leader == nullptr || leader->broker == sending->broker;
            });
          }};
}

void ProducerShell::answered(Sending& sending, const wire::ResponseFrame& reply) {
  v1::ProduceResponse response;
  if (auto parsed = wire::parse(reply.body.span(), response); !parsed) {
    failed(sending, {Errc::network_exception, parsed.error().context}, false);
    return;
  }
  const env::MonotonicTime now = shell_->now();
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < sending.items.size(); i++) {
    const Sending::Item& item = sending.items[i];
    if (i >= static_cast<std::size_t>(response.partitions_size())) {
      accumulator_.failed(item.batch, {Errc::network_exception, "the broker left it out"}, false,
                          shell_->jitter(), now);
      continue;
    }
    const v1::ProducePartitionResult& result = response.partitions(static_cast<int>(i));
    if (!result.has_error()) {
      std::optional<Timestamp> append_time;
      if (result.has_log_append_time_ms())
        append_time = Timestamp(std::chrono::milliseconds(result.log_append_time_ms()));
      accumulator_.succeeded(item.batch, result.base_offset(), append_time);
      continue;
    }
    Error error = wire::from_proto(result.error());
    const PartitionName& partition = item.batch->partition;
    const bool hinted =
        result.has_current_leader() &&
        shell_->view().apply_hint(partition.topic, partition.partition, result.current_leader());
    if (!hinted && is_retriable(error.code)) leader_moved(partition);
    // After these two the batch may be stored although the broker answered.
    const bool certain = error.code != Errc::not_enough_replicas_after_append &&
                         error.code != Errc::request_timed_out;
    error.context = fmt::format("{}: {}", to_string(partition), error.context);
    accumulator_.failed(item.batch, error, certain, shell_->jitter(), now);
  }
}

void ProducerShell::failed(Sending& sending, const Error& error, bool certain) {
  const env::MonotonicTime now = shell_->now();
  Error passing = error;
  // What cannot be said of a single batch but of the way to the broker passes.
  if (!certain && !is_retriable(error.code)) passing.code = Errc::network_exception;
  const std::lock_guard lock(mutex_);
  for (const Sending::Item& item : sending.items) {
    leader_moved(item.batch->partition);
    accumulator_.failed(item.batch, passing, certain, shell_->jitter(), now);
  }
}

}  // namespace ropewalk::client
