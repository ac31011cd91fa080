#include "tests/sim/env/echo_world.h"

#include <gtest/gtest.h>

#include "common/env/event.h"
#include "common/env/serial.h"
#include "common/env/sim/simulation.h"
#include "common/env/task_group.h"

namespace ropewalk::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRequestBytes = 700;  // Of more than one sector.
constexpr std::uint16_t kPort = 9000;

struct Counted : env::SerialOwner {
  explicit Counted(env::Environment& environment) : serial(environment, *this) {}
  void drained() override { drains++; }
  std::uint64_t entered = 0;
  std::uint64_t drains = 0;
  env::Serial serial;
};

// Logs each request of kRequestBytes, syncs, and answers with its first byte.
class Server {
 public:
  explicit Server(env::Environment& environment)
      : environment_(environment),
        files_(environment.open_file_system({"/data"}).value()),
        counted_(std::make_shared<Counted>(environment)),
        tasks_(environment.core(0)) {
    environment.core(0).post([this] { tasks_.spawn("serve", serve()); });
  }

 private:
  Task<void> serve() {
    auto opened = co_await files_->open("log", env::OpenMode::create_new);
    if (opened) {
      if (!co_await files_->sync_directory("")) co_return;
    } else {
      opened = co_await files_->open("log", env::OpenMode::read_write);
    }
    if (!opened) co_return;
    file_ = *opened;
    // What does not fill a request is a torn tail, and so is a hole: start behind it.
    end_ = (file_->size().value_or(0) + kRequestBytes - 1) / kRequestBytes * kRequestBytes;
    env::Endpoint at{"0.0.0.0", kPort};
    auto listener = co_await environment_.network().listen(at, {});
    if (!listener) co_return;
    for (;;) {
      auto accepted = co_await (*listener)->accept(environment_.core(0));
      if (!accepted && accepted.error().code != Errc::io_error) co_return;
      if (accepted) tasks_.spawn("connection", converse(std::move(*accepted)));
    }
  }

  Task<void> converse(std::unique_ptr<env::Connection> connection) {
    std::string request;
    for (;;) {
      auto readable = co_await connection->wait_readable();
      if (!readable) co_return;
      std::array<std::byte, 4096> buffer;
      auto count = connection->try_read(buffer);
      if (!count && count.error().code == Errc::would_block) continue;
      if (!count || *count == 0) co_return;
      request += as_text(ByteSpan(buffer).first(*count));
      while (request.size() >= kRequestBytes) {
        const std::uint64_t position = std::exchange(end_, end_ + kRequestBytes);
        const ByteSpan piece = as_bytes(request).first(kRequestBytes);
        if (!file_->write_at(position, std::span(&piece, 1))) co_return;
        counted_->serial.enter([counted = counted_] { counted->entered++; });
        // A name that is not synced: a power cut may lose it.
        auto marked = co_await files_->open("mark", env::OpenMode::create_or_truncate);
        auto moved = co_await files_->rename("mark", "marked");
        if (!marked || !moved) co_return;
        auto synced = co_await file_->sync();
        if (!synced) co_return;
        const env::Chunk answer[] = {SharedBytes(request.substr(0, 1)),
                                     env::FileRange{file_, position, 99}};
        auto written = co_await connection->write(answer);
        if (!written) co_return;
        request.erase(0, kRequestBytes);
      }
    }
  }

  env::Environment& environment_;
  std::unique_ptr<env::FileSystem> files_;
  std::shared_ptr<Counted> counted_;
  env::FilePtr file_;
  std::uint64_t end_ = 0;
  env::TaskGroup tasks_;
};

// Asks one server again and again and remembers what was answered.
class Asker {
 public:
  Asker(env::Environment& environment, std::string server)
      : environment_(environment),
        server_(std::move(server)),
        random_(environment.random(server_)),
        tasks_(environment.core(0)) {
    environment.core(0).post([this] { tasks_.spawn("ask", ask_for_ever()); });
  }
  const std::vector<std::string>& answered() const { return answered_; }

