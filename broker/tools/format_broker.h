// `ropewalkd format`: makes empty directories those of one broker: of a cluster of one, of one of
// several first voters, or of one that joins a cluster.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/quorum/raft/control_batches.h"
#include "broker/tools/metadata_dump.h"
#include "common/env/environment.h"
#include "common/env/task.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/settings/broker_settings.h"
#include "common/uuid.h"

namespace ropewalk::tools {

struct FormatBrokerOptions {
  std::vector<std::string> data_dirs;  // Not empty; the first gets the quorum.
  BrokerId broker;
  ClusterId cluster;      // None: a new one.
  DirectoryId directory;  // Of the first; none: a new one.
  // The first of the cluster, ordered by id; one who is alone may leave the directory open. None:
  // this broker joins.
  quorum::Voters voters;
};

// Out of the daemon's settings, of which it heeds the identity only. Errors: invalid_setting, with
// the key and what would be right: nothing may be made that the other voters have not made alike.
Result<FormatBrokerOptions> format_options(const BrokerSettings& settings);

// On core 0; says one line a directory. Errors: already_exists (one of them is formatted; nothing
// was changed), wrong_owner (in use), those of the disk.
Task<Result<void>> format_broker(env::Environment& environment, FormatBrokerOptions options,
                                 LineSink out);

}  // namespace ropewalk::tools
