// What a PartitionLog lets run on the directory's home core, outside of its Serial.
#include <algorithm>

#include "broker/log/log_read.h"
#include "broker/log/partition_log.h"
#include "broker/log/segment_files.h"

namespace ropewalk::log {

Task<void> PartitionLog::create_and_write(Self self, AppendPlan plan, bool first) {
  auto outcome = co_await create_and_write_all(self, plan, first);
  const auto enter = self->place_.enter;
  enter([self = std::move(self), plan = std::move(plan), outcome = std::move(outcome)]() mutable {
    self->busy_ = false;
    if (self->failed_) return;
    self->append_ended(std::move(plan), std::move(outcome));
    self->go_on();
  });
}

Task<Result<void>> PartitionLog::create_and_write_all(Self self, AppendPlan& plan, bool first) {
  for (SegmentWrite& write : plan.writes) {
    if (write.create && first) {
      CO_TRY(write.file, co_await make_first(self, write.base, std::nullopt));
      first = false;
    } else if (write.create) {
      CO_TRY(write.file, co_await make_segment(self->place_, write.base, std::nullopt));
    }
    CO_TRY_VOID(write_batches(plan, write));
  }
  co_return Result<void>();
}

// Synced at once: *has data* may only be said of files that a power cut leaves.
Task<Result<SegmentFilePtr>> PartitionLog::make_first(Self self, Offset start,
                                                      std::optional<DurableSlot> slot) {
  CO_TRY_VOID(co_await self->place_.files.make_directories(self->place_.folder));
  CO_TRY(auto file, co_await make_segment(self->place_, start, slot));
  CO_TRY_VOID(co_await sync_first_segment(self->place_, file));
  if (self->place_.mark_has_data) CO_TRY_VOID(co_await self->place_.mark_has_data());
  co_return file;
}

Task<void> PartitionLog::cut_back(Self self, AppendPlan plan, std::uint64_t active_end,
                                  Error error) {
  Result<void> outcome;
  for (const SegmentWrite& write : plan.writes) {
    if (!outcome) break;
    if (!write.create) {
      outcome = co_await write.file->file().truncate(active_end);
    } else {
      std::string path = fmt::format("{}/{}", self->place_.folder, segment_file_name(write.base));
      outcome = co_await remove_if_there(self->place_.files, std::move(path));
    }
  }
  const auto enter = self->place_.enter;
  enter([self = std::move(self), outcome = std::move(outcome), error = std::move(error)] {
    self->busy_ = false;
    if (self->failed_) return;
    if (!outcome) {
      self->fail_log(outcome.error());
      return;
    }
    // What came meanwhile follows what failed.
    self->waiting_.clear();
    self->next_offset_ = self->log_.readable_end();
    self->listener_->log_append_refused(self->next_offset_, error);
    self->go_on();
  });
}

Task<void> PartitionLog::find_place_to_cut(Self self, LogViewPtr view, Offset end) {
  auto found = co_await find_cut(std::move(view), end);
  const auto enter = self->place_.enter;
  enter([self = std::move(self), found = std::move(found)]() mutable {
    self->cut_found(std::move(found));
  });
}

Task<void> PartitionLog::cut(Self self, TruncatePlan plan, env::Duration pins_grace) {
  auto outcome = co_await cut_all(self, std::move(plan), pins_grace);
  const auto enter = self->place_.enter;
  enter([self = std::move(self), outcome = std::move(outcome)]() mutable {
    if (self->failed_) return;
    if (!outcome) {
      // Half a cut: what the files hold is no longer what the log says.
      self->fail_log(outcome.error());
      return;
    }
    self->operation_ended({});
  });
}

Task<Result<void>> PartitionLog::cut_all(Self self, TruncatePlan plan, env::Duration pins_grace) {
  constexpr auto kLookAgain = std::chrono::milliseconds(5);
  LogPlace& place = self->place_;
  const env::MonotonicTime overdue = self->now() + pins_grace;
  bool told = false;
  while (plan.cut->pinned_before_cut() > 0) {
    if (!told && self->now() >= overdue) {
      told = true;
      plan.cut->want_pins_back();
      place.enter([self] {
        if (self->listener_ != nullptr) self->listener_->log_pins_overdue();
      });
    }
    if (!co_await place.tasks.core().sleep_until(self->now() + kLookAgain))
      co_return fail(Errc::cancelled, "cutting {}", place.folder);
  }
  co_return co_await carry_out(place, std::move(plan));
}

Task<void> PartitionLog::make_for_reset(Self self, Offset start, DurableSlot slot, bool first) {
  Result<SegmentFilePtr> made;
  if (first) {
    made = co_await make_first(self, start, slot);
  } else {
    made = co_await make_segment(self->place_, start, slot);
    if (made) {
      auto synced = co_await sync_first_segment(self->place_, *made);
      if (!synced) made = std::unexpected(std::move(synced).error());
    }
  }
  const auto enter = self->place_.enter;
  enter([self = std::move(self), made = std::move(made), start]() mutable {
    if (self->failed_) return;
    if (!made) {
      self->fail_log(made.error());
      return;
    }
    auto gone = self->log_.reset(start, std::move(*made));
    self->next_offset_ = start;
    self->stored_checkpoint_.reset();
    self->place_.tasks.spawn("log reset", remove_after_reset(self, std::move(gone)));
  });
}

Task<void> PartitionLog::remove_after_reset(Self self, std::vector<SegmentFilePtr> gone) {
  auto outcome = co_await remove_if_there(
      self->place_.files, fmt::format("{}/{}", self->place_.folder, kCheckpointFile));
  if (outcome) outcome = co_await remove_segments(self->place_, std::move(gone));
  const auto enter = self->place_.enter;
  enter([self = std::move(self), outcome = std::move(outcome)]() mutable {
    if (self->failed_) return;
    if (!outcome)
      self->fail_log(outcome.error());
    else
      self->operation_ended({});
  });
}

Task<void> PartitionLog::store(Self self, Checkpoint content) {
  const CheckpointMark mark = mark_of(content);
  auto outcome = co_await self->place_.files.make_directories(self->place_.folder);
  if (outcome)
    outcome =
        co_await store_checkpoint(self->place_.files, self->place_.folder, std::move(content));
  const auto enter = self->place_.enter;
  enter([self = std::move(self), mark, outcome = std::move(outcome)]() mutable {
    self->checkpoint_ended(mark, std::move(outcome));
  });
}

// What a crash leaves of them the next recovery removes.
Task<void> PartitionLog::remove_released(Self self, std::vector<SegmentFilePtr> gone) {
  const std::size_t count = gone.size();
  // First to last, so that what is left is without a gap.
  std::ranges::reverse(gone);
  auto outcome = co_await remove_segments(self->place_, std::move(gone));
  const auto enter = self->place_.enter;
  enter([self = std::move(self), count, outcome = std::move(outcome)] {
    self->removal_ended(count, outcome);
  });
}

// A failure leaves the segment to grow as it does without.
Task<void> PartitionLog::reserve(Self self, SegmentFilePtr file, BlocksAhead::Range range) {
  co_await file->file().reserve(range.position, range.length);
  const auto enter = self->place_.enter;
  enter([self = std::move(self)] { self->blocks_ahead_.ended(); });
}

// A failure leaves no index or one that does not check: it is rebuilt. Or blocks that nobody needs,
// until the file goes.
Task<void> PartitionLog::complete_segment(Self self, SegmentViewPtr segment) {
  co_await give_back_blocks(segment);
  co_await store_index(self->place_, std::move(segment));
  const auto enter = self->place_.enter;
  enter([self = std::move(self)] {
    self->completing_--;
    self->go_on();
  });
}

Task<void> PartitionLog::finish_closing(Self self, SegmentViewPtr active) {
  if (active) {
    co_await give_back_blocks(active);
    co_await store_index(self->place_, std::move(active));
  }
  const auto enter = self->place_.enter;
  enter([self = std::move(self)] {
    self->listener_ = nullptr;
    if (self->closed_) {
      auto ended = std::move(self->closed_);
      ended({});
    }
  });
}

}  // namespace ropewalk::log
