#include "broker/replication/replica_fetchers.h"

#include <utility>

#include "common/env/crossing.h"

namespace ropewalk::replication {

// What the fetchers of one core share; used there.
struct ReplicaFetchers::OnCore {
  OnCore(env::Environment& in, env::Core& on, const rpc::PeerIdentity& self,
         rpc::PeerLinkOptions options, std::shared_ptr<ReplicationMetrics> counts)
      : environment(in),
        links(in, on, self, std::move(options)),
        metrics(std::move(counts)),
        tasks(on) {}

  std::shared_ptr<ReplicaFetcher> fetcher_of(const rpc::PeerAddress& leader,
                                             const ReplicaFetcherOptions& options) {
    auto& fetcher = fetchers[leader.broker];
    if (!fetcher)
      fetcher =
          std::make_shared<ReplicaFetcher>(environment, links, tasks, metrics, leader, options);
    return fetcher;
  }
  Task<void> stop() {
    stopped = true;
    co_await links.stop();
    co_await tasks.stop();
    fetchers.clear();
  }

  env::Environment& environment;
  rpc::PeerLinks links;
  const std::shared_ptr<ReplicationMetrics> metrics;
  std::map<BrokerId, std::shared_ptr<ReplicaFetcher>> fetchers;
  bool stopped = false;
  env::TaskGroup tasks;
};

// What partitions hold. The fetcher is made on its core, when it is first needed.
class ReplicaFetchers::Forward final : public FollowSink {
 public:
  Forward(std::weak_ptr<OnCore> there, rpc::PeerAddress leader, ReplicaFetcherOptions options)
      : there_(std::move(there)), leader_(std::move(leader)), options_(options) {}

  void wants(const std::shared_ptr<Partition>& partition, Want want) override {
    if (const auto fetcher = find()) fetcher->wants(partition, std::move(want));
  }
  void progressed(const TopicPartition& id, const Progressed& progress) override {
    if (const auto fetcher = find()) fetcher->progressed(id, progress);
  }
  void move_to(const env::Endpoint& address) {
    leader_.endpoint = address;
    if (const auto fetcher = find()) fetcher->move_to(leader_);
  }

 private:
  std::shared_ptr<ReplicaFetcher> find() const {
    const auto there = there_.lock();
    return !there || there->stopped ? nullptr : there->fetcher_of(leader_, options_);
  }

  const std::weak_ptr<OnCore> there_;
  rpc::PeerAddress leader_;
  const ReplicaFetcherOptions options_;
};

ReplicaFetchers::ReplicaFetchers(env::Environment& environment, rpc::PeerIdentity self,
                                 rpc::PeerLinkOptions links,
                                 std::shared_ptr<ReplicationMetrics> metrics,
                                 ReplicaFetcherOptions options)
    : environment_(environment), self_(std::move(self)), options_(options) {
  for (std::size_t i = 0; i < environment.core_count(); i++)
    cores_.push_back(
        std::make_shared<OnCore>(environment, environment.core(i), self_, links, metrics));
}

ReplicaFetchers::~ReplicaFetchers() = default;

Feed ReplicaFetchers::feed_of(BrokerId leader, const env::Endpoint& address) {
  const std::size_t index = static_cast<std::size_t>(leader.value()) % cores_.size();
  env::Core& core = environment_.core(index);
  Known& known = known_[leader];
  if (!known.sink) {
    known.sink = std::make_shared<Forward>(
        cores_[index], rpc::PeerAddress{leader, std::nullopt, address}, options_);
  } else if (known.address != address) {
    core.post([sink = known.sink, address] { sink->move_to(address); });
  }
  known.address = address;
  return {known.sink, &core};
}

Task<void> ReplicaFetchers::stop() {
  for (std::size_t i = 0; i < cores_.size(); i++)
    co_await env::on(environment_.core(i), cores_[i]->stop());
}

}  // namespace ropewalk::replication
