#include "tests/unit/broker/quorum/quorum_cluster.h"

#include <boost/asio/co_spawn.hpp>

#include "broker/quorum/message_codec.h"
#include "tests/support/ids.h"

namespace ropewalk::quorum {
namespace {

constexpr std::chrono::milliseconds kStep{1};

Task<Result<Offset>> stop_quorum(RaftQuorum& quorum) {
  co_await quorum.stop();
  co_return quorum.commit();
}

}  // namespace

class QuorumCluster::Transport final : public QuorumTransport {
 public:
  Transport(QuorumCluster& cluster, int self, env::Core& core)
      : cluster_(cluster), self_(self), core_(core) {}

  void send(const env::Endpoint& at, const Message& message) override {
    const env::Endpoint here{"broker", static_cast<std::uint16_t>(self_)};
    cluster_.mail_.push_back({self_, at.port, [bytes = encode_letter(message, here)](Life& life) {
                                take_in(life, bytes);
                              }});
  }

  Task<Result<SnapshotPiece>> ask_for_piece(env::Endpoint at, SnapshotPull::Question question,
                                            env::MonotonicTime deadline) override {
    env::OneShot<Result<SnapshotPiece>> done(core_);
    auto ask = [this, to = static_cast<int>(at.port), bytes = encode_question(question),
                done](Life& life) { answer(life, to, bytes, done); };
    cluster_.mail_.push_back({self_, at.port, std::move(ask)});
    auto piece = co_await done.wait_until(deadline);
    if (!piece) co_return fail(std::move(piece).error());
    co_return *std::move(piece);
  }

 private:
  static void take_in(Life& life, const SharedBytes& bytes);
  void answer(Life& life, int from, const SharedBytes& question,
              env::OneShot<Result<SnapshotPiece>> done);

