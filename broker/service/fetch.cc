#include "broker/service/fetch.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/metadata/topic_settings.h"
#include "broker/replication/examine.h"
#include "broker/replication/partition_read.h"
#include "broker/service/locate.h"
#include "broker/service/service_metrics.h"
#include "common/env/environment.h"

namespace ropewalk::service {
namespace {

std::size_t bytes_in_memory(const std::vector<env::Chunk>& chunks) {
  std::size_t bytes = 0;
  for (const env::Chunk& chunk : chunks) {
    if (const auto* const held = std::get_if<SharedBytes>(&chunk)) bytes += held->size();
  }
  return bytes;
}

// One fetch under way.
//
// Items are what it reads from, in order; each has a slot, under which `looks` knows it.
class FetchRun {
 public:
  // All of it outlives the run.
  FetchRun(const Parts& parts, FetchSessionCores& sessions, const security::RequestContext& context,
           const FetchRequest& request, FetchTurn& going_on)
      : parts_(parts),
        sessions_(sessions),
        context_(context),
        request_(request),
        turn_(going_on.turn),
        bytes_max_(std::min(request_.bytes_max, parts.limits.fetch_bytes_max)),
        looks_(going_on.looks) {}

  Task<FetchResponse> run() {
    targets_.reserve(turn_.partitions.size());
    response_.partitions.reserve(turn_.partitions.size());
    while (targets_.size() < turn_.partitions.size()) find_next_partition();
    const env::MonotonicTime deadline = wait_deadline();
    const Watch watch = in_session() ? Watch::if_nothing : Watch::none;
    Result<void> going = co_await look_and_read(all_of_them(), watch);
    if (going && !is_enough()) going = co_await wait_for_more(deadline);
    leave_watches();
    parts_.metrics.fetched_bytes.add(bytes_);
    if (!going && going.error().code != Errc::request_timed_out)
      response_.error = std::move(going).error();
    co_return std::move(response_);
  }

 private:
  enum class Watch { none, if_nothing, anyway };
  struct Target {
    TopicPartition id;
    std::shared_ptr<replication::Partition> replica;  // Null: there is nothing to be had.
    Offset next;
    bool nothing = false;  // There was nothing behind `next`.
  };

  bool in_session() const { return turn_.session_id != 0; }
  const FetchPartition& wanted(std::uint32_t i) const { return turn_.partitions[i].wanted; }
  std::uint32_t slot(std::uint32_t i) const { return turn_.partitions[i].slot; }

  // Makes an item of the turn's next partition.
  void find_next_partition() {
    const auto i = static_cast<std::uint32_t>(targets_.size());
    Target& target = targets_.emplace_back();
    FetchResult& result = response_.partitions.emplace_back();
    result.topic = wanted(i).topic;
    result.partition = wanted(i).partition;
    target.next = wanted(i).fetch_offset;
    if (in_session()) item_of_slot_[slot(i)] = i;
    const metadata::ImagePtr& image = parts_.metadata.get();
    auto replica = find_led_here(parts_, context_, *image, wanted(i).topic, wanted(i).partition,
                                 security::Operation::read, target.id);
    if (!replica)
      set_error(i, replica.error());
    else if (!request_.takes_zstd && is_zstd(*image, target.id.topic))
      set_error(i, {Errc::unsupported_compression_type,
                    "the topic's compression.type is zstd, which this reader may not know"});
    else
      target.replica = std::move(*replica);
  }

  std::uint32_t add(SlottedPartition partition) {
    turn_.partitions.push_back(std::move(partition));
    find_next_partition();
    return static_cast<std::uint32_t>(targets_.size() - 1);
  }

  static bool is_zstd(const metadata::Image& image, const TopicId& id) {
    const metadata::TopicPtr topic = image.topic_ptr(id);
    return topic && metadata::effective_settings(image, *topic).compression == Codec::zstd;
  }

  env::MonotonicTime wait_deadline() const {
    const auto wait =
        std::clamp(request_.wait_max, std::chrono::milliseconds(0), parts_.limits.fetch_wait_max);
    return std::min(context_.deadline, parts_.environment.now() + wait);
  }