 private:
  Task<void> ask_for_ever() {
    for (;;) {
      const auto deadline = environment_.now() + 2s;
      env::Endpoint to{server_, kPort};
      auto connected = co_await environment_.network().connect(to, deadline, {});
      if (connected) co_await ask_on(std::move(*connected));
      co_await environment_.current_core().sleep_until(environment_.now() + 50ms);
    }
  }

  Task<void> ask_on(std::unique_ptr<env::Connection> connection) {
    const std::uint64_t id = random_();
    std::string request = std::to_string(id);
    request.resize(kRequestBytes, static_cast<char>('a' + id % 26));
    std::vector<env::Chunk> chunks{SharedBytes(request)};
    auto written = co_await connection->write(chunks);
    if (!written) co_return;
    std::size_t answer = 0;
    // A server that was cut off may never answer.
    const auto timer =
        environment_.current_core().call_at(environment_.now() + 5s, [&] { connection->close(); });
    while (answer < 100) {
      auto readable = co_await connection->wait_readable();
      std::array<std::byte, 64> buffer;
      auto count = readable ? connection->try_read(buffer) : Result<std::size_t>(0);
      if (!count && count.error().code == Errc::would_block) continue;
      if (!count || *count == 0) break;
      answer += *count;
    }
    environment_.current_core().cancel(timer);
    if (answer == 100) answered_.push_back(std::move(request));
  }

  env::Environment& environment_;
  const std::string server_;
  env::Random random_;
  std::vector<std::string> answered_;
  env::TaskGroup tasks_;
};

struct Served {
  Node* node;
  std::unique_ptr<Server> server;
  std::unique_ptr<Asker> asker;
};

void one_fault(Simulation& world, std::vector<Served>& all) {
  env::Random& random = world.random();
  Served& one = all[random.below(all.size())];
  Node& node = *one.node;
  const auto restart = [&] {
    one.server.reset();
    world.run_for(Duration(static_cast<Duration::rep>(random.below(500'000'000))));
    one.server = std::make_unique<Server>(node.environment());
  };
  switch (random.below(7)) {
    case 0:
      node.kill();
      return restart();
    case 1:
      node.power_cut();
      return restart();
    case 2:
      world.network().isolate(node.name());
      break;
    case 3:
      world.network().cut(node.name(), "asker");
      break;
    case 4:
      world.network().heal();
      break;
    case 5:
      node.pause(3s);
      break;
    default:
      node.suspend(1s);
      break;
  }
}

}  // namespace

WorldOutcome run_echo_world(std::uint64_t seed) {
  Simulation world(seed);
  world.network().connection_loss = 0.002;
  Node& asker = world.add_node("asker", {.cores = 2});
  std::vector<Served> all;
  for (const char* name : {"a", "b", "c"}) {
    Node& node = world.add_node(name, {.cores = 2});
    node.disk("/data").faults.sync_stall = 0.01;
    all.push_back({&node, std::make_unique<Server>(node.environment()),
                   std::make_unique<Asker>(asker.environment(), name)});
  }
  for (int round = 0; round < 20; round++) {
    world.run_for(1s);
    one_fault(world, all);
  }
  world.network().heal();
  world.run_for(10s);

  WorldOutcome outcome;
  for (Served& one : all) {
    one.node->power_cut();
    one.server.reset();
    const std::string log = one.node->disk("/data").content("log").value_or("");
    for (const std::string& request : one.asker->answered())
      EXPECT_NE(log.find(request), std::string::npos)
          << "seed " << seed << ": an answered request is not on the disk";
    outcome.echoed += one.asker->answered().size();
  }
  asker.kill();
  all.clear();
  outcome.trace_hash = world.trace_hash();
  outcome.counts = world.counts();
  return outcome;
}

}  // namespace ropewalk::sim
