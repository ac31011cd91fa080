// What background tasks do to the files of one partition's folder.
//
// All run on the directory's home core. `folder` is relative to the file system.
#pragma once

#include <string>
#include <vector>

#include "broker/log/log.h"
#include "broker/log/partition_log.h"
#include "common/env/file.h"

namespace ropewalk::log {

// "a/b/c", "a/b", "a" and "": whose sync makes `folder` and what is in it findable.
std::vector<std::string> with_parents(std::string folder);

// Makes a segment, with its header written and nothing synced. A left-over of that name is emptied.
Task<Result<SegmentFilePtr>> make_segment(LogPlace place, Offset base,
                                          std::optional<DurableSlot> slot);
// Syncs the file and all folders that lead to it.
Task<Result<void>> sync_first_segment(LogPlace place, SegmentFilePtr segment);
// Writes the batches of one piece of a plan, gathered. In place, on any thread.
Result<void> write_batches(const AppendPlan& plan, const SegmentWrite& write);
Result<void> write_slot(const SlotWrite& slot);

// Removes segments with their indexes, last first, and syncs the folder.
Task<Result<void>> remove_segments(LogPlace place, std::vector<SegmentFilePtr> gone);
// Fine when it is not there.
Task<Result<void>> remove_if_there(env::FileSystem& files, std::string path);
// Gives blocks back that were reserved behind the end of a segment. Pre: nobody writes to it
// meanwhile.
Task<Result<void>> give_back_blocks(SegmentViewPtr segment);
// Stores the index of a segment that is complete. Not synced: it is checked when it is loaded.
Task<Result<void>> store_index(LogPlace place, SegmentViewPtr segment);
// Carries out a cut, in the order that TruncatePlan asks for. The pins are gone already.
Task<Result<void>> carry_out(LogPlace place, TruncatePlan plan);

}  // namespace ropewalk::log
