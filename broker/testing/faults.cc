// What each fault does to the cluster.
#include <algorithm>

#include "broker/testing/damage.h"
#include "broker/testing/swarm.h"

namespace ropewalk::testing {

namespace {

using namespace std::chrono_literals;

constexpr auto kDeadLongest = 12s;
constexpr auto kCutLongest = 12s;
constexpr auto kPauseLongest = 15s;  // Longer than sessions and time-outs of requests.
constexpr auto kDiskLongest = 8s;

}  // namespace

bool Swarm::strike(Fault fault) {
  if (fault <= Fault::suspend) return strike_process(fault);
  if (fault <= Fault::clock_jump) return strike_clock(fault);
  if (fault <= Fault::reset || fault == Fault::half_reset) return strike_network(fault);
  return strike_disk(fault);
}

bool Swarm::strike_process(Fault fault) {
  std::size_t broker = any_broker();
  if (fault == Fault::power_cut && limits_.memory_counts) broker = forgetful_;
  if (fault == Fault::kill_leader) {
    const auto controller = cluster_.controller();
    if (!controller) return false;
    broker = *controller;
  }
  if (fault == Fault::pause || fault == Fault::suspend) {
    sim::Node& node = cluster_.world().node(any_node());
    if (!node.alive() || node.paused()) return false;
    const Span how_long = span(50ms, kPauseLongest);
    fault == Fault::pause ? node.pause(how_long) : node.suspend(how_long);
    return true;
  }
  if (fault == Fault::blackout) {
    for (std::size_t each = 0; each < cluster_.brokers(); each++) {
      if (cluster_.lives(each)) cluster_.power_cut(each);
      come_back(each, span(10ms, 3s));
    }
    return true;
  }
  if (!cluster_.lives(broker)) return false;
  if (fault == Fault::power_cut) {
    cluster_.power_cut(broker);
    come_back(broker, span(10ms, kDeadLongest));
  } else if (fault == Fault::clean_stop) {
    if (!cluster_.started(broker)) return false;
    cluster_.begin_stop(broker);
  } else {
    cluster_.kill(broker);
    come_back(broker, span(10ms, kDeadLongest));
  }
  return true;
}

bool Swarm::strike_clock(Fault fault) {
  sim::Node& node = cluster_.world().node(any_node());
  if (fault == Fault::clock_jump) {
    const auto by = span(1s, 10h);
    node.jump_wall_clock(random_.chance(0.5) ? by : -by);
  } else {
    node.set_clock_rate(1 + (random_.unit() - 0.5) * 0.004);
  }
  return true;
}

void Swarm::cut(const std::string& from, const std::string& to, Span how_long) {
  sim::Fabric& network = cluster_.world().network();
  if (from == to || network.is_cut(from, to)) return;
  network.cut(from, to);
  schedule(how_long, [this, from, to] { cluster_.world().network().heal(from, to); });
}

bool Swarm::strike_network(Fault fault) {
  sim::Fabric& network = cluster_.world().network();
  const Span how_long = span(100ms, kCutLongest);
  switch (fault) {
    case Fault::apart: {
      const std::size_t alone = any_broker();
      for (std::size_t other = 0; other < cluster_.brokers(); other++) {
        cut(node_of(alone), node_of(other), how_long);
        cut(node_of(other), node_of(alone), how_long);
      }
      return true;
    }
    case Fault::isolation: {
      const std::string& node = any_node();
      for (const std::string& other : nodes_) {
        cut(node, other, how_long);
        cut(other, node, how_long);
      }
      return true;
    }
    case Fault::one_way_cut:
      cut(any_node(), any_node(), how_long);
      return true;
    case Fault::halves: {
      std::vector<std::string> left, right;
      for (const std::string& node : nodes_) (random_.chance(0.5) ? left : right).push_back(node);
      for (const std::string& a : left) {
        for (const std::string& b : right) {
          cut(a, b, how_long);
          cut(b, a, how_long);
        }
      }
      return true;
    }
    case Fault::ring: {
      // Of three, each is a neighbour of all: two of them do not hear each other.
      const std::size_t brokers = cluster_.brokers();
      const std::size_t left = any_broker();
      for (std::size_t a = 0; a < brokers; a++) {
        for (std::size_t b = 0; b < brokers; b++) {
          const bool neighbours = (a + 1) % brokers == b || (b + 1) % brokers == a;
          if (brokers > 3 ? !neighbours : a != left && b != left)
            cut(node_of(a), node_of(b), how_long);
        }
      }
      return true;
    }
    case Fault::slow_link: {
      const std::string from = any_node();
      const std::string to = any_node();
      sim::LinkOptions slow;
      slow.delay_least = span(1ms, 300ms);
      slow.delay_most = slow.delay_least + span(1ms, 1s);
      slow.bytes_per_second = 20'000 + random_.below(2'000'000);
      network.set_link(from, to, slow);
      schedule(how_long, [this, from, to] {
        cluster_.world().network().set_link(from, to, cluster_.world().network().link);
      });
      return true;
    }
    case Fault::broken_links:
      network.connection_loss = 0.05 * random_.unit() * random_.unit();
      schedule(how_long, [this] { cluster_.world().network().connection_loss = 0; });
      return true;
    case Fault::half_reset:
      network.reset_connections(any_node(), sim::Fabric::Resets::own_side);
      return true;
    default:
      network.reset_connections(any_node());
      return true;
  }
}

bool Swarm::strike_disk(Fault fault) {
  if (fault == Fault::bit_flip) return damage_a_batch(cluster_.disk(forgetful_), random_);
  // A replica whose disk has failed serves no more until its broker starts again; somebody may see
  // to that. Where memory counts, it is a copy that is lost.
  const bool hurts = fault != Fault::full_disk && fault != Fault::slow_disk;
  std::size_t broker = any_broker();
  if (hurts && limits_.memory_counts) broker = forgetful_;
  sim::Disk& disk = cluster_.disk(broker);
  sim::DiskFaults& faults = disk.faults;
  const Span how_long = span(50ms, kDiskLongest);
  const double chance = random_.chance(0.3) ? 1 : 0.3 * random_.unit();
  switch (fault) {
    case Fault::full_disk:
      faults.capacity_bytes = disk.used_bytes() + random_.below(64 << 10);
      faults.copies_on_write = random_.chance(0.3);
      break;
    case Fault::slow_disk:
      faults.sync_stall = chance;
      faults.stall = span(10ms, 6s);
      break;
    case Fault::bad_sync:
      faults.sync_error = chance;
      break;
    case Fault::bad_write:
      faults.write_error = chance;
      break;
    default:
      faults.read_error = chance;
      break;
  }
  if (hurts) hurt_.insert(broker);
  schedule(how_long, [this, broker, hurts, restart = random_.chance(0.5)] {
    cluster_.disk(broker).faults = {};
    if (!hurts || !restart) return;
    hurt_.erase(broker);
    cluster_.kill(broker);
    come_back(broker, span(10ms, 1s));
  });
  return true;
}

}  // namespace ropewalk::testing
