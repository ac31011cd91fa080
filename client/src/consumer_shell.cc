#include "client/src/consumer_shell.h"

#include <algorithm>
#include <map>

#include "client/src/core/callbacks.h"
#include "client/src/offsets.h"
#include "common/wire/errors.h"
#include "common/wire/records_last.h"

namespace ropewalk::client {
namespace {

// After an error that the application was told of.
constexpr env::Duration kRetryAfterError = std::chrono::seconds(1);

Task<Result<std::int32_t>> count_partitions(std::shared_ptr<Shell> shell, std::string topic) {
  // Asking for an offset of a partition waits until the topic has arrived, or says that it is not
  // there.
  const env::MonotonicTime deadline = shell->now() + shell->options().request_timeout;
  std::vector<OffsetQuestion> questions;
  questions.push_back({.partition = {.topic = topic, .partition = 0}});
  CO_TRY_VOID(co_await list_offsets(shell, std::move(questions), deadline));
  const KnownTopic* known = shell->view().topic(topic);
  if (known == nullptr) co_return fail(Errc::unknown_topic_or_partition, "topic {}", topic);
  co_return static_cast<std::int32_t>(known->partitions.size());
}

// Where each stands, in their order.
Task<Result<std::vector<std::int64_t>>> offsets_of(std::shared_ptr<Shell> shell,
                                                   std::vector<ResetItem> items) {
  const env::MonotonicTime deadline = shell->now() + shell->options().request_timeout;
  std::vector<OffsetQuestion> questions;
  std::vector<OffsetQuestion> ends;
  for (const ResetItem& item : items) {
    if (item.from_time) {
      questions.push_back({.partition = item.partition,
                           .wanted = OffsetWanted::by_timestamp,
                           .timestamp = *item.from_time});
      ends.push_back({.partition = item.partition, .wanted = OffsetWanted::latest});
    } else {
      questions.push_back({.partition = item.partition,
                           .wanted = item.to == OffsetReset::latest ? OffsetWanted::latest
                                                                    : OffsetWanted::earliest});
    }
  }
  // For those that have no record of that time: asked first, so that none is passed over that comes
  // in between.
  std::vector<OffsetAnswer> at_end;
  if (!ends.empty()) {
    CO_TRY(at_end, co_await list_offsets(shell, std::move(ends), deadline));
  }
  CO_TRY(const std::vector<OffsetAnswer> answers,
         co_await list_offsets(shell, std::move(questions), deadline));
  std::vector<std::int64_t> offsets;
  std::size_t next_end = 0;
  for (std::size_t i = 0; i < items.size(); i++) {
    const std::int64_t end = items[i].from_time ? at_end[next_end++].offset : -1;
    offsets.push_back(answers[i].offset < 0 ? end : answers[i].offset);
  }
  co_return offsets;
}

// Whether other brokers lead all of them.
bool all_moved(Shell& shell, const std::vector<FetchItem>& items, BrokerId broker) {
  return std::ranges::none_of(items, [&](const FetchItem& item) {
    const KnownLeader* leader = shell.view().leader(item.partition.topic, item.partition.partition);
    return leader == nullptr || leader->broker == broker;
  });
}

}  // namespace

ConsumerShell::ConsumerShell(std::shared_ptr<Shell> shell, ConsumerOptions options)
    : shell_(std::move(shell)), options_(std::move(options)), state_(options_) {}

std::shared_ptr<ConsumerShell> ConsumerShell::make(std::shared_ptr<Shell> shell,
                                                   ConsumerOptions options) {
  std::shared_ptr<ConsumerShell> made(new ConsumerShell(std::move(shell), std::move(options)));
  made->shell_->add_part(made);
  return made;
}

Result<void> ConsumerShell::assign(const std::vector<PartitionName>& partitions) {
  {
    const std::lock_guard lock(mutex_);
    TRY_VOID(state_.assign(partitions));
  }
  wake();
  return {};
}

Result<void> ConsumerShell::assign_topic(const std::string& topic) {
  TRY(const std::int32_t count, shell_->run<std::int32_t>([shell = shell_, topic] {
    return count_partitions(shell, topic);
  }));
  std::vector<PartitionName> partitions;
  for (std::int32_t index = 0; index < count; index++)
    partitions.push_back({.topic = topic, .partition = index});
  return assign(partitions);
}

std::vector<PartitionName> ConsumerShell::assignment() {
  const std::lock_guard lock(mutex_);
  return state_.assignment();
}

Result<void> ConsumerShell::seek(const PartitionName& partition, std::int64_t offset) {
  {
    const std::lock_guard lock(mutex_);
    TRY_VOID(state_.seek(partition, offset));
  }
  wake();
  return {};
}

Result<void> ConsumerShell::seek_to(const PartitionName& partition, OffsetReset where) {
  {
    const std::lock_guard lock(mutex_);
    TRY_VOID(state_.seek_to(partition, where));
  }
  wake();
  return {};
}

Result<void> ConsumerShell::seek_to_time(const PartitionName& partition, Timestamp from) {
  {
    const std::lock_guard lock(mutex_);
    TRY_VOID(state_.seek_to_time(partition, from));
  }
  wake();
  return {};
}

Result<void> ConsumerShell::set_paused(const std::vector<PartitionName>& partitions, bool paused) {
  {
    const std::lock_guard lock(mutex_);
    TRY_VOID(state_.set_paused(partitions, paused));
  }
  wake();
  return {};
}

std::vector<PartitionName> ConsumerShell::paused() {
  const std::lock_guard lock(mutex_);
  return state_.paused();
}

ConsumerStatistics ConsumerShell::statistics() {
  ConsumerStatistics now;
  {
    const std::lock_guard lock(mutex_);
    now = state_.statistics();
  }
  now.requests = requests_.read();
  return now;
}

void ConsumerShell::tell_on_consumed(const Records& records) {
  if (!options_.on_consumed) return;
  if (const auto threw = words_of_exception([&] { options_.on_consumed(records); }))
    shell_->waiting()->callback_threw("on_consumed", *threw);
}

Result<Records> ConsumerShell::poll(std::chrono::nanoseconds timeout) {
  const env::MonotonicTime deadline = shell_->now() + timeout;
  const std::function<bool()> something = [this] {
    const std::lock_guard lock(mutex_);
    return closed_ || state_.something_to_take();
  };
  for (;;) {
    Result<Records> taken;
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return fail(Errc::closed, "the consumer is closed");
      taken = state_.take();
    }
    if (!taken) return taken;
    wake();  // What was taken makes room for more.
    if (!taken->empty()) {
      tell_on_consumed(*taken);
      return taken;
    }
    if (!shell_->environment().block_until(something, deadline)) return Records();
  }
}

