#include "broker/service/fetch.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/metadata/topic_settings.h"
#include "broker/replication/partition_read.h"
#include "broker/service/locate.h"
#include "broker/service/partition_looks.h"
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
class FetchRun {
 public:
  // `partitions` are those to be read; all of it outlives the run.
  FetchRun(const Parts& parts, const security::RequestContext& context, const FetchRequest& request,
           const std::vector<FetchPartition>& partitions)
      : parts_(parts),
        context_(context),
        request_(request),
        wanted_(partitions),
        bytes_max_(std::min(request_.bytes_max, parts.limits.fetch_bytes_max)),
        looks_(std::make_shared<PartitionLooks>(parts.environment.current_core(), wanted_.size())),
        targets_(wanted_.size()) {
    response_.partitions.resize(wanted_.size());
  }

  Task<FetchResponse> run() {
    find_partitions();
    const env::MonotonicTime deadline = wait_deadline();
    Result<void> going = co_await look_and_read(all_of_them(), false);
    if (going && !is_enough()) going = co_await wait_for_more(deadline);
    looks_->unwatch();
    parts_.metrics.fetched_bytes.add(bytes_);
    if (!going && going.error().code != Errc::request_timed_out)
      response_.error = std::move(going).error();
    co_return std::move(response_);
  }

 private:
  struct Target {
    TopicPartition id;
    std::shared_ptr<replication::Partition> replica;  // Null: there is nothing to be had.
    Offset next;
  };

  void find_partitions() {
    const metadata::ImagePtr& image = parts_.metadata.get();
    for (std::size_t i = 0; i < wanted_.size(); i++) {
      const FetchPartition& wanted = wanted_[i];
      response_.partitions[i].topic = wanted.topic;
      response_.partitions[i].partition = wanted.partition;
      targets_[i].next = wanted.fetch_offset;
      auto replica = find_led_here(parts_, context_, *image, wanted.topic, wanted.partition,
                                   security::Operation::read, targets_[i].id);
      if (!replica)
        set_error(i, replica.error());
      else if (!request_.takes_zstd && is_zstd(*image, targets_[i].id.topic))
        set_error(i, {Errc::unsupported_compression_type,
                      "the topic's compression.type is zstd, which this reader may not know"});
      else
        targets_[i].replica = std::move(*replica);
    }
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

  Task<Result<void>> wait_for_more(env::MonotonicTime deadline) {
    if (parts_.environment.now() >= deadline) co_return Result<void>{};
    auto which = all_of_them();
    for (;;) {
      CO_TRY_VOID(co_await look_and_read(std::move(which), true));
      if (is_enough()) co_return Result<void>{};
      CO_TRY_VOID(co_await looks_->moved_until(deadline));
      which = looks_->take_moved();
    }
  }

  // R8, at every look: a fetch may have been parked for longer than the lease.
  bool may_serve() {
    const auto held = check_lease(parts_);
    if (held) return true;
    for (std::size_t i = 0; i < targets_.size(); i++) {
      if (targets_[i].replica) set_error(i, held.error());
    }
    return false;
  }

  Task<Result<void>> look_and_read(std::vector<std::uint32_t> which, bool watch) {
    if (!may_serve()) co_return Result<void>{};
    for (const std::uint32_t i : which) {
      if (!targets_[i].replica) continue;
      looks_->ask(targets_[i].replica, {.from = targets_[i].next,
                                        .last_epoch = last_epoch_of(i),
                                        .expected_epoch = wanted_[i].leader_epoch,
                                        .watch = watch,
                                        .watch_anyway = watch,
                                        .index = i});
    }
    CO_TRY_VOID(co_await looks_->answered());
    for (const std::uint32_t i : which) {
      if (targets_[i].replica) co_await read_one(i);
    }
    co_return Result<void>{};
  }

  Task<void> read_one(std::uint32_t i) {
    const replication::Looked found = looks_->found(i);
    FetchResult& result = response_.partitions[i];
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
      set_error(i, read.error());
      co_return;
    }
    targets_[i].next = read->next;
    bytes_ += read->bytes;
    result.records_bytes += read->bytes;
    result.records.insert(result.records.end(), std::make_move_iterator(read->chunks.begin()),
                          std::make_move_iterator(read->chunks.end()));
  }

  // Once this fetch has read on, the record before its next offset is its own.
  std::optional<LeaderEpoch> last_epoch_of(std::uint32_t i) const {
    if (targets_[i].next != wanted_[i].fetch_offset) return std::nullopt;
    return wanted_[i].last_epoch;
  }

  std::size_t bytes_left_of(std::uint32_t i, std::size_t left) const {
    const std::size_t own = wanted_[i].bytes_max;
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
  const security::RequestContext& context_;
  const FetchRequest& request_;
  const std::vector<FetchPartition>& wanted_;
  const std::size_t bytes_max_;
  const std::shared_ptr<PartitionLooks> looks_;
  std::vector<Target> targets_;
  FetchResponse response_;
  std::size_t bytes_ = 0;
  bool tell_at_once_ = false;
};

}  // namespace

Task<FetchResponse> Fetch::handle(security::RequestContext context, FetchRequest request) {
  FetchResponse response;
  auto turn = sessions_.begin(context.caller, request);
  if (!turn) {
    response.session_id = request.session_id;
    response.error = std::move(turn).error();
    co_return response;
  }
  FetchRun run(parts_, context, request, turn->partitions);
  response = co_await run.run();
  sessions_.end(context.caller, std::move(*turn), response);
  co_return response;
}

}  // namespace ropewalk::service
