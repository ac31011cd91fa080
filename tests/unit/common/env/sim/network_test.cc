#include <gtest/gtest.h>

#include "common/env/sim/simulation.h"

namespace ropewalk::sim {
namespace {

using namespace std::chrono_literals;
using Connected = Result<std::unique_ptr<env::Connection>>;

Task<Result<std::string>> read_to_end(env::Connection& connection) {
  std::string all;
  for (;;) {
    CO_TRY_VOID(co_await connection.wait_readable());
    std::array<std::byte, 4096> buffer;
    auto count = connection.try_read(buffer);
    if (!count && count.error().code == Errc::would_block) continue;
    if (!count) co_return fail(std::move(count).error());
    if (*count == 0) co_return all;
    all += as_text(ByteSpan(buffer).first(*count));
  }
}

Task<Result<void>> write_and_close(env::Connection& connection, std::vector<env::Chunk> chunks) {
  auto written = co_await connection.write(chunks);
  connection.close();
  co_return written;
}

class SimNetworking : public testing::Test {
 protected:
  Simulation world_{1};
  Node& a_ = world_.add_node("a");
  Node& b_ = world_.add_node("b");

  env::Core& on(Node& node) { return node.environment().core(0); }
  Connected connect(Node& from, env::Endpoint to, Duration limit = 1s) {
    env::Environment& environment = from.environment();
    return world_.run(on(from), connect_task(environment, to, environment.now() + limit));
  }
  static Task<Connected> connect_task(env::Environment& environment, env::Endpoint to,
                                      env::MonotonicTime deadline) {
    auto connected = co_await environment.network().connect(to, deadline, {});
    co_return connected;
  }
  std::unique_ptr<env::Listener> listen(Node& node, std::uint16_t port = 9000) {
    return world_.run(on(node), node.environment().network().listen({"0.0.0.0", port}, {})).value();
  }
  // The connecting side and the accepted one.
  std::pair<std::unique_ptr<env::Connection>, std::unique_ptr<env::Connection>> pair() {
    auto listener = listen(b_);
    auto near = connect(a_, {"b", 9000}).value();
    auto far = world_.run(on(b_), listener->accept(on(b_))).value();
    return {std::move(near), std::move(far)};
  }
};

TEST_F(SimNetworking, CarriesBytesInOrderThenTheEnd) {
  auto [near, far] = pair();
  std::string text;
  for (int i = 0; i < 100000; i++) text += std::to_string(i);
  std::vector<env::Chunk> chunks{SharedBytes(text), SharedBytes(std::string("!"))};
  bool written = false;
  near->local();
  on(a_).post([] {});
  auto done = [&](std::exception_ptr, Result<void> result) { written = result.has_value(); };
  boost::asio::co_spawn(on(a_).executor(), write_and_close(*near, chunks), done);
  EXPECT_EQ(world_.run(on(b_), read_to_end(*far)).value(), text + "!");
  EXPECT_TRUE(written);
}

TEST_F(SimNetworking, TellsRefusedFromSilentFromUnknown) {
  a_.environment();
  b_.environment();
  EXPECT_EQ(connect(a_, {"b", 9000}).error().code, Errc::connection_refused);
  EXPECT_EQ(connect(a_, {"nobody", 9000}).error().code, Errc::not_found);
  auto listener = listen(b_);
  world_.network().cut("b", "a");
  EXPECT_EQ(connect(a_, {"b", 9000}).error().code, Errc::request_timed_out);
  world_.network().heal();
  EXPECT_TRUE(connect(a_, {"b", 9000}));
  b_.power_cut();
  EXPECT_EQ(connect(a_, {"b", 9000}).error().code, Errc::request_timed_out);
}

TEST_F(SimNetworking, ANodesNameIsItsAddress) {
  const auto resolve = [this](const char* host) {
    return world_.run(on(a_), a_.environment().network().resolve(host, env::kNever));
  };
  EXPECT_EQ(resolve("b").value(), std::vector<std::string>{"b"});
  EXPECT_EQ(resolve("localhost").value(), std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(resolve("nobody").error().code, Errc::not_found);
}

TEST_F(SimNetworking, KillResetsThePeer) {
  auto [near, far] = pair();
  b_.kill();
  EXPECT_EQ(world_.run(on(a_), read_to_end(*near)).error().code, Errc::closed);
}

// As when something between the two forgets the connection: who hears of it first may be back
// before what it sent has come.
TEST_F(SimNetworking, AResetOfOneSideLetsThroughWhatWasSent) {
  auto [near, far] = pair();
  const std::vector<env::Chunk> chunks{SharedBytes(std::string("sent"))};
  ASSERT_EQ(near->try_write(chunks).value(), 4u);
  world_.network().reset_connections("a", Fabric::Resets::own_side);
  EXPECT_EQ(world_.run(on(a_), read_to_end(*near)).error().code, Errc::closed);
  EXPECT_EQ(world_.run(on(b_), read_to_end(*far)).value(), "sent");
}

TEST_F(SimNetworking, CutHoldsBytesUntilHealed) {
  auto [near, far] = pair();
  world_.network().isolate("a");
  ASSERT_TRUE(world_.run(on(a_), write_and_close(*near, {SharedBytes(std::string("late"))})));
  world_.run_for(20s);
  std::array<std::byte, 10> buffer;
  EXPECT_EQ(far->try_read(buffer).error().code, Errc::would_block);
  world_.network().heal();
  EXPECT_EQ(world_.run(on(b_), read_to_end(*far)).value(), "late");
}

TEST_F(SimNetworking, SlowReaderHoldsTheWriter) {
  auto [near, far] = pair();
  bool written = false;
  auto done = [&](std::exception_ptr, Result<void>) { written = true; };
  std::vector<env::Chunk> chunks{SharedBytes(std::string(1 << 20, 'x'))};
  boost::asio::co_spawn(on(a_).executor(), write_and_close(*near, chunks), done);
  world_.run_for(60s);
  EXPECT_FALSE(written);
  EXPECT_EQ(world_.run(on(b_), read_to_end(*far)).value().size(), std::size_t{1} << 20);
  EXPECT_TRUE(written);
}

TEST_F(SimNetworking, WritesAtOnceWhatThereIsRoomFor) {
  auto [near, far] = pair();
  const std::string text(1 << 20, 'x');
  const std::vector<env::Chunk> chunks{SharedBytes(std::string("a")), SharedBytes(text)};
  std::size_t sent = 0;
  for (int i = 0; i < 1000; i++) {
    const std::size_t count = *near->try_write(sent == 0 ? chunks : std::vector{chunks[1]});
    if (count == 0) break;  // Nobody reads.
    sent += count;
    world_.run_for(1ms);
  }
  EXPECT_GT(sent, 1u);
  EXPECT_LT(sent, text.size());
  near->close();
  EXPECT_EQ(world_.run(on(b_), read_to_end(*far)).value().size(), sent);
  EXPECT_EQ(near->try_write(chunks).error().code, Errc::closed);
}

TEST_F(SimNetworking, TruncationUnderASendShows) {
  auto [near, far] = pair();
  auto files = a_.environment().open_file_system({"/d"}).value();
  auto file = world_.run(on(a_), files->open("f", env::OpenMode::create_new)).value();
  const std::string text(200000, 'x');
  const ByteSpan piece = as_bytes(text);
  ASSERT_TRUE(file->write_at(0, std::span(&piece, 1)));
  world_.network().link.bytes_per_second = 100'000;
  std::optional<Result<void>> written;
  auto done = [&](std::exception_ptr, Result<void> result) { written = std::move(result); };
  std::vector<env::Chunk> chunks{env::FileRange{file, 0, text.size()}};
  boost::asio::co_spawn(on(a_).executor(), write_and_close(*near, chunks), done);
  world_.run_for(500ms);
  ASSERT_TRUE(world_.run(on(a_), file->truncate(1000)));
  world_.run_for(10s);
  ASSERT_TRUE(written);
  EXPECT_EQ(written->error().code, Errc::io_error);
  EXPECT_EQ(world_.run(on(b_), read_to_end(*far)).error().code, Errc::closed);
}

TEST_F(SimNetworking, CloseWakesTheOwnReader) {
  auto [near, far] = pair();
  std::optional<Result<std::string>> read;
  auto done = [&](std::exception_ptr, Result<std::string> result) { read = std::move(result); };
  boost::asio::co_spawn(on(a_).executor(), read_to_end(*near), done);
  world_.run_for(1s);
  on(a_).post([&] { near->close(); });
  world_.run_for(1s);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->error().code, Errc::closed);
}

TEST_F(SimNetworking, OneListenerAPort) {
  auto first = listen(b_);
  EXPECT_EQ(world_.run(on(b_), b_.environment().network().listen({"b", 9000}, {})).error().code,
            Errc::address_in_use);
  first.reset();
  EXPECT_TRUE(world_.run(on(b_), b_.environment().network().listen({"b", 9000}, {})));
  EXPECT_EQ(world_.run(on(b_), b_.environment().network().listen({"a", 9000}, {})).error().code,
            Errc::invalid_request);
}

}  // namespace
}  // namespace ropewalk::sim
