// A partition that another broker leads.
#include <utility>

#include "broker/replication/partition.h"
#include "broker/replication/rebuild_producers.h"
#include "common/log.h"
#include "common/plant.h"

namespace ropewalk::replication {
namespace {

// How long a follower waits before it asks again: after an answer that it could not use, and while
// its directory has too much that is not synced.
constexpr env::Duration kAfterRefusal = std::chrono::seconds(1);
constexpr env::Duration kWhileUnsynced = std::chrono::milliseconds(10);

}  // namespace

void Partition::begin_following(FollowRole role) {
  role_ = std::move(role);
  OwnLog own{.epochs = log_->epochs(),
             .log_start = log_->log_start(),
             .log_end = log_->readable_end(),
             .durable_end = log_->durable_end(),
             .high_watermark = high_watermark_,
             .generation = log_->generation()};
  follower_.emplace(role_.following, std::move(own));
  standing_.store(Standing::following, std::memory_order_relaxed);
  asked_ = {};
  catch_up_at_ = {};
  if (log_->durable_end() < log_->readable_end()) log_->request_sync();
  if (!role_.is_in_sync) tell_again_later();
}

void Partition::end_following() {
  if (!follower_) return;
  follower_.reset();
  lag_.store(0, std::memory_order_relaxed);
  tell_.reset();
  standing_.store(Standing::idle, std::memory_order_relaxed);
  outbox_.add(*role_.feed_core,
              [self = shared_from_this(), feed = std::exchange(role_.feed, nullptr),
               want = Want{.number = next_want_++, .leader_epoch = epoch_}] {
                feed->wants(std::static_pointer_cast<Partition>(self), want);
              });
}

void Partition::fetched(std::uint64_t number, ReceivedNews news) {
  const std::size_t bytes = news.bytes();
  serial_.enter([this, number, news = std::move(news)]() mutable { fetched_inside(number, news); },
                bytes);
}

void Partition::fetched_inside(std::uint64_t number, ReceivedNews& received) {
  if (!follower_ || number == 0 || number != asked_.number) return;
  const Asked asked = std::exchange(asked_, {});
  const ReplicaNews& news = received.news;
  if (news.error.code != Errc::none) {
    refused_answers_.warn(environment_.now().time_since_epoch(), "{} gets nothing of broker {}: {}",
                          id_, role_.following.leader, news.error);
    ask_delay_ = kAfterRefusal;
    return;
  }
  const FollowerRequest& request = *asked.request;
  const bool is_question = std::holds_alternative<AskEpochEnd>(request);
  if (is_question || news.epoch_end) {
    carry_out(follower_->step(EpochEndTold{.generation = asked.generation,
                                           .request = request,
                                           .leader_epoch = news.leader_epoch,
                                           .end = news.epoch_end}));
  } else if (news.begin_at) {
    carry_out(follower_->step(FellBehind{.generation = asked.generation,
                                         .request = request,
                                         .leader_epoch = news.leader_epoch,
                                         .begin_at = *news.begin_at}));
  } else {
    std::vector<FetchedBatch> batches;
    batches.reserve(received.batches.size());
    for (const ReplicaBatch& batch : received.batches)
      batches.push_back(
          {batch.header.base_offset, batch.header.next_offset(), batch.header.leader_epoch});
    carry_out(follower_->step(Fetched{.generation = asked.generation,
                                      .request = request,
                                      .leader_epoch = news.leader_epoch,
                                      .batches = batches,
                                      .high_watermark = news.high_watermark,
                                      .log_start = news.log_start}),
              received.batches);
    const std::int64_t lacking = news.high_watermark - log_->next_offset();
    lag_.store(std::max<std::int64_t>(lacking, 0), std::memory_order_relaxed);
    pay_for(received);
  }
}

// One that has come to the end of the leader's log is about to be in sync: it is let through.
void Partition::pay_for(const ReceivedNews& received) {
  if (role_.is_in_sync || received.batches.empty()) return;
  const Time now = environment_.now();
  const Time paid = catch_up_.pay(received.bytes(), now);
  const bool is_behind = received.batches.back().header.next_offset() < received.news.log_end;
  catch_up_at_ = is_behind ? paid : now;
}

void Partition::catch_up_limited() {
  serial_.enter([this] {
    if (!follower_ || catch_up_at_ <= environment_.now()) return;
    catch_up_at_ = {};
    asked_ = {};
  });
}

void Partition::carry_out(const FollowerEffects& effects, std::span<ReplicaBatch> fetched) {
  if (effects.truncate_to) cut(*effects.truncate_to, false);
  if (effects.begin_at) cut(*effects.begin_at, true);
  for (std::size_t i = 0; i < effects.append; i++) append_replicated(fetched[i]);
  if (effects.high_watermark && !cutting_) watermark_moved(*effects.high_watermark);
  if (effects.log_start && !cutting_)
    start_at(*effects.log_start, [id = id_](Result<void> stored) {
      if (!stored && stored.error().code != Errc::cancelled)
        log_warn("removing records of {} as its leader did: {}", id, stored.error());
    });
  if (effects.tell) tell_ = effects.tell;
  if (effects.refused) {
    refused_answers_.warn(environment_.now().time_since_epoch(),
                          "{}: an answer of broker {} cannot be: {}", id_, role_.following.leader,
                          *effects.refused);
    ask_delay_ = kAfterRefusal;
  }
  if (effects.damaged) log_failed(*effects.damaged);
}

// R9: what producers sent is remembered here as by the leader, which may be gone tomorrow.
void Partition::append_replicated(ReplicaBatch& batch) {
  if (!RW_PLANT(producers_not_followed)) producers_.record(batch.header);
  log_->append(std::move(batch.batch));
}

// The log may have come to another role meanwhile: it begins behind this.
void Partition::cut(Offset end, bool begin_anew) {
  cutting_ = true;
  metrics_->truncations.add();
  log_info("{}: {} at offset {}, as its leader in epoch {} has it", id_,
           begin_anew ? "begins anew" : "is cut", end, epoch_);
  auto done = [this, end, begin_anew](Result<void> outcome) {
    cutting_ = false;
    if (ended_) return;
    if (!outcome) return log_failed(outcome.error());
    log_->bump_generation();
    if (begin_anew) {
      producers_.clear();
      watermark_moved(end);
    } else {
      const Offset log_end = log_->readable_end();
      high_watermark_ = std::min(high_watermark_, log_end);
      if (!producers_.truncate_to(log_end)) return find_producers();
    }
    go_on_behind_cut();
  };
  if (begin_anew)
    log_->reset(end, std::move(done));
  else
    log_->truncate(end, std::move(done));
}

void Partition::go_on_behind_cut() {
  const Offset log_end = log_->readable_end();
  if (follower_)
    carry_out(follower_->step(Cut{
        .generation = log_->generation(), .log_end = log_end, .durable_end = log_->durable_end()}));
  if (log_->durable_end() < log_end) log_->request_sync();
  begin_next_role();
}

// As if the cut took so much longer: nothing is appended meanwhile, and no role begins.
void Partition::find_producers() {
  cutting_ = producers_unknown_ = true;
  reading_.tasks->spawn("producer state", read_producers(shared_from_this(), log_->view()));
}

Task<void> Partition::read_producers(std::shared_ptr<env::SerialOwner> keep, log::LogViewPtr view) {
  auto& self = static_cast<Partition&>(*keep);
  auto found = co_await rebuild_producers(*self.reading_.files, self.reading_.folder,
                                          std::move(view), self.reading_.producers_max);
  if (!found && found.error().code == Errc::cancelled) co_return;
  self.serial_.enter([&self, found = std::move(found)] {
    self.cutting_ = false;
    if (self.ended_) return;
    const Result<void> known =
        found ? self.producers_.decode(*found) : std::unexpected(found.error());
    if (!known) return self.log_failed(known.error());
    self.producers_unknown_ = false;
    self.go_on_behind_cut();
  });
}

// At the end of a drain: what is wanted next, if that is not what has been asked for, and how far
// this replica is.
void Partition::ask_leader() {
  if (tell_)
    outbox_.add(*role_.feed_core,
                [feed = role_.feed, id = id_, tell = *tell_] { feed->progressed(id, tell); });
  tell_.reset();
  const Asked now{.number = asked_.number,
                  .generation = follower_->generation(),
                  .request = follower_->next_request()};
  if (now.number != 0 && now == asked_) return;
  if (now.request && log_->unsynced().is_full()) {
    log_->request_sync();
    ask_delay_ = std::max(ask_delay_, kWhileUnsynced);
  }
  if (!role_.is_in_sync)
    ask_delay_ = std::max(ask_delay_, env::Duration(catch_up_at_ - environment_.now()));
  asked_ = now;
  asked_.number = next_want_++;
  Want want{.number = asked_.number,
            .leader_epoch = epoch_,
            .generation = now.generation,
            .request = now.request,
            .progress = follower_->progress(),
            .high_watermark = high_watermark_,
            .log_start = log_->log_start(),
            .delay = std::exchange(ask_delay_, env::Duration::zero())};
  outbox_.add(*role_.feed_core,
              [self = shared_from_this(), feed = role_.feed, want = std::move(want)] {
                feed->wants(std::static_pointer_cast<Partition>(self), want);
              });
}

}  // namespace ropewalk::replication
