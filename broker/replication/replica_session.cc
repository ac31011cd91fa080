#include "broker/replication/replica_session.h"

#include <algorithm>
#include <utility>

#include "broker/replication/examine.h"
#include "broker/replication/partition_read.h"

namespace ropewalk::replication {
namespace {

class AnswerWriter final : public rpc::PeerFrameWriter {
 public:
  explicit AnswerWriter(ReplicaAnswer answer) : answer_(std::move(answer)) {}
  std::vector<env::Chunk> write(const v1::ResponseHeader& header) override {
    return write_answer(header, std::move(answer_));
  }

 private:
  ReplicaAnswer answer_;
};

ReplicaNews news_of(const TopicPartition& id, const Looked& found) {
  return {.id = id,
          .error = found.error,
          .leader_epoch = found.leader_epoch,
          .high_watermark = found.high_watermark,
          .log_start = found.log_start,
          .log_end = found.log_end,
          .epoch_end = found.epoch_end ? found.epoch_end : found.diverging};
}

struct Room {
  std::size_t bytes = 0;
  bool is_first = false;
};

// `again`: the follower could not use what it got from there before. Errors: as told_of().
Task<Result<ReplicaRecords>> read_for(const ReplicaWant& want, const Looked& found, Room room,
                                      std::shared_ptr<Partition> again, ReplicaNews& news) {
  Offset from = std::get<FetchFrom>(want.request).from;
  if (from < found.log_start) {  // The batch that the log starts in may begin there.
    CO_TRY(const log::Log::CutPoint batch, co_await log::find_cut(found.view, found.log_start));
    if (from != batch.end) news.begin_at = batch.end;
    if (news.begin_at) co_return ReplicaRecords();
    from = found.log_start;
  }
  if (room.bytes == 0 && !room.is_first) co_return ReplicaRecords();
  ReadLimits limits;
  limits.upper_bound = found.log_end;
  limits.bytes_max = room.bytes;
  limits.at_least_one = room.is_first;
  CO_TRY(auto read, co_await replication::read(found.view, from, limits));
  if (again && read.bytes > 0)
    CO_TRY_VOID(co_await examine(std::move(again), found.view, from, limits));
  co_return ReplicaRecords{std::move(read.chunks), read.bytes};
}

}  // namespace

ReplicaSession::ReplicaSession(env::Environment& environment, const PartitionTable& partitions,
                               env::TaskGroup& tasks, std::shared_ptr<ReplicationMetrics> metrics,
                               rpc::PeerIdentity follower, std::uint64_t id,
                               ReplicaSessionOptions options)
    : environment_(environment),
      core_(environment.current_core()),
      partitions_(partitions),
      tasks_(tasks),
      metrics_(std::move(metrics)),
      follower_(std::move(follower)),
      id_(id),
      options_(options),
      last_asked_(environment.now()) {
  metrics_->sessions.moved(0, 1);
}

ReplicaSession::~ReplicaSession() { metrics_->sessions.moved(1, 0); }

void ReplicaSession::ask(const ReplicaFetch& fetch, rpc::PeerReply reply) {
  if (ended_ || fetch.sequence != next_sequence_)
    return reply(fail(Errc::invalid_fetch_session_epoch, "request {} of a session where {} was due",
                      fetch.sequence, next_sequence_));
  next_sequence_++;
  last_asked_ = environment_.now();
  answer_nothing();
  const env::Duration wait = std::min<env::Duration>(fetch.wait_max, options_.wait_max);
  parked_ = Parked{std::move(reply), std::min(fetch.bytes_max, options_.bytes_max)};
  parked_->timer = core_.call_at(last_asked_ + wait, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || !self->parked_) return;
    self->parked_->timer = env::TimerId::none;
    self->answer_nothing();
  });
  for (const TopicPartition& id : fetch.forgotten) forget(id);
  for (const ReplicaWant& want : fetch.wants) take(want);
  start_answer();
}

std::uint32_t ReplicaSession::slot_of(const TopicPartition& id) {
  const auto [at, is_new] = slot_by_id_.try_emplace(id, 0);
  if (!is_new) return at->second;
  if (free_.empty()) {
    at->second = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    at->second = free_.back();
    free_.pop_back();
  }
  return at->second;
}

void ReplicaSession::take(const ReplicaWant& want) {
  const std::uint32_t index = slot_of(want.id);
  Slot& slot = slots_[index];
  slot.want = want;
  slot.wanted = true;
  slot.watermark_due = false;
  if (std::exchange(slot.found, std::nullopt)) std::erase(ready_, index);
  look(index);
}

// A look that is under way still finds the slot: it is another partition's only once that has
// ended.
void ReplicaSession::forget(const TopicPartition& id) {
  const auto at = slot_by_id_.find(id);
  if (at == slot_by_id_.end()) return;
  const std::uint32_t index = at->second;
  Slot& slot = slots_[index];
  if (const auto partition = slot.partition.lock()) partition->unwatch(shared_from_this(), index);
  if (std::exchange(slot.found, std::nullopt)) std::erase(ready_, index);
  slot.wanted = false;
  slot.sent_from.reset();
  slot_by_id_.erase(at);
  if (slot.looking == 0)
    free_.push_back(index);
  else
    slot.forgotten = true;
}

void ReplicaSession::end(const Error& why) {
  if (std::exchange(ended_, true)) return;
  for (const auto& [id, index] : slot_by_id_)
    if (const auto partition = slots_[index].partition.lock())
      partition->unwatch(shared_from_this(), index);
  if (!parked_) return;
  Parked parked = *std::exchange(parked_, std::nullopt);
  if (parked.timer != env::TimerId::none) core_.cancel(parked.timer);
  parked.reply(fail(why));
}

