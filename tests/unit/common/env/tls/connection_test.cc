// What goes through an encrypted connection, and who does not get one.
#include <array>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include "common/env/tls/tls_connection.h"
#include "common/wire/frame.h"
#include "tests/unit/common/env/tls/tls_fixture.h"

namespace ropewalk::env::tls {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string pattern(std::size_t size, char seed) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; i++)
    text[i] = static_cast<char>(seed + static_cast<char>((i * 31 + i / 251) % 61));
  return text;
}

// Until `enough` bytes or the end.
Task<Result<std::string>> read_up_to(Connection& connection, std::size_t enough,
                                     std::size_t buffer_bytes = 64 * 1024) {
  std::string all;
  std::vector<std::byte> buffer(buffer_bytes);
  while (all.size() < enough) {
    auto got = connection.try_read(buffer);
    if (got && *got == 0) break;
    if (got) {
      all += as_text(ByteSpan(buffer).first(*got));
      continue;
    }
    if (got.error().code != Errc::would_block) co_return std::unexpected(got.error());
    CO_TRY_VOID(co_await connection.wait_readable());
  }
  co_return all;
}

Task<void> receive(Connection& connection, std::size_t enough, Result<std::string>& outcome,
                   std::size_t buffer_bytes = 64 * 1024) {
  outcome = co_await read_up_to(connection, enough, buffer_bytes);
}

Task<void> send_and_close(Connection& connection, const std::vector<Chunk>& chunks,
                          Result<void>& outcome) {
  outcome = co_await connection.write(chunks);
  connection.close();
}

class TlsConnectionTest : public TlsTest {
 protected:
  static std::vector<Chunk> text(std::string words) { return {SharedBytes(std::move(words))}; }

  // What the server reads of it, up to the end.
  Result<std::string> through(Pair& pair, const std::vector<Chunk>& chunks,
                              std::size_t buffer_bytes = 64 * 1024) {
    Result<std::string> got;
    Result<void> wrote;
    auto reading = start([&] { return receive(*pair.server, SIZE_MAX, got, buffer_bytes); }, 1);
    run([&] { return send_and_close(*pair.client, chunks, wrote); });
    finish(reading);
    EXPECT_TRUE(wrote) << to_string(wrote.error());
    return got;
  }
  // Both say hello, and read what the other one says.
  struct Meeting {
    Result<void> client_wrote;
    Result<std::string> client_read;
    Result<std::string> server_read;
  };
  Meeting meet(Pair& pair) {
    Meeting met;
    auto serving = start([&] { return serve(*pair.server, met.server_read); }, 1);
    run([&] { return ask(*pair.client, met); });
    finish(serving);
    return met;
  }
  static Task<void> serve(Connection& connection, Result<std::string>& read) {
    read = co_await read_up_to(connection, 5);
    const auto chunks = text("answer");
    if (read) (void)co_await connection.write(chunks);
    connection.close();
  }
  static Task<void> ask(Connection& connection, Meeting& met) {
    const auto chunks = text("hello");
    met.client_wrote = co_await connection.write(chunks);
    if (met.client_wrote) met.client_read = co_await read_up_to(connection, 6);
    connection.close();
  }
  static std::string error(const auto& result) {
    return result ? "no error" : to_string(result.error());
  }

  // A peer that is not of this code's making.
  Owned<SSL> stranger(const KeyPair& pair, int version = TLS1_3_VERSION) {
    const Owned<SSL_CTX> context(SSL_CTX_new(TLS_method()));
    SSL_CTX_set_max_proto_version(context.get(), version);
    if (!pair.key.empty()) {
      const auto from = reading(pair.certificate);
      const Owned<X509> own(PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr));
      const auto key = private_key(pair.key);
      EXPECT_EQ(SSL_CTX_use_certificate(context.get(), own.get()), 1);
      EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), key.get()), 1);
    }
    return Owned<SSL>(SSL_new(context.get()));
  }
  Pair connect_stranger(const KeyPair& own, int version = TLS1_3_VERSION) {
    Pair pair = connect(nullptr, identity("broker-1"));
    pair.client = std::make_unique<TlsConnection>(std::move(pair.client), stranger(own, version),
                                                  End::connecting, Identity::kKeyBytes);
    return pair;
  }
};

TEST_F(TlsConnectionTest, BothKnowWhoIsThere) {
  Pair pair = connect(identity("broker-2"), identity("broker-1"));
  ASSERT_TRUE(pair.server);
  EXPECT_EQ(pair.server->peer_name(), "");
  const Meeting met = meet(pair);
  EXPECT_EQ(met.server_read.value(), "hello");
  EXPECT_EQ(met.client_read.value(), "answer");
  EXPECT_EQ(pair.server->peer_name(), "broker-2");
  EXPECT_EQ(pair.client->peer_name(), "broker-1");
}