  bool is_enough() const {
    return tell_at_once_ ||
           bytes_ >= std::min(std::max<std::size_t>(request_.bytes_min, 1), bytes_max_) ||
           bytes_ >= bytes_max_;
  }

  std::vector<std::uint32_t> all_of_them() const {
    std::vector<std::uint32_t> all(targets_.size());
    for (std::size_t i = 0; i < all.size(); i++) all[i] = static_cast<std::uint32_t>(i);
    return all;
  }

  // Those that are not watched yet.
  std::vector<std::uint32_t> unwatched() const {
    std::vector<std::uint32_t> items = all_of_them();
    if (in_session()) std::erase_if(items, [this](std::uint32_t i) { return targets_[i].nothing; });
    return items;
  }

  // Quiet partitions of the session become items when they move.
  std::vector<std::uint32_t> items_that_moved() {
    std::vector<std::uint32_t> slots = looks_->take_moved();
    if (!in_session()) return slots;
    std::vector<std::uint32_t> items;
    for (const std::uint32_t moved : slots) {
      if (const auto known = item_of_slot_.find(moved); known != item_of_slot_.end())
        items.push_back(known->second);
      else if (auto partition = sessions_.moved(turn_.session_id, moved))
        items.push_back(add(std::move(*partition)));
    }
    return items;
  }

  Task<Result<void>> wait_for_more(env::MonotonicTime deadline) {
    if (parts_.environment.now() >= deadline) co_return Result<void>{};
    auto which = unwatched();
    for (;;) {
      CO_TRY_VOID(co_await look_and_read(std::move(which), Watch::anyway));
      if (is_enough()) co_return Result<void>{};
      CO_TRY_VOID(co_await looks_->moved_until(deadline));
      which = items_that_moved();
    }
  }

  // In a session those that had nothing stay watched until its next request.
  void leave_watches() {
    if (!in_session()) return looks_->unwatch();
    for (std::uint32_t i = 0; i < targets_.size(); i++) {
      const bool quiet =
          targets_[i].replica && targets_[i].nothing && targets_[i].next == wanted(i).fetch_offset;
      if (quiet)
        turn_.quiet.push_back(slot(i));
      else
        looks_->unwatch(slot(i));
    }
  }

  // R8, at every look: a fetch may have been parked for longer than the lease. Quiet partitions are
  // not served either.
  bool may_serve() {
    const auto held = check_lease(parts_);
    if (held) return true;
    if (in_session()) {
      for (SlottedPartition& partition : sessions_.wake_all(turn_.session_id))
        add(std::move(partition));
    }
    for (std::size_t i = 0; i < targets_.size(); i++) {
      if (targets_[i].replica) set_error(i, held.error());
    }
    return false;
  }

  Task<Result<void>> look_and_read(std::vector<std::uint32_t> which, Watch watch) {
    if (!may_serve()) co_return Result<void>{};
    std::erase_if(which, [this](std::uint32_t i) { return targets_[i].replica == nullptr; });
    for (const std::uint32_t i : which) {
      looks_->ask(targets_[i].replica, {.from = targets_[i].next,
                                        .last_epoch = last_epoch_of(i),
                                        .expected_epoch = wanted(i).leader_epoch,
                                        .watch = watch != Watch::none,
                                        .watch_anyway = watch == Watch::anyway,
                                        .index = slot(i)});
    }
    CO_TRY_VOID(co_await looks_->answered());
    for (const std::uint32_t i : which) co_await read_one(i);
    co_return Result<void>{};
  }

