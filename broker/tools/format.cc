#include "broker/tools/format.h"

#include "broker/quorum/raft_quorum.h"

namespace ropewalk::tools {

Task<Result<void>> format_quorum(env::Environment& environment, env::FileSystem& files,
                                 FormatOptions options) {
  quorum::QuorumOptions made;
  made.cluster = options.cluster;
  made.node = options.broker;
  made.directory = options.directory;
  co_return co_await quorum::RaftQuorum::format(environment, files, std::move(made),
                                                std::move(options.voters));
}

}  // namespace ropewalk::tools
