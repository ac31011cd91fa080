#include <array>
#include <string>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/env/event.h"
#include "common/env/real/address.h"
#include "tests/unit/common/env/real/real_fixture.h"

namespace ropewalk::env {
namespace {

using namespace std::chrono_literals;

std::string pattern(std::size_t size, char seed) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; i++)
    text[i] = static_cast<char>(seed + static_cast<char>((i * 31 + i / 251) % 61));
  return text;
}

Task<Result<std::string>> read_to_end(Connection& connection) {
  std::string all;
  std::vector<std::byte> buffer(64 * 1024);
  for (;;) {
    auto got = connection.try_read(buffer);
    if (got && *got == 0) co_return all;
    if (got) {
      all += as_text(ByteSpan(buffer).first(*got));
      continue;
    }
    if (got.error().code != Errc::would_block) co_return std::unexpected(got.error());
    CO_TRY_VOID(co_await connection.wait_readable());
  }
}

class NetworkTest : public RealTest {
 protected:
  struct Pair {
    std::unique_ptr<Listener> listener;
    std::unique_ptr<Connection> client;  // On core 0.
    std::unique_ptr<Connection> server;  // On the core that was asked for.
  };

  Task<Result<std::unique_ptr<Listener>>> listen(std::string host) {
    Endpoint at{std::move(host), 0};
    ConnectionOptions options;
    co_return co_await env().network().listen(std::move(at), std::move(options));
  }

  // On core 0.
  Task<void> make_pair(Pair& pair, std::string host, std::size_t server_core) {
    auto listener = co_await listen(host);
    if (!listener) {
      ADD_FAILURE() << to_string(listener.error());
      co_return;
    }
    pair.listener = std::move(*listener);
    ConnectionOptions options{.congestion_control = "cubic", .send_buffer_bytes = 256 * 1024};
    auto client = co_await env().network().connect(pair.listener->local(), in(kLong), options);
    auto server = co_await pair.listener->accept(env().core(server_core));
    if (!client || !server) {
      ADD_FAILURE() << "no connection";
      co_return;
    }
    pair.client = std::move(*client);
    pair.server = std::move(*server);
  }
};

Task<void> write_all(Connection& connection, const std::vector<Chunk>& chunks,
                     Result<void>& outcome) {
  outcome = co_await connection.write(chunks);
  connection.close();
}

Task<void> receive(Connection& connection, std::string& text) {
  auto all = co_await read_to_end(connection);
  if (all)
    text = std::move(*all);
  else
    ADD_FAILURE() << to_string(all.error());
}

class NetworkFamilies : public NetworkTest, public ::testing::WithParamInterface<const char*> {};

