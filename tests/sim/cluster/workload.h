// Clients of a cluster that write and read all the time, and tell a History of it.
//
// Producers of every promise, each with a client of its own; readers that follow the partitions to
// their end, and now and then one more that begins at the beginning; somebody who looks at the ends
// and at the leaders. Used from the test's thread; a step may block and let the world go on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/testing/sim_cluster.h"
#include "common/env/random.h"
#include "ropewalk/admin.h"
#include "ropewalk/consumer.h"
#include "ropewalk/producer.h"
#include "tests/sim/cluster/history.h"
#include "tests/sim/cluster/operator.h"

namespace ropewalk::testing {

struct WorkloadOptions {
  std::uint64_t seed = 0;
  std::int32_t replication_factor = 1;
  bool replicated = false;  // The topics count what is in memory (durability=replicated).
};

class Workload {
 public:
  // Makes the clients. The nodes that they are on: client_nodes().
  Workload(SimCluster& cluster, WorkloadOptions options);
  ~Workload();

  std::vector<std::string> client_nodes() const;
  // Errors: of whatever forbids it.
  Result<void> create_topics();

  // Does one thing, by chance.
  void step();

  // After everything is healed: each producer's records are decided and it gets new ones through,
  // to each partition; each reader comes to the end. Whether that was so within the time.
  bool make_progress(sim::Duration limit);
  // Reads all partitions from the beginning to the end that they have now, as somebody new.
  bool read_all(sim::Duration limit);

  // After that: whether all replicas that were to move have moved within the time.
  bool all_is_moved(sim::Duration limit) { return operator_->all_is_done(limit); }
  std::string wrong_with_topics(sim::Duration limit) { return operator_->wrong_with_topics(limit); }
  const Operator& operations() const { return *operator_; }

  const History& history() const { return history_; }
  void finish() { history_.finish(); }
  // By asking the cluster: whether all replicas of every partition are in sync; whether a partition
  // has no leader.
  bool all_in_sync();
  bool lacks_a_leader();

 private:
  struct Writer {
    Client* client = nullptr;
    Promise promise = Promise::once;
    ProducerNumber number = 0;
    std::unique_ptr<Producer> producer;
  };
  struct Reader {
    ReaderNumber number = 0;
    std::unique_ptr<Consumer> consumer;
  };

  Client& add_client(const std::string& node);
  void renew(Writer& writer);
  Reader make_reader(Client& client);
  void send(Writer& writer, std::size_t partition);
  void send_burst();
  bool write_everywhere(sim::Duration until);
  void poll(Reader& reader, sim::Duration timeout);
  void look_at_ends();
  void look_at_leaders();
  std::optional<std::vector<std::int64_t>> ends();
  std::size_t number_of(std::string_view topic, std::int32_t partition) const;
  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }

  SimCluster& cluster_;
  const WorkloadOptions options_;
  env::Random random_;
  std::vector<std::string> topics_;
  std::vector<PartitionName> partitions_;  // Over all topics.
  History history_;
  std::vector<std::string> nodes_;
  std::vector<Client*> clients_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Operator> operator_;
  std::vector<Writer> writers_;
  std::vector<Reader> readers_;
};

}  // namespace ropewalk::testing
