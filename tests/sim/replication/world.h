// One partition on three brokers, as pure machines: every interleaving that the real ones allow.
//
// A record is a number that nobody else has. The first time that a leader shows a record below its
// high watermark is remembered: all consumers may have read it and its producer may have heard so.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/controller/controller.h"
#include "broker/metadata/image.h"
#include "broker/replication/follower.h"
#include "broker/replication/leader.h"
#include "common/env/random.h"

namespace ropewalk::replication {

struct WorldOptions {
  std::uint64_t seed = 0;
  bool replicated = false;  // The topic's durability.
};

class World {
 public:
  explicit World(WorldOptions options);

  // A random step: work, or now and then a fault.
  void step();
  // No faults any more; all messages arrive. True: the partition is led, all are in sync and a new
  // record is committed. False: nobody may lead.
  bool heal();

  // What rule does not hold; empty: all do.
  bool is_over() const;
  const std::string& violation() const { return violation_; }
  std::size_t committed() const { return shown_.size(); }
  std::size_t elections() const { return elections_; }
  const std::vector<std::string>& story() const { return story_; }

 private:
  struct Record {
    LeaderEpoch epoch;
    std::uint64_t number = 0;
    bool operator==(const Record&) const = default;
  };
  struct Broker {
    BrokerId id;
    bool alive = true;
    std::uint8_t life = 0;
    BrokerEpoch epoch;
    std::size_t applied = 0;  // Index of an image.
    std::vector<Record> log;
    std::int64_t durable = 0;
    std::int64_t high_watermark = 0;
    std::uint64_t generation = 0;
    LeaderEpoch role_epoch = kNoLeaderEpoch;
    std::optional<Leader> leader;
    std::optional<Follower> follower;
    bool asking = false;
    bool cut = false;    // Its recovery cut a tail.
    bool clean = false;  // Its last life ended in order.
    std::map<WaiterId, std::int64_t> waiting;
    std::int64_t end() const { return static_cast<std::int64_t>(log.size()); }
  };

  // Messages, and to whom. A broker that starts anew has no connections: `life`.
  struct Ask {
    std::size_t from;
    std::uint64_t generation;
    LeaderEpoch leader_epoch;
    FollowerRequest request;
    std::optional<Progressed> progress;
  };
  struct FetchAnswer {
    std::uint64_t generation;
    FollowerRequest request;
    LeaderEpoch leader_epoch;
    std::int64_t from;
    std::vector<Record> records;
    Offset high_watermark;
  };
  struct Copy {  // Of a proposal.
    metadata::AlterInSync event;
    std::uint64_t ticket;
    std::size_t from;
    std::uint8_t life;
    LeaderEpoch leader_epoch;
  };
  struct Answered {
    ProposalAnswered answer;
    LeaderEpoch leader_epoch;
  };
  using Content = std::variant<Progressed, Ask, EpochEndTold, FetchAnswer, Copy, Answered>;
  struct Message {
    std::size_t to = 0;
    std::uint8_t life = 0;
    Content content;
    bool slow = false;  // Much overtakes it.
  };
  static constexpr std::size_t kBrokers = 3;
  static constexpr std::size_t kController = kBrokers;

  static IncarnationId life_of(BrokerId broker, std::uint8_t life);
  void tell(std::string line);
  void fail_rule(const std::string& what);

  // The controller.
  std::vector<Result<metadata::ItemAnswer>> decide(const metadata::ControllerEvent& event);
  const metadata::Partition& partition(const metadata::Image& image) const;
  const metadata::Image& newest() const { return *images_.back(); }
  void start(Broker& broker);
  void heartbeat(Broker& broker, bool wants_fence);
  void fence_dead(const Broker& broker);
  void switch_durability();
  void report_synced(const Broker& broker);

  // A broker.
  void apply_next(Broker& broker);
  void take_role(Broker& broker, const metadata::Image& image);
  Leadership leadership(const Broker& broker, const metadata::Image& image) const;
  void end_role(Broker& broker);
  void act(Broker& broker);
  void produce(Broker& broker);
  void sync(Broker& broker);
  void ask(Broker& broker);
  enum class End { power_lost, killed, clean };
  void stop(Broker& broker, End how);
  void aim();
  void carry_out(Broker& broker, const LeaderEffects& effects);
  void carry_out(Broker& broker, const FollowerEffects& effects, const FetchAnswer* fetched);
  void cut(Broker& broker, std::int64_t end);

  // Messages.
  void take_message();
  void send(std::size_t to, Content content);
  void deliver(std::size_t index, bool keep);
  void lose(std::size_t index);
  void on(Broker& broker, const Progressed& message);
  void on(Broker& broker, const Ask& message);
  void on(Broker& broker, const EpochEndTold& message);
  void on(Broker& broker, const FetchAnswer& message);
  void on(Broker& broker, const Answered& message);
  void decide_copy(const Copy& copy);
  void answer(const Copy& copy, Errc outcome);

  // The rules.
  void show(const Broker& broker, std::int64_t high_watermark);
  void check_new_leader(const Broker& broker);
  bool is_past_unclean(const Broker& broker) const;
  void check_pairs();

  bool chance(double probability) { return random_.chance(probability); }

  env::Random random_;
  bool faults_ = true;
  std::optional<std::size_t> last_proposed_;  // Who was to join.
  bool aimed_ = false;                        // The next change is one that a fault was aimed at.
  int controller_away_ = 0;                   // So many more copies find nobody.
  Time now_{std::chrono::seconds(1000)};
  std::vector<metadata::ImagePtr> images_;
  std::optional<controller::Controller> controller_;
  TopicPartition id_;
  std::array<Broker, kBrokers> brokers_;
  std::vector<Message> messages_;
  struct Shown {
    std::uint64_t number;
    LeaderEpoch epoch;
  };
  std::vector<Shown> shown_;  // By offset.
  std::uint64_t next_number_ = 1;
  WaiterId next_waiter_ = 1;
  std::size_t elections_ = 0;
  std::string violation_;
  std::vector<std::string> story_;
};

}  // namespace ropewalk::replication
