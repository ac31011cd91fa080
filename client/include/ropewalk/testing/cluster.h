// A whole cluster inside a test: brokers with their disks, the network between them and time itself
// are simulated, in one process and one thread.
//
//   ropewalk::testing::Cluster cluster;
//   ropewalk::Producer producer(cluster.client());
//   EXPECT_TRUE(producer.send({.topic = "orders", .value = "first"}).wait());
//
// Time is virtual: it passes only while something waits for it (wait(), poll(), run_for(), ...),
// and a minute of it takes milliseconds. Everything that happens follows from the seed: a test that
// fails fails again under the same one. Nothing of it touches a file, a socket or a thread, so
// tests may run beside each other; one thread at a time uses a Cluster and what it gives.
//
// Link ropewalk::testing. <ropewalk/testing/cluster_test.h> has a GoogleTest fixture around this.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "ropewalk/client.h"

namespace ropewalk::testing {

struct ClusterOptions {
  int brokers = 3;  // Their ids are 1, 2, ... The first 1, 3 or 5 of them vote on the metadata.
  // Nothing: that of the environment variable RW_SEED, or 1.
  std::optional<std::uint64_t> seed = {};
};

// Where a broker is asked for, it is by its id, as Admin and `DescribedPartition::leader` name it.
// An id that there is not ends the process.
class Cluster {
 public:
  using Duration = std::chrono::nanoseconds;

  // All brokers serve when this returns.
  explicit Cluster(ClusterOptions options = {});
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  std::uint64_t seed() const;
  int brokers() const;

  // A client on a machine of its own, which is never hurt. Producer, Consumer and Admin take it as
  // they take one of a real cluster; they, and their results, end before the Cluster.
  Client& client();
  // One more, on another machine. Where its brokers are is filled in. Lives as long as this.
  Client& add_client(ClientOptions options = {});

  // Virtual time since the beginning.
  Duration now() const;
  void run_for(Duration how_long);
  // Until the predicate holds, which is asked after every step, or that much time has passed; what
  // the predicate says then. In it nothing may wait.
  bool run_until(const std::function<bool()>& predicate, Duration limit);

  // kill -9. What the operating system had still to write survives.
  void kill(int broker);
  // The machine loses its power: what was not synced is gone, and what was being written is torn.
  void cut_power(int broker);
  // As by SIGTERM: leaderships are handed over, files closed. Returns when it has ended.
  void stop(int broker);
  // Begins a life of one that does not live, with what its disk has; serves when this returns.
  // Errors: request_timed_out (it waits for others: without a majority of the voters nobody
  // serves), what the broker gave up with.
  Result<void> start(int broker);
  bool lives(int broker) const;
  // Who decides, as those who live believe; nothing while they do not agree.
  std::optional<int> controller() const;

  // Neither brokers nor clients reach it, nor it them, until reconnect().
  void isolate(int broker);
  void reconnect();

  // From now on machines fail as the seed says, while whoever waits lets time pass: brokers are
  // killed and come back, lose their power, pause, are cut off; disks are slow, full, or fail;
  // clocks jump and drift. Not more at once than what the cluster promises allows: nothing that was
  // acknowledged with acks=all is lost. Which kinds come, and how often, differs by seed.
  void begin_faults();
  // Ends them and starts whoever is down. Errors: as of start().
  Result<void> end_faults();
  // What has happened since begin_faults(): "kill 3, pause 1, ...".
  std::string faults() const;

 private:
  class World;
  std::unique_ptr<World> world_;
};

}  // namespace ropewalk::testing