Result<std::int64_t> ConsumerShell::position(const PartitionName& partition) {
  std::optional<Result<std::int64_t>> found;
  const std::function<bool()> known = [&] {
    const std::lock_guard lock(mutex_);
    auto position = state_.position(partition);
    if (!position) {
      found.emplace(fail(std::move(position).error()));
    } else if (*position) {
      found.emplace(**position);
    } else if (closed_) {
      found.emplace(fail(Errc::closed, "the consumer is closed"));
    }
    return found.has_value();
  };
  wake();
  if (shell_->environment().block_until(known, shell_->now() + shell_->options().request_timeout))
    return *found;
  return fail(Errc::request_timed_out, "finding the position of {}", to_string(partition));
}

Result<std::vector<std::int64_t>> ConsumerShell::offsets(const std::vector<PartitionName>& of,
                                                         OffsetWanted wanted) {
  std::vector<OffsetQuestion> questions;
  for (const PartitionName& partition : of)
    questions.push_back({.partition = partition, .wanted = wanted});
  TRY(const std::vector<OffsetAnswer> answers,
      shell_->run<std::vector<OffsetAnswer>>([shell = shell_, questions] {
        return list_offsets(shell, questions, shell->now() + shell->options().request_timeout);
      }));
  std::vector<std::int64_t> offsets;
  for (const OffsetAnswer& answer : answers) offsets.push_back(answer.offset);
  return offsets;
}

void ConsumerShell::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    (void)state_.assign({});
  }
  if (!shell_->closed()) shell_->environment().notify();
}

void ConsumerShell::wake() {
  if (shell_->closed()) return;
  shell_->core().post([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->pump();
  });
}