void ReplicaSession::look(std::uint32_t index) {
  Slot& slot = slots_[index];
  const auto partition = partitions_.find(slot.want.id);
  if (!partition) {
    Looked found;
    found.error = partition.error();
    return ready(index, std::move(found));
  }
  slot.partition = *partition;
  slot.looking++;
  const ReplicaWant& want = slot.want;
  std::optional<Progressed> progress;
  if (want.ends)
    progress = Progressed{.follower = follower_.broker,
                          .leader_epoch = want.leader_epoch,
                          .generation = want.ends->generation,
                          .log_end = want.ends->log_end,
                          .durable_end = want.ends->durable_end,
                          .incarnation = follower_.incarnation};
  (*partition)
      ->look_as_replica(
          shared_from_this(),
          {.request = want.request, .leader_epoch = want.leader_epoch, .index = index}, progress);
}

void ReplicaSession::looked(std::uint32_t index, Looked found) {
  Slot& slot = slots_[index];
  slot.looking--;
  if (slot.looking == 0 && std::exchange(slot.forgotten, false)) free_.push_back(index);
  if (slot.looking > 0 || !slot.wanted || ended_) return;
  if (is_news(slot, found)) return ready(index, std::move(found));
  if (found.high_watermark > slot.want.high_watermark) wait_for_watermark(index);
}

bool ReplicaSession::is_news(const Slot& slot, const Looked& found) const {
  return found.error.code != Errc::none || found.view || found.epoch_end || found.diverging ||
         found.log_start > slot.want.log_start ||
         (slot.watermark_due && found.high_watermark > slot.want.high_watermark);
}

void ReplicaSession::moved(std::uint32_t index) {
  const Slot& slot = slots_[index];
  if (slot.wanted && !slot.found && !ended_) look(index);
}

void ReplicaSession::watermark_moved(std::uint32_t index) {
  if (slots_[index].wanted && !ended_) wait_for_watermark(index);
}

void ReplicaSession::wait_for_watermark(std::uint32_t index) {
  if (std::exchange(slots_[index].watermark_waits, true)) return;
  watermarks_.push_back(index);
  if (std::exchange(watermark_timer_, true)) return;
  core_.call_at(environment_.now() + options_.watermark_delay, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->watermarks_are_due();
  });
}

void ReplicaSession::watermarks_are_due() {
  watermark_timer_ = false;
  if (ended_) return;
  for (const std::uint32_t index : std::exchange(watermarks_, {})) {
    Slot& slot = slots_[index];
    slot.watermark_waits = false;
    if (!slot.wanted || slot.found) continue;
    slot.watermark_due = true;
    look(index);
  }
}

void ReplicaSession::ready(std::uint32_t index, Looked found) {
  slots_[index].found = std::move(found);
  ready_.push_back(index);
  start_answer();
}

// At the end of this turn: what else it finds goes with it.
void ReplicaSession::start_answer() {
  if (!parked_ || ready_.empty() || answering_ || ended_) return;
  answering_ = true;
  core_.post([self = shared_from_this()] {
    if (!self->tasks_.spawn("replica fetch", answer(self))) self->answering_ = false;
  });
}

void ReplicaSession::answer_nothing() {
  if (parked_) send(*std::exchange(parked_, std::nullopt), {});
}

void ReplicaSession::send(Parked parked, ReplicaAnswer answer) {
  if (parked.timer != env::TimerId::none) core_.cancel(parked.timer);
  parked.reply(rpc::PeerAnswer(std::make_unique<AnswerWriter>(std::move(answer))));
}

// The slot may be another partition's by now.
void ReplicaSession::note_sent(std::uint32_t index, const TopicPartition& id, Offset from) {
  const auto at = slot_by_id_.find(id);
  if (at != slot_by_id_.end() && at->second == index) slots_[index].sent_from = from;
}

// What is there; reading may suspend, and a request that comes meanwhile waits for the next answer.
Task<void> ReplicaSession::answer(std::shared_ptr<ReplicaSession> self) {
  if (!self->parked_) {
    self->answering_ = false;
    co_return;
  }
  Parked parked = *std::exchange(self->parked_, std::nullopt);
  ReplicaAnswer answer;
  std::size_t bytes = 0;
  while (!self->ready_.empty() && (bytes < parked.bytes_max || bytes == 0)) {
    const std::uint32_t index = self->ready_.front();
    self->ready_.pop_front();
    Slot& slot = self->slots_[index];
    const Looked found = *std::exchange(slot.found, std::nullopt);
    const ReplicaWant want = slot.want;
    slot.wanted = false;
    slot.watermark_due = false;
    ReplicaNews& news = answer.news.emplace_back(news_of(want.id, found));
    ReplicaRecords& records = answer.records.emplace_back();
    if (!found.view) continue;
    const std::size_t left = std::min(parked.bytes_max - std::min(bytes, parked.bytes_max),
                                      self->options_.partition_bytes_max);
    const Offset from = std::get<FetchFrom>(want.request).from;
    const auto partition = slot.partition.lock();
    const auto again = slot.sent_from == from ? partition : nullptr;
    auto read = co_await read_for(want, found, {left, bytes == 0}, again, news);
    if (read)
      records = std::move(*read);
    else
      news.error = partition ? told_of(*partition, *found.view, std::move(read).error())
                             : told_of(std::move(read).error());
    if (records.bytes > 0) self->note_sent(index, want.id, from);
    bytes += records.bytes;
  }
  self->answering_ = false;
  self->metrics_->sent_bytes.add(bytes);
  self->send(std::move(parked), std::move(answer));
  self->start_answer();
}

}  // namespace ropewalk::replication
