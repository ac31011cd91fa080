// A few replicas of the metadata log on one table: the test says who ticks, what arrives, who dies.
//
// Each has a disk that keeps what a Ready gave it. Nothing happens by itself; settle() delivers
// until nobody has anything to say.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/quorum/raft/raft_core.h"

namespace ropewalk::quorum {

inline constexpr std::uint32_t kElection = 20;
inline constexpr std::uint32_t kHeartbeat = 4;

SharedBytes value(const std::string& text);
std::string text_of(const Entry& entry);
ReplicaKey key(int id);  // Of broker `id` with its first directory.
Voter voter(int id);
Voters voters(std::initializer_list<int> ids);
Entry entry(std::int64_t index, int term, const std::string& text = "x");
// Entries from 1 on with these terms.
std::vector<Entry> entries_of_terms(std::initializer_list<int> terms);

struct Disk {
  HardState hard;
  SnapshotInfo snapshot;
  std::vector<Entry> log;
};

class Replicas {
 public:
  // Voters 1..count with empty logs, as format leaves them.
  explicit Replicas(int count, std::function<void(RaftConfig&)> tune = {});

  RaftCore& at(int id) { return *nodes_.at(id).core; }
  Disk& disk(int id) { return nodes_.at(id).disk; }
  std::vector<Entry>& applied(int id) { return nodes_.at(id).applied; }
  std::vector<ReadState>& reads(int id) { return nodes_.at(id).reads; }
  std::vector<std::string> texts(int id);  // What it has applied, without the quorum's own.
  std::vector<int> terms(int id);          // Of its log on disk.

  // Begins (again) from its disk.
  void start(int id);
  void stop(int id) { nodes_.at(id).core.reset(); }
  void add_observer(int id, Voters known = {});
  // What chance says to a replica: how long it waits beyond the election time-out.
  void set_patience(int id, std::uint64_t ticks) { nodes_.at(id).patience = ticks; }

  void tick(int id, std::uint32_t ticks = 1);
  void tick_all(std::uint32_t ticks);  // Settling after each.
  // Carries out what is ready; returns what was sent.
  std::vector<Message> carry_out(int id);
  // Delivers until nobody says anything.
  void settle();
  void step(int id, const Message& message) { at(id).step(message); }

  void cut(int from, int to) { cuts_.insert({from, to}); }
  void isolate(int id);
  void heal() { cuts_.clear(); }

  // Makes it lead: nobody hears a leader any more, and it asks first.
  void elect(int id);
  void forget_leader();
  // Ticks a follower until it asks for votes.
  void campaign(int id);

 private:
  struct Node {
    Disk disk;
    std::unique_ptr<RaftCore> core;
    std::vector<Entry> applied;
    std::vector<ReadState> reads;
    std::uint64_t patience = kElection - 1;
  };
  RaftConfig config(Node& node);

  std::function<void(RaftConfig&)> tune_;
  std::map<int, Node> nodes_;
  std::set<std::pair<int, int>> cuts_;
};

// Whether the bodies of that kind, in order.
template <class T>
std::vector<std::pair<Message, T>> of_kind(const std::vector<Message>& messages) {
  std::vector<std::pair<Message, T>> found;
  for (const Message& message : messages)
    if (const auto* body = std::get_if<T>(&message.body)) found.emplace_back(message, *body);
  return found;
}

}  // namespace ropewalk::quorum
