// The simulated network: who can reach whom, how fast, and what goes wrong.
//
// A node's host name is its name. Loopback names stay inside the node. The first part is for tests,
// the rest for the simulated env::Network.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/env/network.h"
#include "common/env/sim/world.h"

namespace ropewalk::sim {

class Channel;
class Node;
class SimEnvironment;
class SimListener;

struct LinkOptions {
  Duration delay_least = std::chrono::microseconds(50);
  Duration delay_most = std::chrono::microseconds(500);
  std::uint64_t bytes_per_second = 100'000'000;
};

class Fabric {
 public:
  explicit Fabric(World& world) : world_(world) {}

  LinkOptions link;            // Of all pairs but those of set_link().
  double connection_loss = 0;  // For each piece sent: both ends see a reset instead.
  double short_read = 0.1;     // A read that finds only a part of what has come.
  double accept_error = 0;
  void set_link(const std::string& from, const std::string& to, LinkOptions options);

  // Nothing gets from one to the other until healed; what is under way waits.
  void cut(const std::string& from, const std::string& to);
  void heal(const std::string& from, const std::string& to);
  // Both directions between the node and every other.
  void isolate(const std::string& node);
  void heal();  // Everything.
  bool is_cut(const std::string& from, const std::string& to) const;
  // Resets all connections that the node has with others. Of its own side only: it hears of it at
  // once, they once all that it sent has come, so that it may be back before that.
  enum class Resets { both_sides, own_side };
  void reset_connections(const std::string& node, Resets which = Resets::both_sides);

  // For the implementation.
  World& world() const { return world_; }
  void add_node(Node& node);
  Node* find_node(std::string_view host) const;
  const LinkOptions& link_of(const std::string& from, const std::string& to) const;
  Duration delay(const std::string& from, const std::string& to);
  void add_channel(const std::shared_ptr<Channel>& channel);
  // A free port of the node when `port` is 0. Errors: address_in_use.
  Result<std::uint16_t> bind(const std::string& node, std::uint16_t port, SimListener& listener);
  void unbind(const std::string& node, std::uint16_t port, const SimListener& listener);
  SimListener* listener(const std::string& node, std::uint16_t port) const;
  std::uint16_t next_port() { return next_port_ = next_port_ < 60000 ? next_port_ + 1 : 32768; }
  void process_died(const SimEnvironment& life);
  void machine_died(const SimEnvironment& life);

 private:
  template <class F>
  void for_each_channel(F function);
  void flush(const std::string& from, const std::string& to);

  World& world_;
  std::map<std::string, Node*, std::less<>> nodes_;
  std::map<std::pair<std::string, std::string>, LinkOptions> links_;
  std::set<std::pair<std::string, std::string>> cuts_;
  std::map<std::pair<std::string, std::uint16_t>, SimListener*> listeners_;
  std::map<std::uint64_t, std::weak_ptr<Channel>> channels_;
  std::uint64_t last_channel_ = 0;
  std::uint16_t next_port_ = 32768;
};

std::unique_ptr<env::Network> make_network(Fabric& fabric, SimEnvironment& environment);

}  // namespace ropewalk::sim