// Gathered memory, a small range that is read, a large one that goes by sendfile, memory again:
// more than the socket's buffers hold, to a reader on another core.
TEST_P(NetworkFamilies, BytesAndFileRangesArriveInOrder) {
  auto files = env().open_file_system({.root = temporary_directory()});
  ASSERT_TRUE(files);
  Pair pair;
  run([&] { return make_pair(pair, GetParam(), 1); });
  ASSERT_TRUE(pair.server);
  EXPECT_EQ(pair.client->remote(), pair.listener->local());
  EXPECT_EQ(pair.server->local(), pair.listener->local());
  EXPECT_EQ(pair.server->remote(), pair.client->local());
  EXPECT_EQ(pair.server->local().host, GetParam());

  const std::string content = pattern(3'000'000, 'A');
  FilePtr file;
  struct Make {
    static Task<void> file(FileSystem& fs, const std::string& bytes, FilePtr& made) {
      auto opened = co_await fs.open("data", OpenMode::create_new);
      if (!opened) co_return;
      const ByteSpan piece = as_bytes(bytes);
      if ((*opened)->write_at(0, std::span(&piece, 1))) made = std::move(*opened);
    }
  };
  run([&] { return Make::file(**files, content, file); });
  ASSERT_TRUE(file);

  std::vector<Chunk> chunks;
  std::string expected;
  const auto memory = [&](std::string text) {
    expected += text;
    chunks.emplace_back(SharedBytes(std::move(text)));
  };
  const auto range = [&](std::size_t position, std::size_t length) {
    expected += content.substr(position, length);
    chunks.emplace_back(FileRange{file, position, length});
  };
  for (int i = 0; i < 600; i++) memory("header " + std::to_string(i) + ";");
  range(17, 1000);
  memory("between");
  range(5000, 16 * 1024);
  memory("");
  range(123, 2'900'000);
  range(9, 15'000);
  memory(pattern(700'000, '!'));

  Result<void> wrote;
  std::string got;
  auto reading = start([&] { return receive(*pair.server, got); }, 1);
  run([&] { return write_all(*pair.client, chunks, wrote); });
  finish(reading);
  EXPECT_TRUE(wrote);
  EXPECT_EQ(got.size(), expected.size());
  EXPECT_TRUE(got == expected);
}

Task<void> write_at_once(Connection& connection, const std::vector<Chunk>& chunks,
                         std::vector<std::size_t>& counts) {
  const std::size_t first = *connection.try_write(std::span(chunks).first(2));
  counts.push_back(first);
  counts.push_back(*connection.try_write(std::span(chunks).subspan(2)));
  connection.close();
  co_return;
}

TEST_F(NetworkTest, WritesAtOnceWhatThereIsRoomForUpToAFileRange) {
  Pair pair;
  run([&] { return make_pair(pair, "127.0.0.1", 1); });
  ASSERT_TRUE(pair.server);
  const std::string large = pattern(64'000'000, 'b');  // More than the socket takes.
  const std::vector<Chunk> chunks{SharedBytes(std::string("small ")), FileRange{},
                                  SharedBytes(std::string("and ")), SharedBytes(large)};
  std::vector<std::size_t> counts;
  run([&] { return write_at_once(*pair.client, chunks, counts); });
  std::string got;
  finish(start([&] { return receive(*pair.server, got); }, 1));
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts[0], 6u);
  EXPECT_GT(counts[1], 4u);
  EXPECT_LT(counts[1], large.size());
  EXPECT_TRUE(got == "small " + ("and " + large).substr(0, counts[1]));
}

// Of the socket with these ends, looked up among all that this process has.
std::string congestion_control_of(const Connection& connection) {
  for (int fd = 0; fd < 1024; fd++) {
    const bool is_it = real::local_endpoint(fd) == connection.local() &&
                       real::remote_endpoint(fd) == connection.remote();
    std::array<char, 16> name{};
    socklen_t length = name.size();
    if (is_it && getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), &length) == 0)
      return name.data();
  }
  return "no such socket";
}

// bbr turns pacing on when a connection begins, and it stays on whatever is chosen later: what is
// accepted has to be born without.
TEST_F(NetworkTest, AListenerHandsOutSocketsThatNeverPaced) {
  struct Body {
    static Task<void> listen(Environment& env, std::unique_ptr<Listener>& listener) {
      auto made = co_await env.network().listen({"127.0.0.1", 0}, {});
      if (made) listener = std::move(*made);
    }
  };
  std::unique_ptr<Listener> listener;
  run([&] { return Body::listen(env(), listener); });
  ASSERT_TRUE(listener);
  std::string chosen;
  for (int fd = 0; fd < 1024; fd++) {
    int listens = 0;
    socklen_t length = sizeof listens;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) != 0 || listens == 0 ||
        real::local_endpoint(fd) != listener->local())
      continue;
    std::array<char, 16> name{};
    length = name.size();
    ASSERT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name.data(), &length), 0);
    chosen = name.data();
  }
  EXPECT_EQ(chosen, "reno");
}

TEST_F(NetworkTest, WithinAMachineNobodyPaces) {
  Pair pair;
  run([&] { return make_pair(pair, "127.0.0.1", 1); });
  ASSERT_TRUE(pair.server);
  EXPECT_EQ(congestion_control_of(*pair.server), "reno");
  EXPECT_EQ(congestion_control_of(*pair.client), "cubic") << "which was asked for";
}

