// Offsets at the partitions' leaders: found, for Admin and for a consumer that has no position, and
// moved, by deleting what lies below.
#pragma once

#include <memory>
#include <vector>

#include "client/src/shell.h"
#include "ropewalk/admin.h"

namespace ropewalk::client {

// Both answer in the order in which they are asked, and are core only. Errors: those of
// ask_leaders().
Task<Result<std::vector<OffsetAnswer>>> list_offsets(std::shared_ptr<Shell> shell,
                                                     std::vector<OffsetQuestion> questions,
                                                     env::MonotonicTime deadline);
Task<Result<std::vector<DeletedRecords>>> delete_records(std::shared_ptr<Shell> shell,
                                                         std::vector<RecordsToDelete> wanted,
                                                         env::MonotonicTime deadline);

}  // namespace ropewalk::client