void ConsumerShell::pump() {
  if (shell_->closed()) return;
  const env::MonotonicTime now = shell_->now();
  std::vector<ResetItem> resets;
  std::map<BrokerId, std::vector<FetchItem>> fetches;
  std::vector<FetchItem> leaderless;
  bool told = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    resets = state_.begin_resets(now);
    for (FetchItem& item : state_.begin_fetches(now)) {
      const KnownLeader* leader =
          shell_->view().leader(item.partition.topic, item.partition.partition);
      if (leader != nullptr) {
        fetches[leader->broker].push_back(std::move(item));
        continue;
      }
      state_.retry(item.partition, item.generation,
                   now + std::chrono::milliseconds(shell_->options().retry_backoff));
      leaderless.push_back(std::move(item));
    }
    timer_.set(shell_->core(), state_.next_event_after(now), weak_from_this(),
               &ConsumerShell::pump);
    told = state_.something_to_take();
  }
  if (told) shell_->environment().notify();
  if (!resets.empty())
    shell_->tasks().spawn("find positions", find_positions(shared_from_this(), std::move(resets)));
  for (auto& [broker, items] : fetches)
    shell_->tasks().spawn("fetch", fetch(shared_from_this(), broker, std::move(items)));
  if (!leaderless.empty()) learn(std::move(leaderless));
}

void ConsumerShell::learn(std::vector<FetchItem> leaderless) {
  if (learning_topics_) return;
  learning_topics_ = true;
  shell_->tasks().spawn("consumer metadata",
                        learn_topics(shared_from_this(), std::move(leaderless)));
}

Task<void> ConsumerShell::learn_topics(std::shared_ptr<ConsumerShell> self,
                                       std::vector<FetchItem> leaderless) {
  Shell& shell = *self->shell_;
  std::vector<std::string> topics;
  for (const FetchItem& item : leaderless) {
    if (std::ranges::find(topics, item.partition.topic) == topics.end())
      topics.push_back(item.partition.topic);
  }
  auto refreshed =
      co_await Shell::refresh(self->shell_, topics, shell.now() + shell.options().request_timeout);
  if (!refreshed && refreshed.error().code == Errc::cancelled) co_return;
  self->learning_topics_ = false;
  if (!refreshed && refreshed.error().code == Errc::inconsistent_cluster_id) {
    // The addresses have come to belong to another cluster: waiting in silence would not end.
    const FetchItem& first = leaderless.front();
    const std::lock_guard lock(self->mutex_);
    self->state_.failed(first.partition, first.generation, refreshed.error(),
                        shell.now() + kRetryAfterError);
  }
  self->pump();
}

Task<void> ConsumerShell::find_positions(std::shared_ptr<ConsumerShell> self,
                                         std::vector<ResetItem> items) {
  Shell& shell = *self->shell_;
  auto answers = co_await offsets_of(self->shell_, items);
  if (!answers && answers.error().code == Errc::cancelled) co_return;
  {
    const std::lock_guard lock(self->mutex_);
    for (std::size_t i = 0; i < items.size(); i++) {
      if (answers) {
        self->state_.reset_done(items[i], (*answers)[i]);
      } else if (i == 0) {  // Said once, tried again for all.
        self->state_.failed(items[i].partition, items[i].generation, answers.error(),
                            shell.now() + kRetryAfterError);
      } else {
        self->state_.retry(items[i].partition, items[i].generation, shell.now() + kRetryAfterError);
      }
    }
  }
  shell.environment().notify();
  self->pump();
}

v1::FetchRequest ConsumerShell::request_for(const std::vector<FetchItem>& items) const {
  v1::FetchRequest request;
  request.set_max_wait_ms(static_cast<std::int32_t>(options_.fetch_wait_max.count()));
  request.set_min_bytes(static_cast<std::int32_t>(options_.fetch_bytes_min));
  request.set_max_bytes(static_cast<std::int32_t>(options_.fetch_bytes_max));
  request.set_session_epoch(-1);
  for (const FetchItem& item : items) {
    const PartitionName& name = item.partition;
    v1::FetchPartition* partition = request.add_partitions();
    partition->set_topic_id(shell_->view().topic(name.topic)->id.to_bytes());
    partition->set_partition(name.partition);
    partition->set_fetch_offset(item.offset);
    partition->set_leader_epoch(shell_->view().leader(name.topic, name.partition)->epoch.value());
    partition->set_max_bytes(static_cast<std::int32_t>(options_.partition_fetch_bytes_max));
    if (item.last_epoch) partition->set_last_fetched_epoch(*item.last_epoch);
    if (item.again) partition->set_again(true);
  }
  return request;
}

