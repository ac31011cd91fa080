#include "broker/quorum/raft_quorum.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/records/batch_header.h"

namespace ropewalk::quorum {
namespace {

constexpr std::size_t kSyncThreads = 1;
constexpr std::size_t kHeardMax = 2000;

constexpr telemetry::Family kTerm{"ropewalk_metadata_term", "The term of the metadata log."};
constexpr telemetry::Family kCommit{"ropewalk_metadata_commit_offset",
                                    "The last entry of the metadata log that is committed."};
constexpr telemetry::Family kLeads{"ropewalk_metadata_leader",
                                   "Whether this broker leads the metadata log."};
constexpr telemetry::Family kVoters{"ropewalk_metadata_voters",
                                    "How many brokers vote on the metadata log."};
constexpr telemetry::Family kSnapshots{"ropewalk_metadata_snapshots_total",
                                       "Snapshots of the metadata that were stored."};
constexpr telemetry::Family kSnapshotFailures{
    "ropewalk_metadata_snapshot_failures_total",
    "Snapshots of the metadata that could not be stored; the log only grows longer by it."};

Error outcome_unknown(const Error& cause) {
  return {Errc::outcome_unknown, fmt::format("the metadata log failed: {}", to_string(cause))};
}

std::uint32_t patience_ticks(const QuorumOptions& options) {
  return static_cast<std::uint32_t>(options.election_timeout / options.tick);
}

}  // namespace

RaftQuorum::RaftQuorum(env::Environment& environment, env::FileSystem& files,
                       QuorumTransport& transport, QuorumOptions options)
    : environment_(environment),
      files_(files),
      transport_(transport),
      options_(std::move(options)),
      random_(environment.random("quorum")),
      pull_(patience_ticks(options_), options_.snapshot_bytes_max),
      self_(std::make_shared<RaftQuorum*>(this)),
      tasks_(environment.control_core()),
      metrics_(environment),
      unsynced_(environment, files.name(), UINT64_MAX),  // All of it is waited for.
      syncer_(environment, files, tasks_, metrics_, kSyncThreads),
      work_(tasks_.core()),
      saved_(tasks_.core()),
      ticking_(tasks_.core()),
      settled_(tasks_.core()),
      ended_(tasks_.core()) {}

RaftQuorum::~RaftQuorum() = default;

Task<Result<Offset>> RaftQuorum::append(Term expected, SharedBytes batch) {
  if (failure_) co_return fail(outcome_unknown(*failure_));
  if (stopping_) co_return fail(Errc::shutting_down, "the metadata quorum stops");
  // The core may be in a later term already, of which nobody was told yet.
  if (!leads() || expected != told_.term || expected != core_->term())
    co_return fail(Errc::not_controller, "term {} has passed, this is {}", expected, core_->term());
  const auto header = BatchHeader::parse(batch.span());
  ENSURE(header && header->last_offset_delta == 0, "an entry is a batch of one record (M1)");
  auto proposed = core_->propose(std::move(batch));
  co_return co_await wait_for(std::move(proposed));
}

Task<Result<Offset>> RaftQuorum::wait_for(Result<Offset> proposed) {
  if (!proposed) co_return fail(std::move(proposed).error());
  env::OneShot<Result<Offset>> done(tasks_.core());
  waiting_.push_back({*proposed, core_->term(), done});
  wake();
  auto outcome = co_await done.wait_until(env::kNever);
  if (!outcome) co_return fail(outcome_unknown(outcome.error()));
  co_return *std::move(outcome);
}

Task<Result<Offset>> RaftQuorum::read_barrier() {
  const std::uint64_t context = next_read_++;
  if (failure_ || stopping_ || !leads() || !core_->read_index(context))
    co_return fail(Errc::not_controller, "broker {} does not lead the metadata log", options_.node);
  env::OneShot<Result<Offset>> done(tasks_.core());
  reads_.emplace(context, done);
  wake();
  auto outcome = co_await done.wait_until(env::kNever);
  if (!outcome) co_return fail(std::move(outcome).error());
  co_return *std::move(outcome);
}

void RaftQuorum::resign(Term term) {
  if (!leads() || term != told_.term) return;
  core_->resign();
  wake();
}

void RaftQuorum::receive(Message message, env::Endpoint from) {
  if (!core_ || failure_ || stopping_ || !makes_sense(message)) return;
  if (heard_from_.size() < kHeardMax || heard_from_.contains(message.from))
    heard_from_[message.from] = std::move(from);
  core_->step(std::move(message));
  wake();
}

void RaftQuorum::peer_refused(BrokerId peer) {
  if (!core_ || failure_ || stopping_) return;
  core_->peer_down(peer);
  wake();
}

void RaftQuorum::wake() {
  work_.set();
  ticking_.set();
}

// Who is alone has nobody to hear of and nothing to fear of silence: it sleeps.
Task<void> RaftQuorum::tick_now_and_then() {
  while (!stopping_ && !failure_) {
    const bool alone = core_->in_office() && core_->voters().size() == 1 && core_->is_voter() &&
                       core_->observers().empty();
    if (alone) {
      ticking_.reset();
      if (!co_await ticking_.wait()) co_return;
    }
    if (!co_await tasks_.core().sleep_until(environment_.now() + options_.tick)) co_return;
    core_->tick();
    pull_.tick();
    work_.set();
  }
}

Task<void> RaftQuorum::carry_out_readys() {
  while (!failure_) {
    pull_if_offered();
    tell_leadership();
    if (core_->has_ready()) {
      auto done = co_await carry_out(core_->ready());
      if (!done && stopping_) break;  // Nothing of it was said.
      if (!done) stop_for_good(done.error());
      continue;
    }
    if (stopping_) break;
    work_.reset();
    if (!co_await work_.wait()) break;
  }
  ended_.set();
}

Task<Result<void>> RaftQuorum::carry_out(Ready ready) {
  auto saved = co_await save(ready);
  if (!saved && saved.error().code == Errc::disk_full && !starting_ && !stopping_) {
    take_back(ready, saved.error());
    co_return Result<void>();
  }
  if (!saved) co_return saved;
  send(ready.messages);
  for (const Entry& entry : ready.committed) CO_TRY_VOID(apply(entry));
  answer_reads(ready.reads);
  core_->advance();
  snapshot_if_due();
  co_return Result<void>();
}

void RaftQuorum::answer_reads(const std::vector<ReadState>& reads) {
  for (const ReadState& read : reads) {
    const auto found = reads_.find(read.context);
    if (found == reads_.end()) continue;
    found->second.set(read.index);
    reads_.erase(found);
  }
}

// Nothing of it has left this node.
void RaftQuorum::take_back(const Ready& ready, const Error& error) {
  disk_full_.warn(environment_.now().time_since_epoch(), "the metadata log takes nothing: {}",
                  error);
  core_->retract();
  answer_reads(ready.reads);
  fail_waiting(core_->log_end().index + 1, error);
}

Result<void> RaftQuorum::apply(const Entry& entry) {
  ENSURE(entry.index == applied_.index + 1, "entry {} behind entry {}", entry.index,
         applied_.index);
  auto applied = machine_->apply(entry.index, entry.term, entry.batch.span());
  if (!applied)
    return within(fmt::format("applying metadata entry {}", entry.index),
                  std::move(applied).error());
  applied_ = {entry.index, entry.term};
  log_->set_high_watermark(applied_.index + 1);
  bytes_since_snapshot_ += entry.batch.size();
  while (!waiting_.empty() && waiting_.front().index <= entry.index) {
    const Waiting waiting = std::move(waiting_.front());
    waiting_.pop_front();
    if (waiting.index == entry.index && waiting.term == entry.term)
      waiting.done.set(entry.index);
    else
      waiting.done.set(fail(Errc::outcome_unknown, "another leader's entry is in its place"));
  }
  return {};
}

void RaftQuorum::send(const std::vector<Message>& messages) {
  for (const Message& message : messages)
    if (const auto at = endpoint_of(message.to)) transport_.send(*at, message);
}

std::optional<env::Endpoint> RaftQuorum::endpoint_of(const ReplicaKey& key) {
  if (key.id == kNoBroker) {
    if (options_.ask_first.empty()) return std::nullopt;
    return options_.ask_first[next_to_ask_++ % options_.ask_first.size()];
  }
  // What was learnt from itself beats what is recorded.
  if (const auto heard = heard_from_.find(key); heard != heard_from_.end()) return heard->second;
  std::optional<env::Endpoint> recorded;
  for (const Voter& voter : core_->voters())
    if (key_of(voter) == key && !voter.endpoint.host.empty()) recorded = voter.endpoint;
  // Either may be out of date: in turn.
  const auto told = options_.addresses.find(key.id);
  if (told == options_.addresses.end() || (recorded && next_to_ask_++ % 2 == 0)) return recorded;
  return told->second;
}

void RaftQuorum::tell_leadership() {
  Leadership now{core_->leader().id, core_->term()};
  const bool knows_all = core_->in_office() && applied_.index >= core_->term_start();
  if (core_->role() == Role::leader && !knows_all) now.leader = kNoBroker;
  if (now == told_) return;
  const bool nobody = now.leader == kNoBroker && told_.leader == kNoBroker;
  const bool led = leads();
  told_ = now;
  if (nobody) return;
  // What is committed is applied next, and answered: a leader that was removed goes by such an
  // entry.
  if (led) fail_waiting(core_->commit() + 1, {Errc::outcome_unknown, "this broker leads no more"});
  if (led) fail_reads();
  machine_->leader_changed(now.leader, now.term);
  if (leads()) settled_.set();
}

void RaftQuorum::fail_waiting(Offset from, const Error& error) {
  while (!waiting_.empty() && waiting_.back().index >= from) {
    waiting_.back().done.set(fail(error));
    waiting_.pop_back();
  }
}

void RaftQuorum::fail_reads() {
  for (auto& [context, done] : std::exchange(reads_, {}))
    done.set(fail(Errc::not_controller, "this broker leads no more"));
}

void RaftQuorum::log_append_refused(Offset, const Error& error) {
  refused_ = error;
  saved_.set();
}

void RaftQuorum::log_failed(const Error& error) {
  stop_for_good(error);
  saved_.set();
}

void RaftQuorum::stop_for_good(const Error& error) {
  if (failure_) return;
  failure_ = error;
  settled_.set();
  wake();
  if (starting_) return;  // Its caller hears of it.
  log_error("the metadata log has failed: {}", error);
  fail_waiting(Offset(0), outcome_unknown(error));
  fail_reads();
  told_ = {kNoBroker, told_.term};
  machine_->leader_changed(kNoBroker, told_.term);
  if (options_.on_failure) options_.on_failure(error);
}

void RaftQuorum::show(telemetry::Page& page) const {
  if (!core_) return;
  page.gauge(kTerm, {}, static_cast<double>(core_->term().value()));
  page.gauge(kCommit, {}, static_cast<double>(applied_.index.value()));
  page.gauge(kLeads, {}, leads());
  page.gauge(kVoters, {}, static_cast<double>(core_->voters().size()));
  page.counter(kSnapshots, {}, snapshots_);
  page.counter(kSnapshotFailures, {}, snapshot_failures_);
  metrics_.show(page, files_.name());
}

Task<void> RaftQuorum::stop() {
  if (core_ && running_ && !stopping_) {
    if (leads()) core_->resign();
    stopping_ = true;
    wake();
    (void)co_await ended_.wait();
    fail_waiting(Offset(0), {Errc::outcome_unknown, "the metadata quorum stops"});
    fail_reads();
  }
  stopping_ = true;
  if (log_) {
    env::OneShot<Result<void>> closed(tasks_.core());
    log_->close([closed](Result<void> outcome) { closed.set(std::move(outcome)); });
    auto outcome = co_await closed.wait_until(env::kNever);
    if (outcome && !*outcome) log_warn("closing the metadata log: {}", outcome->error());
  }
  co_await tasks_.stop();
}

}  // namespace ropewalk::quorum
