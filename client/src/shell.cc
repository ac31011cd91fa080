#include "client/src/shell.h"

#include <algorithm>

#include "common/log.h"
#include "common/wire/errors.h"

namespace ropewalk::client {

// Blocks application threads over the environment; harmless once the client is closed, since then
// everything is decided.
struct Shell::BlockingWait : Waiting {
  BlockingWait(env::Environment& on, std::shared_ptr<ClientMeter> counts)
      : environment(&on), meter(std::move(counts)) {}
  bool wait(const std::function<bool()>& ready, std::chrono::nanoseconds timeout) override {
    env::Environment* alive = environment.load();
    if (alive == nullptr) return ready();
    return alive->block_until(ready, alive->now() + timeout);
  }
  void callback_threw(std::string_view which, const std::string& words) override {
    meter->callback_failures.fetch_add(1, std::memory_order_relaxed);
    log_error("{} threw an exception, which ends here: {}", which, words);
  }
  std::atomic<env::Environment*> environment;
  const std::shared_ptr<ClientMeter> meter;
};

Shell::Shell(env::Environment& environment, std::size_t core, ClientOptions options)
    : environment_(environment),
      core_(environment.core(core)),
      options_(std::move(options)),
      meter_(std::make_shared<ClientMeter>()),
      blocking_(std::make_shared<BlockingWait>(environment, meter_)),
      waiting_(blocking_),
      random_(environment.random("client")),
      tasks_(std::make_unique<env::TaskGroup>(core_)),
      closing_(std::make_unique<env::TaskGroup>(core_)) {
  for (const std::string& text : options_.brokers) {
    if (auto endpoint = env::Endpoint::parse(text)) bootstrap_.push_back(*endpoint);
  }
  links_context_ = std::make_unique<LinkContext>(
      LinkContext{.environment = environment_,
                  .core = core_,
                  .tasks = *tasks_,
                  .meter = *meter_,
                  .client_id = options_.client_id,
                  .connect_timeout = options_.connect_timeout,
                  .cluster_id = "",
                  .metadata_offset = 0,
                  .links_made = 0,
                  .on_silence = [this](Link& link) { heard_nothing(link); }});
}

Shell::~Shell() { close(); }

void Shell::add_part(const std::shared_ptr<Part>& part) {
  const std::lock_guard lock(parts_mutex_);
  std::erase_if(parts_, [](const std::weak_ptr<Part>& old) { return old.expired(); });
  parts_.push_back(part);
}

namespace {

Task<void> stop_tasks(env::TaskGroup& tasks) { co_await tasks.stop(); }

// Looks again in later jobs until the group is empty: its last task ends a little after its last
// line.
void when_empty(env::TaskGroup& group, std::function<void()> then) {
  group.core().post([&group, then = std::move(then)] {
    if (group.size() == 0) {
      then();
    } else {
      when_empty(group, then);
    }
  });
}

}  // namespace

void Shell::close() {
  if (closed_.exchange(true)) return;
  std::vector<std::weak_ptr<Part>> parts;
  {
    const std::lock_guard lock(parts_mutex_);
    parts = std::exchange(parts_, {});
  }
  for (const std::weak_ptr<Part>& part : parts) {
    if (auto alive = part.lock()) alive->client_closes();
  }
  auto ended = std::make_shared<std::atomic<bool>>(false);
  core_.post([this, ended] {
    for (const auto& [endpoint, link] : links_) link->close({Errc::closed, "the client closes"});
    links_.clear();
    closing_->spawn("close client", stop_tasks(*tasks_));
    when_empty(*closing_, [this, ended] {
      tasks_.reset();
      closing_.reset();
      ended->store(true);
      environment_.notify();
    });
  });
  environment_.block_until([ended] { return ended->load(); }, env::kNever);
  blocking_->environment.store(nullptr);
  if (end_) end_();
}

env::Duration Shell::backoff(int attempts) {
  const env::Duration full = std::min<env::Duration>(
      env::Duration(options_.retry_backoff) * (1 << std::clamp(attempts, 0, 10)),
      options_.retry_backoff_max);
  return full / 2 + env::Duration(static_cast<env::Duration::rep>(
                        random_.unit() * static_cast<double>(full.count()) / 2));
}

std::shared_ptr<Link> Shell::link_to(const env::Endpoint& endpoint) {
  std::shared_ptr<Link>& link = links_[endpoint];
  if (!link || link->closed()) {
    if (link) meter_->reconnects.fetch_add(1, std::memory_order_relaxed);
    link = std::make_shared<Link>(*links_context_, endpoint);
    Link::start(link);
  }
  return link;
}

std::shared_ptr<Link> Shell::link_to_broker(BrokerId broker) {
  const auto endpoint = view_.address(broker);
  return endpoint ? link_to(*endpoint) : nullptr;
}

void Shell::doubt(BrokerId broker) {
  if (const auto endpoint = view_.address(broker)) whom_.doubt(*endpoint, now());
}

void Shell::forget_leader(const PartitionName& partition) {
  if (const KnownLeader* leader = view_.leader(partition.topic, partition.partition))
    doubt(leader->broker);
  view_.forget_leader(partition.topic, partition.partition);
}

// Those to which a connection is open come first.
std::vector<env::Endpoint> Shell::brokers_to_ask() const {
  std::vector<env::Endpoint> known;
  for (const auto& [endpoint, link] : links_) {
    if (!link->closed()) known.push_back(endpoint);
  }
  known.insert(known.end(), bootstrap_.begin(), bootstrap_.end());
  const std::vector<env::Endpoint> learnt = view_.addresses();
  known.insert(known.end(), learnt.begin(), learnt.end());
  return whom_.order(known, now());
}

Task<Result<std::shared_ptr<Link>>> Shell::any_link(std::shared_ptr<Shell> self,
                                                    env::MonotonicTime deadline) {
  Error last{Errc::invalid_request, "no broker addresses to begin with"};
  for (bool some_may_open = true; some_may_open;) {
    some_may_open = false;
    const std::vector<env::Endpoint> candidates = self->brokers_to_ask();
    for (const env::Endpoint& endpoint : candidates) {
      std::shared_ptr<Link> link = self->link_to(endpoint);
      const env::MonotonicTime until =
          candidates.size() == 1 ? deadline : std::min(deadline, self->now() + Link::kSilence);
      auto open = co_await Link::wait_open(link, until);
      if (open) co_return link;
      last = std::move(open).error();
      if (last.code == Errc::cancelled || self->now() >= deadline) co_return fail(std::move(last));
      self->whom_.doubt(endpoint, self->now());
      some_may_open |= !link->closed();
    }
  }
  co_return fail(std::move(last));
}

Task<Result<std::shared_ptr<Link>>> Shell::link_for_change(std::shared_ptr<Shell> self,
                                                           env::MonotonicTime deadline) {
  auto link = co_await any_link(self, deadline);
  if (!link || !self->has_choice() || self->now() - (*link)->heard() < Link::kSilence)
    co_return link;
  // A question first, which may be put to another broker: the change may not.
  auto refreshed = co_await refresh(self, {}, deadline);
  if (!refreshed) co_return fail(std::move(refreshed).error());
  co_return co_await any_link(self, deadline);
}

Patience Shell::patience_for(const Question& question, int attempts) const {
  if (question.change || !has_choice()) return {.deadline = question.deadline};
  const env::MonotonicTime soon = now() + Link::kSilence * (1 << std::min(attempts, 6));
  if (soon >= question.deadline) return {.deadline = question.deadline};
  return {.deadline = soon, .closes_link = false};
}

Task<Result<wire::ResponseFrame>> Shell::ask_any(std::shared_ptr<Shell> self, Question question,
                                                 Link::Encode encode) {
  for (int attempts = 0;; attempts++) {
    Error error;
    auto answered = std::make_shared<bool>(true);
    auto link = question.change ? co_await link_for_change(self, question.deadline)
                                : co_await any_link(self, question.deadline);
    if (link) {
      Patience patience = self->patience_for(question, attempts);
      if (question.asked) *question.asked = {(*link)->endpoint(), self->now()};
      auto reply = co_await Link::call(*link, question.api, encode, std::move(patience), answered);
      if (reply) co_return std::move(*reply);
      error = std::move(reply).error();
      self->whom_.doubt((*link)->endpoint(), self->now());
    } else {
      error = std::move(link).error();
    }
    if (error.code == Errc::cancelled) co_return fail(std::move(error));
    if (question.change && !*answered)
      co_return fail(Errc::outcome_unknown, "the change may or may not have come to pass: {}",
                     error.context);
    // Of a broker's answers only those that another moment or broker can change. A change is
    // decided by the controller, to which no topic is too new.
    if (question.change && error.code == Errc::unknown_topic_or_partition)
      co_return fail(std::move(error));
    // Time enough went by already where it ran out; else not at once again.
    const bool ran_out = !*answered && error.code == Errc::request_timed_out;
    const env::MonotonicTime again = ran_out ? self->now() : self->now() + self->backoff(attempts);
    if (!is_retriable(error.code) || again >= question.deadline) co_return fail(std::move(error));
    const bool slept = ran_out || co_await self->core_.sleep_until(again);
    if (!slept) co_return fail(Errc::cancelled, "");
    self->meter_->retries.fetch_add(1, std::memory_order_relaxed);
  }
}

void Shell::heard_nothing(Link& link) {
  whom_.doubt(link.endpoint(), now());
  const auto at = links_.find(link.endpoint());
  if (looking_after_ || link.closed() || !has_choice() || at == links_.end() ||
      at->second.get() != &link)
    return;
  looking_after_ = tasks_->spawn("look after", look_after(shared_from_this(), at->second));
}

Task<void> Shell::look_after(std::shared_ptr<Shell> self, std::shared_ptr<Link> silent) {
  const env::MonotonicTime began = self->now();
  const env::MonotonicTime deadline = began + self->options_.request_timeout;
  auto learnt = co_await refresh(self, self->view_.topics(), deadline);
  self->looking_after_ = false;
  if (!learnt || silent->heard() > began || !self->view_.is_fenced(silent->endpoint())) co_return;
  silent->close(
      {Errc::network_exception, fmt::format("{} is silent, and the cluster has given it up",
                                            silent->endpoint().to_string())});
}

Task<Result<void>> Shell::refresh(std::shared_ptr<Shell> self, std::vector<std::string> topics,
                                  env::MonotonicTime deadline) {
  v1::MetadataRequest request;
  for (const std::string& topic : topics) request.add_topic_names(topic);
  auto asked = std::make_shared<Asked>();
  const Question question{
      .api = v1::API_METADATA, .change = false, .deadline = deadline, .asked = asked};
  CO_TRY(const v1::MetadataResponse response,
         co_await ask<v1::MetadataResponse>(self, question, std::move(request)));
  self->view_.apply(response, asked->at);
  // Another broker may know better.
  if (!std::ranges::all_of(topics,
                           [&](const auto& name) { return self->view_.has_all_leaders(name); }))
    self->whom_.doubt(asked->broker, self->now());
  co_return Result<void>();
}

}  // namespace ropewalk::client