  Task<void> read_one(std::uint32_t i) {
    const replication::Looked found = looks_->take(slot(i));
    FetchResult& result = response_.partitions[i];
    targets_[i].nothing = found.error.code == Errc::none && !found.diverging && !found.view;
    result.high_watermark = found.high_watermark;
    result.last_stable = found.high_watermark;
    result.log_start = found.log_start;
    if (found.error.code != Errc::none) {
      set_error(i, found.error);
      co_return;
    }
    if (found.diverging) {
      result.diverging = found.diverging;
      targets_[i].replica.reset();
      tell_at_once_ = true;
      co_return;
    }
    const std::size_t left = bytes_max_ - std::min(bytes_, bytes_max_);
    if (!found.view || (left == 0 && bytes_ > 0)) co_return;
    replication::ReadLimits limits;
    limits.upper_bound = found.high_watermark;
    limits.bytes_max = bytes_left_of(i, left);
    limits.at_least_one = bytes_ == 0;
    if (limits.bytes_max == 0 && !limits.at_least_one) co_return;
    auto read = co_await replication::read(found.view, targets_[i].next, limits);
    if (read && !charge(read->chunks)) {
      // Answers that nobody takes use the memory up: this one is read when it leaves.
      limits.small_in_memory = false;
      read = co_await replication::read(found.view, targets_[i].next, limits);
    }
    if (!read) {
      set_error(i,
                replication::told_of(*targets_[i].replica, *found.view, std::move(read).error()));
      co_return;
    }
    const bool again = wanted(i).again && targets_[i].next == wanted(i).fetch_offset;
    if (again && read->bytes > 0) {
      // Of what it was sent it has used all that was whole: the first batch is the one.
      limits.bytes_max = 1;
      limits.at_least_one = true;
      auto sound =
          co_await replication::examine(targets_[i].replica, found.view, targets_[i].next, limits);
      if (!sound) {
        set_error(i, std::move(sound).error());
        co_return;
      }
    }
    targets_[i].next = read->next;
    bytes_ += read->bytes;
    result.records_bytes += read->bytes;
    result.records.insert(result.records.end(), std::make_move_iterator(read->chunks.begin()),
                          std::make_move_iterator(read->chunks.end()));
  }

  // Once this fetch has read on, the record before its next offset is its own.
  std::optional<LeaderEpoch> last_epoch_of(std::uint32_t i) const {
    if (targets_[i].next != wanted(i).fetch_offset) return std::nullopt;
    return wanted(i).last_epoch;
  }

  std::size_t bytes_left_of(std::uint32_t i, std::size_t left) const {
    const std::size_t own = wanted(i).bytes_max;
    if (own == 0) return left;
    return std::min(left, own - std::min(own, response_.partitions[i].records_bytes));
  }

  // Whether the budget has room for what was read into memory.
  bool charge(const std::vector<env::Chunk>& chunks) {
    const std::size_t bytes = bytes_in_memory(chunks);
    if (bytes == 0) return true;
    auto lease = parts_.fetch_budget.take(bytes);
    if (lease) response_.memory.add(std::move(*lease));
    return lease.has_value();
  }

  void set_error(std::size_t i, Error error) {
    FetchResult& result = response_.partitions[i];
    if (wants_leader_hint(error.code))
      result.current_leader = leader_hint(parts_, context_, *parts_.metadata.get(), targets_[i].id);
    result.error = std::move(error);
    targets_[i].replica.reset();
    tell_at_once_ = true;
  }

  const Parts& parts_;
  FetchSessionCores& sessions_;
  const security::RequestContext& context_;
  const FetchRequest& request_;
  FetchSessions::Turn& turn_;
  const std::size_t bytes_max_;
  const std::shared_ptr<PartitionLooks> looks_;
  std::vector<Target> targets_;                                    // By item.
  FetchResponse response_;                                         // Its partitions: by item.
  std::unordered_map<std::uint32_t, std::uint32_t> item_of_slot_;  // In a session.
  std::size_t bytes_ = 0;
  bool tell_at_once_ = false;
};

}  // namespace

Task<FetchResponse> Fetch::handle(security::RequestContext context, FetchRequest request) {
  FetchResponse response;
  auto going_on = sessions_.begin(context.caller, request);
  if (!going_on) {
    response.session_id = request.session_id;
    response.error = std::move(going_on).error();
    co_return response;
  }
  FetchRun run(parts_, sessions_, context, request, *going_on);
  response = co_await run.run();
  sessions_.end(context.caller, std::move(going_on->turn), response);
  co_return response;
}

}  // namespace ropewalk::service
