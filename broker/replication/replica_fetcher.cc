#include "broker/replication/replica_fetcher.h"

#include <algorithm>
#include <utility>

#include "broker/replication/partition.h"
#include "ropewalk/internal/peer.pb.h"

namespace ropewalk::replication {
namespace {

// One waits at the leader, one brings what has come up since.
constexpr std::size_t kAskedMax = 2;

// It has not heard yet, or we have not: the metadata log will say.
bool is_passing(Errc code) {
  return code == Errc::not_leader_or_follower || code == Errc::leader_not_available ||
         code == Errc::fenced_leader_epoch || code == Errc::unknown_leader_epoch;
}

}  // namespace

ReplicaFetcher::ReplicaFetcher(env::Environment& environment, rpc::PeerLinks& links,
                               env::TaskGroup& tasks, std::shared_ptr<ReplicationMetrics> metrics,
                               rpc::PeerAddress leader, ReplicaFetcherOptions options)
    : environment_(environment),
      core_(environment.current_core()),
      links_(links),
      tasks_(tasks),
      random_(environment.random("replica fetcher")),
      metrics_(std::move(metrics)),
      leader_(std::move(leader)),
      options_(options) {
  begin_session();
}

void ReplicaFetcher::move_to(const rpc::PeerAddress& leader) {
  if (leader == leader_) return;
  links_.close(leader_);
  leader_ = leader;
  begin_session();
  turn();
}

void ReplicaFetcher::wants(const std::shared_ptr<Partition>& partition, Want want) {
  const auto [at, is_new] = slots_.try_emplace(partition->id());
  Slot& slot = at->second;
  const bool same_partition = slot.partition.lock() == partition;
  if (same_partition && want.number < slot.want.number) return;
  const bool wanted = !is_new && slot.want.request.has_value();
  slot.partition = partition;
  slot.want = std::move(want);
  wanting_ += slot.want.request.has_value();
  wanting_ -= wanted;
  if (!slot.want.request) {
    slot.unsent = false;
    if (std::exchange(slot.at_leader, false)) forgotten_.push_back(partition->id());
    return turn();
  }
  if (slot.want.delay > env::Duration::zero())
    return send_later(partition->id(), slot.want.number, slot.want.delay);
  if (!std::exchange(slot.unsent, true)) unsent_.push_back(partition->id());
  turn();
}

void ReplicaFetcher::send_later(const TopicPartition& id, std::uint64_t number,
                                env::Duration after) {
  core_.call_at(environment_.now() + after, [weak = weak_from_this(), id, number] {
    const auto self = weak.lock();
    if (!self) return;
    const auto at = self->slots_.find(id);
    if (at == self->slots_.end() || at->second.want.number != number || !at->second.want.request)
      return;
    if (!std::exchange(at->second.unsent, true)) self->unsent_.push_back(id);
    self->turn();
  });
}

void ReplicaFetcher::progressed(const TopicPartition& id, const Progressed& progress) {
  // A message may be lost with its connection; the session that begins then says it again.
  if (const auto at = slots_.find(id);
      at != slots_.end() && at->second.want.leader_epoch == progress.leader_epoch)
    at->second.want.progress = progress;
  progress_.push_back(
      {id, progress.leader_epoch, {progress.generation, progress.log_end, progress.durable_end}});
  turn();
}

// What many partitions say in one turn of the core travels together.
void ReplicaFetcher::turn() {
  if (std::exchange(turning_, true)) return;
  core_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->end_of_turn();
  });
}

void ReplicaFetcher::end_of_turn() {
  turning_ = false;
  if (tasks_.stopping()) return;
  if (!progress_.empty()) send_progress();
  if (may_ask()) ask();
}

void ReplicaFetcher::send_progress() {
  links_.send(leader_, internal::REPLICA_PROGRESS, encode_progress(std::exchange(progress_, {})));
}

bool ReplicaFetcher::may_ask() const {
  if (resting_ || asked_ >= kAskedMax) return false;
  if (!unsent_.empty() || !forgotten_.empty()) return true;
  return wanting_ > 0 && asked_ == 0;
}

void ReplicaFetcher::ask() {
  ReplicaFetch fetch{.session = session_,
                     .sequence = next_sequence_++,
                     .wait_max = options_.wait_max,
                     .bytes_max = options_.bytes_max,
                     .wants = {},
                     .forgotten = std::exchange(forgotten_, {})};
  for (const TopicPartition& id : std::exchange(unsent_, {})) {
    Slot& slot = slots_[id];
    if (!std::exchange(slot.unsent, false) || !slot.want.request) continue;
    slot.at_leader = true;
    ReplicaWant& want = fetch.wants.emplace_back();
    want = {.id = id,
            .leader_epoch = slot.want.leader_epoch,
            .request = *slot.want.request,
            .high_watermark = slot.want.high_watermark,
            .log_start = slot.want.log_start};
    if (const auto& progress = slot.want.progress)
      want.ends = {progress->generation, progress->log_end, progress->durable_end};
  }
  std::erase_if(fetch.forgotten, [this](const TopicPartition& id) { return slots_[id].at_leader; });
  asked_++;
  metrics_->fetch_requests.add();
  tasks_.spawn("replica fetch", exchange(shared_from_this(), session_, encode_fetch(fetch)));
}

Task<void> ReplicaFetcher::exchange(std::shared_ptr<ReplicaFetcher> self, std::uint64_t session,
                                    SharedBytes request) {
  const ReplicaFetcherOptions& options = self->options_;
  auto answer = co_await self->links_.call(
      self->leader_, internal::REPLICA_FETCH, std::move(request),
      self->environment_.now() + options.wait_max + options.answer_timeout);
  if (session != self->session_ || self->tasks_.stopping()) co_return;
  self->asked_--;
  if (!answer) {
    self->failed(answer.error());
    co_return;
  }
  auto news = read_answer(*answer);
  if (news)
    self->answered(std::move(*news));
  else
    self->failed(news.error());
}

void ReplicaFetcher::answered(std::vector<ReceivedNews> all) {
  std::size_t bytes = 0;
  for (ReceivedNews& received : all) {
    bytes += received.bytes();
    const auto at = slots_.find(received.news.id);
    if (at == slots_.end() || !at->second.want.request || at->second.unsent) continue;
    const Slot& slot = at->second;
    if (is_passing(received.news.error.code)) {
      send_later(at->first, slot.want.number, options_.retry_after);
      continue;
    }
    if (const auto partition = slot.partition.lock())
      partition->fetched(slot.want.number, std::move(received));
  }
  metrics_->received_bytes.add(bytes);
  turn();
}

// The leader is away, or does not know the session: it is told everything anew.
void ReplicaFetcher::failed(const Error& error) {
  metrics_->fetch_failures.add();
  if (error.code != Errc::invalid_fetch_session_epoch)
    failures_.warn(environment_.now().time_since_epoch(), "no records from broker {}: {}",
                   leader_.broker, error);
  begin_session();
  resting_ = true;
  core_.call_at(environment_.now() + options_.retry_after, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->resting_ = false;
    self->turn();
  });
}

void ReplicaFetcher::begin_session() {
  session_ = random_();
  next_sequence_ = 0;
  asked_ = 0;
  unsent_.clear();
  forgotten_.clear();
  std::erase_if(slots_, [](const auto& entry) { return entry.second.partition.expired(); });
  wanting_ = 0;
  for (auto& [id, slot] : slots_) {
    slot.at_leader = false;
    slot.unsent = slot.want.request.has_value();
    if (slot.unsent) unsent_.push_back(id);
    wanting_ += slot.unsent;
  }
}

}  // namespace ropewalk::replication