TEST_F(NetworkTest, AFileShorterThanPromisedBreaksTheWrite) {
  auto files = env().open_file_system({.root = temporary_directory()});
  ASSERT_TRUE(files);
  Pair pair;
  run([&] { return make_pair(pair, "127.0.0.1", 1); });
  struct Body {
    static Task<void> write(FileSystem& fs, Connection& connection, std::size_t length,
                            Errc& outcome) {
      auto opened = co_await fs.open("short", OpenMode::create_or_truncate);
      const std::string text = pattern(20'000, 'a');
      const ByteSpan piece = as_bytes(text);
      EXPECT_TRUE((*opened)->write_at(0, std::span(&piece, 1)));
      const std::vector<Chunk> chunks{FileRange{*opened, 10'000, length}};
      auto wrote = co_await connection.write(chunks);
      outcome = wrote ? Errc::none : wrote.error().code;
    }
  };
  for (std::size_t length : {std::size_t{12'000}, std::size_t{30'000}}) {
    Errc outcome = Errc::none;
    run([&] { return Body::write(**files, *pair.client, length, outcome); });
    EXPECT_EQ(outcome, Errc::io_error) << length;
  }
}

Task<void> connect_to(Network& network, Endpoint to, MonotonicTime deadline, Errc& outcome) {
  auto connected = co_await network.connect(std::move(to), deadline, ConnectionOptions{});
  outcome = connected ? Errc::none : connected.error().code;
}

// A socket whose queue of connections is full: the system drops what else comes, as a machine that
// is gone would.
class FullListener {
 public:
  FullListener() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof at;
    auto* raw = reinterpret_cast<sockaddr*>(&at);
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(bind(listener_, raw, length), 0);
    EXPECT_EQ(listen(listener_, 0), 0);
    EXPECT_EQ(getsockname(listener_, raw, &length), 0);
    port_ = ntohs(at.sin_port);
    for (int& filler : fillers_) {
      filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      static_cast<void>(connect(filler, raw, length));
    }
  }
  ~FullListener() {
    for (int filler : fillers_) ::close(filler);
    ::close(listener_);
  }
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;
  Endpoint endpoint() const { return {"127.0.0.1", port_}; }

 private:
  int listener_ = -1;
  std::array<int, 4> fillers_{};
  std::uint16_t port_ = 0;
};

TEST_F(NetworkTest, ConnectTellsRefusedFromSilentAndUnknown) {
  Errc outcome = Errc::none;
  Pair pair;
  run([&] { return make_pair(pair, "127.0.0.1", 0); });
  const Endpoint gone = pair.listener->local();
  std::atomic<bool> closed = false;
  env().core(0).post([&] {
    pair = {};
    closed = true;
    env().notify();
  });
  ASSERT_TRUE(env().block_until([&] { return closed.load(); }, in(kLong)));
  run([&] { return connect_to(env().network(), gone, in(kLong), outcome); });
  EXPECT_EQ(outcome, Errc::connection_refused);

  run([&] { return connect_to(env().network(), {"no-such-host.invalid", 1}, in(kLong), outcome); });
  EXPECT_EQ(outcome, Errc::not_found);

  const FullListener silent;
  run([&] { return connect_to(env().network(), silent.endpoint(), in(30ms), outcome); });
  EXPECT_EQ(outcome, Errc::request_timed_out);
}

TEST_F(NetworkTest, ListeningWhereSomebodyListensIsRefused) {
  struct Body {
    static Task<void> listen(Network& network, Endpoint at, Errc& outcome) {
      auto listener = co_await network.listen(std::move(at), ConnectionOptions{});
      outcome = listener ? Errc::none : listener.error().code;
    }
  };
  Pair pair;
  run([&] { return make_pair(pair, "127.0.0.1", 0); });
  Errc outcome = Errc::none;
  run([&] { return Body::listen(env().network(), pair.listener->local(), outcome); });
  EXPECT_EQ(outcome, Errc::address_in_use);
  run([&] { return Body::listen(env().network(), {"192.0.2.1", 0}, outcome); });
  EXPECT_EQ(outcome, Errc::invalid_request);
}

Task<void> wait_to_read(Connection& connection, Errc& outcome) {
  auto waited = co_await connection.wait_readable();
  outcome = waited ? Errc::none : waited.error().code;
}

TEST_F(NetworkTest, ClosingEndsTheWaitersWithClosedAndCancellingWithCancelled) {
  Pair pair;
  run([&] { return make_pair(pair, "127.0.0.1", 0); });
  Errc outcome = Errc::none;
  auto waiting = start([&] { return wait_to_read(*pair.client, outcome); });
  cancel(waiting);
  EXPECT_EQ(outcome, Errc::cancelled);

  auto again = start([&] { return wait_to_read(*pair.client, outcome); });
  env().core(0).post([&] {
    pair.client->close();
    pair.client->close();
  });
  finish(again);
  EXPECT_EQ(outcome, Errc::closed);
  std::byte byte;
  auto read = pair.client->try_read(MutableByteSpan(&byte, 1));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Errc::closed);
}

TEST_F(NetworkTest, AClosedListenerEndsAccept) {
  struct Body {
    static Task<void> accept(Listener& listener, Core& core, Errc& outcome) {
      auto accepted = co_await listener.accept(core);
      outcome = accepted ? Errc::none : accepted.error().code;
    }
  };
  Pair pair;
  run([&] { return make_pair(pair, "127.0.0.1", 0); });
  Errc outcome = Errc::none;
  auto waiting = start([&] { return Body::accept(*pair.listener, env().core(0), outcome); });
  env().core(0).post([&] { pair.listener->close(); });
  finish(waiting);
  EXPECT_EQ(outcome, Errc::closed);
}

// A peer that is gone ends a writer, also in sendfile, where the system would raise SIGPIPE.
TEST_F(NetworkTest, WritingToAPeerThatIsGoneEndsWithClosed) {
  auto files = env().open_file_system({.root = temporary_directory()});
  ASSERT_TRUE(files);
  Pair pair;
  run([&] { return make_pair(pair, "127.0.0.1", 0); });
  struct Body {
    static Task<void> write(FileSystem& fs, Connection& connection, Errc& outcome) {
      auto opened = co_await fs.open("data", OpenMode::create_new);
      const std::string text = pattern(1'000'000, 'a');
      const ByteSpan piece = as_bytes(text);
      EXPECT_TRUE((*opened)->write_at(0, std::span(&piece, 1)));
      const std::vector<Chunk> chunks{FileRange{*opened, 0, text.size()}};
      Result<void> wrote;
      while (wrote) wrote = co_await connection.write(chunks);
      outcome = wrote.error().code;
    }
  };
  Errc outcome = Errc::none;
  auto writing = start([&] { return Body::write(**files, *pair.client, outcome); });
  env().core(0).post([&] { pair.server->close(); });
  finish(writing);
  EXPECT_EQ(outcome, Errc::closed);
}

TEST_F(NetworkTest, ResolvesNames) {
  Errc outcome = Errc::io_error;
  Pair pair;
  run([&] { return make_pair(pair, "127.0.0.1", 0); });
  const Endpoint named{"localhost", pair.listener->local().port};
  run([&] { return connect_to(env().network(), named, in(kLong), outcome); });
  EXPECT_EQ(outcome, Errc::none);
}

// Written as a connection shows its own address, so that the two can be compared.
TEST_F(NetworkTest, TellsTheAddressesOfAHost) {
  struct Ask {
    static Task<void> about(Network& network, std::string host, MonotonicTime until,
                            Result<std::vector<std::string>>& answer) {
      answer = co_await network.resolve(std::move(host), until);
    }
  };
  const auto ask = [&](const std::string& host) {
    Result<std::vector<std::string>> answer;
    run([&] { return Ask::about(env().network(), host, in(kLong), answer); });
    return answer;
  };
  EXPECT_THAT(ask("localhost").value(), ::testing::Contains("127.0.0.1"));
  EXPECT_THAT(ask("192.0.2.7").value(), ::testing::ElementsAre("192.0.2.7"));
  EXPECT_THAT(ask("2001:DB8:0:0::7").value(), ::testing::ElementsAre("2001:db8::7"));
  EXPECT_EQ(ask("nobody.invalid").error().code, Errc::not_found);
}

INSTANTIATE_TEST_SUITE_P(Addresses, NetworkFamilies, ::testing::Values("127.0.0.1", "::1"));

}  // namespace
}  // namespace ropewalk::env
