// The fetchers of a broker, one for each leader that it follows, spread over the data cores.
//
// Made, used and stopped on its home core.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "broker/replication/replica_fetcher.h"

namespace ropewalk::replication {

// A fetcher and where it lives.
struct Feed {
  std::shared_ptr<FollowSink> sink;
  env::Core* core = nullptr;
};

class ReplicaFetchers {
 public:
  // `environment` outlives it.
  ReplicaFetchers(env::Environment& environment, rpc::PeerIdentity self, rpc::PeerLinkOptions links,
                  std::shared_ptr<ReplicationMetrics> metrics, ReplicaFetcherOptions options = {});
  ~ReplicaFetchers();

  // Where to get the records of a leader that is found at that address.
  Feed feed_of(BrokerId leader, const env::Endpoint& address);

  // Nothing is asked for any more.
  Task<void> stop();

 private:
  struct OnCore;
  class Forward;

  env::Environment& environment_;
  const rpc::PeerIdentity self_;
  const ReplicaFetcherOptions options_;
  std::vector<std::shared_ptr<OnCore>> cores_;
  struct Known {
    std::shared_ptr<Forward> sink;
    env::Endpoint address;
  };
  std::map<BrokerId, Known> known_;
};

}  // namespace ropewalk::replication
