#include "tests/unit/broker/quorum/raft/replicas.h"

#include <algorithm>

#include "common/error.h"
#include "common/records/batch_builder.h"
#include "common/records/record_reader.h"

namespace ropewalk::quorum {
namespace {

constexpr std::size_t kValueBytesMax = 64 << 20;

HardState state_of(int id, int term) {
  HardState state;
  state.node = key(id).id;
  state.directory = key(id).directory;
  state.term = Term(term);
  return state;
}

int number(const ReplicaKey& replica) { return replica.id.value(); }

}  // namespace

SharedBytes value(const std::string& text) {
  BatchBuilder builder;
  NewRecord record;
  record.value = as_bytes(text);
  builder.append(record);
  return *builder.finish(Codec::none);
}

std::string text_of(const Entry& entry) {
  auto reader = RecordReader::open(entry.batch.span(), kValueBytesMax);
  const auto record = reader->next();
  ENSURE(record && *record, "entry {} has no record", entry.index);
  return std::string(as_text(*(*record)->value));
}

ReplicaKey key(int id) {
  Uuid directory;
  directory.bytes[0] = 1;
  directory.bytes[15] = static_cast<std::uint8_t>(id);
  return {BrokerId(id), DirectoryId(directory)};
}

Voter voter(int id) { return {key(id).id, key(id).directory, {"127.0.0.1", 9193}}; }

Voters voters(std::initializer_list<int> ids) {
  Voters list;
  for (const int id : ids) list.push_back(voter(id));
  return list;
}

Entry entry(std::int64_t index, int term, const std::string& text) {
  return {Offset(index), Term(term), value(text)};
}

std::vector<Entry> entries_of_terms(std::initializer_list<int> terms) {
  std::vector<Entry> entries;
  for (const int term : terms)
    entries.push_back(entry(std::ssize(entries) + 1, term, "term " + std::to_string(term)));
  return entries;
}

Replicas::Replicas(int count, std::function<void(RaftConfig&)> tune) : tune_(std::move(tune)) {
  Voters all;
  for (int id = 1; id <= count; id++) all.push_back(voter(id));
  for (int id = 1; id <= count; id++) {
    Node& node = nodes_[id];
    node.disk.hard = state_of(id, 1);
    node.disk.log.push_back({Offset(1), Term(1), voters_batch(all, 0)});
    start(id);
  }
}

void Replicas::add_observer(int id, Voters known) {
  Node& node = nodes_[id];
  node.disk.hard = state_of(id, 0);
  if (!known.empty()) {
    node.disk.hard = state_of(id, 1);
    node.disk.log.push_back({Offset(1), Term(1), voters_batch(known, 0)});
  }
  start(id);
}

RaftConfig Replicas::config(Node& node) {
  RaftConfig config;
  config.election_ticks = kElection;
  config.heartbeat_ticks = kHeartbeat;
  config.random = [&node] { return node.patience; };
  config.wall_time = [] { return 0; };
  if (tune_) tune_(config);
  return config;
}

void Replicas::start(int id) {
  Node& node = nodes_.at(id);
  node.applied.clear();
  node.reads.clear();
  node.core =
      std::make_unique<RaftCore>(config(node), node.disk.hard, node.disk.snapshot, node.disk.log);
}

std::vector<std::string> Replicas::texts(int id) {
  std::vector<std::string> texts;
  for (const Entry& entry : applied(id))
    if (!BatchHeader::parse(entry.batch.span())->is_control()) texts.push_back(text_of(entry));
  return texts;
}

std::vector<int> Replicas::terms(int id) {
  std::vector<int> terms;
  for (const Entry& entry : disk(id).log) terms.push_back(entry.term.value());
  return terms;
}

std::vector<Message> Replicas::carry_out(int id) {
  Node& node = nodes_.at(id);
  std::vector<Message> sent;
  while (node.core && node.core->has_ready()) {
    Ready ready = node.core->ready();
    if (ready.hard) node.disk.hard = *ready.hard;
    if (ready.snapshot) {
      node.disk.snapshot = {*ready.snapshot, node.core->voters_at(ready.snapshot->index)};
      node.disk.log.clear();
    }
    for (Entry& entry : ready.entries) {
      std::erase_if(node.disk.log, [&](const Entry& old) { return old.index >= entry.index; });
      node.disk.log.push_back(entry);
    }
    std::ranges::move(ready.messages, std::back_inserter(sent));
    std::ranges::move(ready.committed, std::back_inserter(node.applied));
    std::ranges::move(ready.reads, std::back_inserter(node.reads));
    node.core->advance();
  }
  return sent;
}

void Replicas::tick(int id, std::uint32_t ticks) {
  for (std::uint32_t i = 0; i < ticks; i++) at(id).tick();
}

void Replicas::tick_all(std::uint32_t ticks) {
  for (std::uint32_t i = 0; i < ticks; i++) {
    for (auto& [id, node] : nodes_)
      if (node.core) node.core->tick();
    settle();
  }
}

void Replicas::settle() {
  for (bool busy = true; busy;) {
    busy = false;
    std::vector<Message> wire;
    for (auto& [id, node] : nodes_) std::ranges::move(carry_out(id), std::back_inserter(wire));
    for (const Message& message : wire) {
      busy = true;
      // Whoever does not know whom to ask asks the first.
      const int to = message.to.id == kNoBroker ? 1 : number(message.to);
      const auto found = nodes_.find(to);
      if (found == nodes_.end() || !found->second.core) continue;
      if (!cuts_.contains({number(message.from), to})) found->second.core->step(message);
    }
  }
}

void Replicas::isolate(int id) {
  for (const auto& [other, node] : nodes_) {
    if (other == id) continue;
    cut(id, other);
    cut(other, id);
  }
}

void Replicas::forget_leader() {
  for (std::uint32_t i = 0; i <= kElection; i++)
    for (auto& [id, node] : nodes_)
      if (node.core) node.core->tick();
  for (auto& [id, node] : nodes_) carry_out(id);  // Whatever that was is lost.
}

void Replicas::campaign(int id) {
  carry_out(id);
  while (!at(id).has_ready()) tick(id);
}

void Replicas::elect(int id) {
  for (int patience = 0; patience < 4 && at(id).role() != Role::leader; patience++) {
    forget_leader();
    set_patience(id, 0);
    campaign(id);
    settle();
  }
  ENSURE(at(id).role() == Role::leader, "broker {} was not elected", id);
}

}  // namespace ropewalk::quorum