// Much memory in small and large pieces, and file ranges, which are read; also by tiny reads.
TEST_F(TlsConnectionTest, BytesAndFileRangesArriveInOrder) {
  auto files = env().open_file_system({.root = temporary_directory()});
  ASSERT_TRUE(files);
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
  const auto memory = [&](std::string words) {
    expected += words;
    chunks.emplace_back(SharedBytes(std::move(words)));
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
  memory(pattern(16 * 1024, 'x'));
  memory(pattern(9'000'000, '!'));
  for (const std::size_t buffer : {std::size_t{7777}, std::size_t{1} << 20}) {
    Pair pair = connect(identity("broker-2"), identity("broker-1"));
    ASSERT_TRUE(pair.server);
    const auto got = through(pair, chunks, buffer);
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_TRUE(*got == expected) << got->size() << " of " << expected.size();
    EXPECT_GE(pair.client->bytes_written(), expected.size());
  }
}

TEST_F(TlsConnectionTest, KeysAreReplacedUnderWay) {
  Pair pair = connect(identity("broker-2", "ours", "ours", 50'000), identity("broker-1"));
  ASSERT_TRUE(pair.server);
  std::vector<Chunk> chunks;
  for (int i = 0; i < 50; i++) chunks.emplace_back(SharedBytes(pattern(20'000, 'k')));
  const auto got = through(pair, chunks);
  ASSERT_TRUE(got) << to_string(got.error());
  EXPECT_EQ(got->size(), 1'000'000u);
}

// As a server's connection does: what was not taken at once goes with the next write.
Task<void> send_by_turns(Connection& connection, std::string_view all, std::uint64_t seed,
                         bool& both) {
  std::mt19937_64 random(seed);
  std::vector<Chunk> hello{SharedBytes(std::string("!"))};
  (void)co_await connection.write(hello);
  bool refused = false, taken = false;
  while (!all.empty()) {
    std::vector<Chunk> chunks;
    std::size_t size = 0;
    for (std::size_t i = random() % 5 + 1; i > 0 && size < all.size(); i--) {
      const std::size_t piece =
          std::min<std::size_t>(all.size() - size, random() % (i == 3 ? 300'000 : 20'000));
      chunks.emplace_back(SharedBytes(std::string(all.substr(size, piece))));
      size += piece;
    }
    const auto now = connection.try_write(chunks);
    if (!now) co_return;
    (*now < size ? refused : taken) = true;
    all.remove_prefix(*now);
    size -= *now;
    if (size == 0) continue;
    chunks = {SharedBytes(std::string(all.substr(0, size)))};
    const auto rest = co_await connection.write(chunks);
    if (!rest) co_return;
    all.remove_prefix(size);
  }
  both = refused && taken;
  connection.close();
}

TEST_F(TlsConnectionTest, WhatIsNotTakenAtOnceLeavesWithTheNextWrite) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    Pair pair = connect(identity("broker-2"), identity("broker-1"));
    ASSERT_TRUE(pair.server);
    const std::string all = pattern(20'000'000, 't');
    Result<std::string> got;
    bool both = false;
    auto reading = start([&] { return receive(*pair.server, SIZE_MAX, got); }, 1);
    run([&] { return send_by_turns(*pair.client, all, seed, both); });
    finish(reading);
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_TRUE(*got == "!" + all) << got->size();
    EXPECT_TRUE(both) << "nothing was refused, or nothing taken";
  }
}

TEST_F(TlsConnectionTest, AFileShorterThanPromisedBreaksTheWrite) {
  auto files = env().open_file_system({.root = temporary_directory()});
  ASSERT_TRUE(files);
  Pair pair = connect(identity("broker-2"), identity("broker-1"));
  ASSERT_TRUE(pair.server);
  struct Body {
    static Task<void> write(FileSystem& fs, Connection& connection, Result<void>& outcome) {
      auto opened = co_await fs.open("short", OpenMode::create_or_truncate);
      const std::string words = pattern(20'000, 'a');
      const ByteSpan piece = as_bytes(words);
      EXPECT_TRUE((*opened)->write_at(0, std::span(&piece, 1)));
      const std::vector<Chunk> chunks{FileRange{*opened, 10'000, 30'000}};
      outcome = co_await connection.write(chunks);
      connection.close();
    }
  };
  Result<void> outcome;
  Result<std::string> got;
  auto reading = start([&] { return receive(*pair.server, SIZE_MAX, got); }, 1);
  run([&] { return Body::write(**files, *pair.client, outcome); });
  finish(reading);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::io_error);
}

// Its own certificate is of another authority; it believes ours.
TEST_F(TlsConnectionTest, WhoHasACertificateOfAnotherAuthorityIsRefused) {
  Pair pair = connect(identity("broker-4", "theirs", "ours"), identity("broker-1"));
  ASSERT_TRUE(pair.server);
  const Meeting met = meet(pair);
  ASSERT_FALSE(met.server_read);
  EXPECT_EQ(met.server_read.error().code, Errc::permission_denied);
  EXPECT_THAT(error(met.server_read), HasSubstr("the certificate of 'broker-4' that 'theirs "));
  ASSERT_FALSE(met.client_read);
  EXPECT_EQ(met.client_read.error().code, Errc::permission_denied);
  EXPECT_THAT(error(met.client_read),
              HasSubstr("does not believe the certificate of this end (unknown CA)"));
}

TEST_F(TlsConnectionTest, AServerOfAnotherAuthorityIsNotBelieved) {
  Pair pair = connect(identity("broker-2"), identity("broker-1", "theirs", "ours"));
  ASSERT_TRUE(pair.server);
  const Meeting met = meet(pair);
  ASSERT_FALSE(met.client_wrote);
  EXPECT_EQ(met.client_wrote.error().code, Errc::permission_denied);
  EXPECT_THAT(error(met.client_wrote), HasSubstr("the certificate of 'broker-1' that 'theirs "));
  ASSERT_FALSE(met.server_read);
  EXPECT_THAT(error(met.server_read), HasSubstr("does not believe the certificate of this end"));
}

TEST_F(TlsConnectionTest, ExpiredOrMissingCertificatesAndOldVersionsAreRefused) {
  const auto refusal = [&](Pair pair) { return error(meet(pair).server_read); };
  EXPECT_THAT(refusal(connect_stranger(certificate("ours", "broker-2", -1))),
              AllOf(HasSubstr("'broker-2'"), HasSubstr("expired")));
  EXPECT_THAT(refusal(connect_stranger({})), HasSubstr("did not return a certificate"));
  EXPECT_THAT(refusal(connect_stranger(certificate("ours", "broker-2"), TLS1_2_VERSION)),
              HasSubstr("unsupported protocol"));
  EXPECT_EQ(refusal(connect_stranger(certificate("ours", "broker-2"))), "no error");
}

// Each learns what the other one is.
TEST_F(TlsConnectionTest, WhoTalksInTheClearIsToldSo) {
  Pair pair = connect(nullptr, identity("broker-1"));
  ASSERT_TRUE(pair.server);
  const Meeting met = meet(pair);
  ASSERT_FALSE(met.server_read);
  EXPECT_EQ(met.server_read.error().code, Errc::permission_denied);
  EXPECT_THAT(error(met.server_read), HasSubstr("talks in the clear"));
  ASSERT_TRUE(met.client_read);
  ASSERT_GE(met.client_read->size(), 4u);
  const auto as_frame = wire::decode_length(as_bytes(*met.client_read), 1 << 20);
  ASSERT_FALSE(as_frame);
  EXPECT_THAT(to_string(as_frame.error()), HasSubstr("looks like TLS"));
}

TEST_F(TlsConnectionTest, AServerInTheClearIsRecognised) {
  Pair pair = connect(identity("broker-2"), nullptr);
  ASSERT_TRUE(pair.server);
  const Meeting met = meet(pair);
  ASSERT_FALSE(met.client_wrote);
  EXPECT_EQ(met.client_wrote.error().code, Errc::permission_denied);
  EXPECT_THAT(error(met.client_wrote), HasSubstr("talks in the clear"));
}

TEST_F(TlsConnectionTest, WhoGoesBeforeItHasProvedAnythingIsGone) {
  for (const std::string& began : {std::string(), std::string("\x16\x03\x01", 3)}) {
    Pair pair = connect(nullptr, identity("broker-1"));
    ASSERT_TRUE(pair.server);
    const auto got = through(pair, text(began));
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Errc::closed);
    EXPECT_THAT(error(got), HasSubstr("before it proved who it is"));
  }
}

TEST_F(TlsConnectionTest, NothingIsSaidToWhoHasNotProvedWhoItIs) {
  Pair pair = connect(identity("broker-2"), identity("broker-1"));
  ASSERT_TRUE(pair.server);
  Result<void> said;
  const auto chunks = text("words");
  run([&] { return send_and_close(*pair.server, chunks, said); }, 1);
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().code, Errc::closed);
}

// An end in the middle is an end, as without encryption: whoever reads frames sees whether it has
// all of one.
TEST_F(TlsConnectionTest, TheEndComesAfterWhatWasSent) {
  Pair pair = connect(identity("broker-2"), identity("broker-1"));
  ASSERT_TRUE(pair.server);
  const std::string all = pattern(100'000, 'e');
  EXPECT_EQ(through(pair, text(all)).value(), all);
  std::array<std::byte, 8> room{};
  EXPECT_EQ(pair.client->try_read(room).error().code, Errc::closed);
}

}  // namespace
}  // namespace ropewalk::env::tls