Task<void> ConsumerShell::fetch(std::shared_ptr<ConsumerShell> self, BrokerId broker,
                                std::vector<FetchItem> items) {
  Shell& shell = *self->shell_;
  // The leader may have moved between pump() and here.
  std::erase_if(items, [&](const FetchItem& item) {
    const KnownLeader* leader = shell.view().leader(item.partition.topic, item.partition.partition);
    if (leader != nullptr && leader->broker == broker) return false;
    const std::lock_guard lock(self->mutex_);
    self->state_.retry(item.partition, item.generation, {});
    return true;
  });
  Error error{Errc::broker_not_available, "its address is not known"};
  if (auto link = items.empty() ? nullptr : shell.link_to_broker(broker)) {
    std::vector<TopicId> topics;
    for (const FetchItem& item : items)
      topics.push_back(shell.view().topic(item.partition.topic)->id);
    Link::Encode encode = [request = self->request_for(items)](const v1::RequestHeader& header) {
      return std::vector<SharedBytes>{wire::encode_frame(header, request)};
    };
    const env::Duration held = self->options_.fetch_wait_max;
    Patience patience{.deadline = shell.now() + held + shell.options().request_timeout,
                      .held = held,
                      .moved = [&shell, items, broker] { return all_moved(shell, items, broker); }};
    const env::MonotonicTime began = shell.now();
    self->requests_.began();
    auto reply =
        co_await Link::call(link, v1::API_FETCH, std::move(encode), std::move(patience), nullptr);
    if (reply) {
      self->requests_.answered(shell.now() - began);
    } else {
      self->requests_.failed();
    }
    error = reply ? Error{Errc::none, ""} : reply.error();
    if (error.code == Errc::cancelled) co_return;
    if (reply) {
      if (auto taken = self->take_answer(items, topics, reply->body); !taken)
        error = std::move(taken).error();
    }
  }
  if (error.code != Errc::none) {
    const std::lock_guard lock(self->mutex_);
    for (const FetchItem& item : items) {
      shell.forget_leader(item.partition);
      self->state_.retry(item.partition, item.generation, shell.now() + shell.backoff(1));
    }
  }
  shell.environment().notify();
  self->pump();
}

Result<void> ConsumerShell::take_answer(const std::vector<FetchItem>& items,
                                        const std::vector<TopicId>& topics,
                                        const SharedBytes& body) {
  using Answer = wire::Sliced<v1::FetchResponse, v1::FetchedPartition>;
  TRY(const Answer answer,
      wire::slice_body<v1::FetchResponse, v1::FetchedPartition>(body, items.size()));
  std::vector<bool> answered(items.size());
  for (const Answer::Entry& entry : answer.parts) {
    for (std::size_t i = 0; i < items.size(); i++) {
      if (answered[i] || items[i].partition.partition != entry.fields.partition() ||
          topics[i].to_bytes() != entry.fields.topic_id())
        continue;
      answered[i] = true;
      const std::lock_guard lock(mutex_);
      if (entry.fields.has_error()) {
        take_error(items[i], entry.fields);
      } else if (entry.fields.has_diverging()) {
        const v1::DivergingEpoch& diverging = entry.fields.diverging();
        state_.diverged(items[i], diverging.end_offset(), diverging.epoch(),
                        shell_->now() + shell_->backoff(0));
      } else {
        state_.fetched(items[i], entry.records);
      }
      break;
    }
  }
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < items.size(); i++) {
    if (!answered[i]) state_.fetched(items[i], SharedBytes());
  }
  return {};
}

// Under the mutex.
void ConsumerShell::take_error(const FetchItem& item, const v1::FetchedPartition& said) {
  const Error error = wire::from_proto(said.error());
  const PartitionName& name = item.partition;
  const env::MonotonicTime soon = shell_->now() + shell_->backoff(0);
  if (error.code == Errc::offset_out_of_range) {
    state_.out_of_range(item, error, soon);
    return;
  }
  if (!is_retriable(error.code)) {
    state_.failed(name, item.generation,
                  {error.code, fmt::format("{}: {}", to_string(name), error.context)},
                  shell_->now() + kRetryAfterError);
    return;
  }
  const bool hinted = said.has_current_leader() &&
                      shell_->view().apply_hint(name.topic, name.partition, said.current_leader());
  if (!hinted) shell_->forget_leader(name);
  state_.retry(name, item.generation, soon);
}

}  // namespace ropewalk::client