  QuorumCluster& cluster_;
  int self_;
  env::Core& core_;
};

struct QuorumCluster::Life {
  Life(QuorumCluster& cluster, int id, sim::Node& node)
      : environment(node.environment()),
        files(*environment.open_file_system({.root = cluster.root_of(id), .threads = 2})),
        machine(std::make_unique<Recorder>()),
        transport(cluster, id, environment.control_core()),
        quorum(
            std::make_unique<RaftQuorum>(environment, *files, transport, cluster.options_of(id))) {
    quorum->attach(*machine);
  }
  env::Environment& environment;
  std::unique_ptr<env::FileSystem> files;
  std::unique_ptr<Recorder> machine;
  Transport transport;
  std::unique_ptr<RaftQuorum> quorum;
};

void QuorumCluster::Transport::take_in(Life& life, const SharedBytes& bytes) {
  life.environment.control_core().post([&life, bytes] {
    auto letter = decode_letter(bytes.span());
    ASSERT_TRUE(letter) << to_string(letter.error());
    life.quorum->receive(std::move(letter->message), letter->from);
  });
}

void QuorumCluster::Transport::answer(Life& life, int from, const SharedBytes& question,
                                      env::OneShot<Result<SnapshotPiece>> done) {
  const auto asked = decode_question(question.span());
  ASSERT_TRUE(asked);
  auto piece = life.quorum->piece_of_snapshot(asked->end, asked->position);
  auto reply = [this, from, done](std::exception_ptr, Result<SnapshotPiece> found) {
    if (!found) return;
    const SharedBytes bytes = encode_piece(*found);
    cluster_.mail_.push_back(
        {from, self_, [bytes, done](Life&) { done.set(decode_piece(bytes.span())); }});
  };
  boost::asio::co_spawn(life.environment.control_core().executor(), std::move(piece),
                        std::move(reply));
}

QuorumCluster::QuorumCluster(std::uint64_t seed, std::function<void(QuorumOptions&)> tune)
    : world_(seed), tune_(std::move(tune)) {}

RaftQuorum& QuorumCluster::at(int id) { return *lives_.at(id)->quorum; }
Recorder& QuorumCluster::machine(int id) { return *lives_.at(id)->machine; }

QuorumCluster::~QuorumCluster() {
  while (!lives_.empty()) kill(lives_.begin()->first);
}

std::string QuorumCluster::root_of(int id) const {
  return fmt::format("/data-{}/quorum", generations_.at(id));
}

Voter QuorumCluster::voter(int id) const {
  const int directory = 10 * id + generations_.at(id);
  return {BrokerId(id),
          id_of<DirectoryId>(static_cast<std::uint8_t>(directory)),
          {"broker", static_cast<std::uint16_t>(id)}};
}

QuorumOptions QuorumCluster::options_of(int id) const {
  QuorumOptions options;
  options.cluster = id_of<ClusterId>(1);
  options.node = BrokerId(id);
  options.directory = voter(id).directory;
  options.endpoint = voter(id).endpoint;
  for (const auto& [other, node] : nodes_)
    if (other != id) options.ask_first.push_back(voter(other).endpoint);
  if (tune_) tune_(options);
  return options;
}

void QuorumCluster::format(int id, const std::vector<int>& ids, int generation) {
  if (!nodes_.contains(id)) nodes_[id] = &world_.add_node(fmt::format("broker-{}", id));
  for (const int other : ids) generations_.emplace(other, 1);
  generations_[id] = generation;
  Voters list;
  for (const int other : ids) list.push_back(voter(other));
  env::Environment& environment = nodes_.at(id)->environment();
  {
    const auto files = *environment.open_file_system({.root = root_of(id), .threads = 2});
    auto formatted = world_.run(environment.control_core(),
                                RaftQuorum::format(environment, *files, options_of(id), list));
    ASSERT_TRUE(formatted) << to_string(formatted.error());
  }
  nodes_.at(id)->kill();
}

Result<void> QuorumCluster::start(int id) {
  lives_[id] = std::make_unique<Life>(*this, id, *nodes_.at(id));
  return world_.run(lives_[id]->environment.control_core(), at(id).start());
}

void QuorumCluster::kill(int id) {
  nodes_.at(id)->kill();
  lives_.erase(id);
}

void QuorumCluster::power_cut(int id) {
  nodes_.at(id)->power_cut();
  lives_.erase(id);
}

void QuorumCluster::stop(int id) {
  EXPECT_TRUE(finish(id, stop_quorum(at(id))));
  kill(id);
}

void QuorumCluster::isolate(int id) {
  for (const auto& [other, node] : nodes_) {
    cut(id, other);
    cut(other, id);
  }
}

void QuorumCluster::deliver() {
  for (Letter& letter : std::exchange(mail_, {})) {
    const auto life = lives_.find(letter.to);
    if (life != lives_.end() && !cuts_.contains({letter.from, letter.to}))
      letter.deliver(*life->second);
  }
}

void QuorumCluster::run_for(env::Duration duration) {
  for (env::Duration passed{}; passed < duration; passed += kStep) {
    world_.run_for(kStep);
    deliver();
  }
}

bool QuorumCluster::run_until(const std::function<bool()>& predicate, env::Duration limit) {
  for (env::Duration passed{}; passed < limit; passed += kStep) {
    if (predicate()) return true;
    run_for(kStep);
  }
  return predicate();
}

int QuorumCluster::leader() {
  for (const auto& [id, life] : lives_)
    if (life->machine->leader == BrokerId(id)) return id;
  return 0;
}

int QuorumCluster::wait_for_leader() {
  EXPECT_TRUE(run_until([this] { return leader() != 0; }));
  return leader();
}

template <class T>
Result<T> QuorumCluster::finish(int id, Task<Result<T>> task) {
  auto outcome = std::make_shared<std::optional<Result<T>>>();
  boost::asio::co_spawn(
      lives_.at(id)->environment.control_core().executor(), std::move(task),
      [outcome](std::exception_ptr, Result<T> result) { outcome->emplace(std::move(result)); });
  if (!run_until([&] { return outcome->has_value(); }))
    return fail(Errc::request_timed_out, "it did not end");
  return *std::move(*outcome);
}

Result<Offset> QuorumCluster::append(int id, const std::string& text) {
  return finish(id, at(id).append(machine(id).leader_term, entry(text)));
}

void QuorumCluster::begin_append(int id, const std::string& text) {
  boost::asio::co_spawn(lives_.at(id)->environment.control_core().executor(),
                        at(id).append(machine(id).leader_term, entry(text)),
                        [](std::exception_ptr, const Result<Offset>&) {});
}

Result<Offset> QuorumCluster::change_voters(int id, Voters voters) {
  return finish(id, at(id).change_voters(at(id).term(), std::move(voters)));
}

bool QuorumCluster::all_the_same() {
  const Recorder* first = nullptr;
  for (const auto& [id, life] : lives_) {
    if (!first) first = life->machine.get();
    if (life->machine->last != first->last || life->machine->entries != first->entries)
      return false;
  }
  return true;
}

}  // namespace ropewalk::quorum
