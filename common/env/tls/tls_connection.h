// A connection that is encrypted, and whose ends have proved who they are (mutual TLS 1.3).
//
// OpenSSL works on memory; the bytes go over the connection below. File ranges are read into what
// is encrypted: no sendfile. What try_write() has encrypted and not got rid of leaves with the next
// write of either kind, which must begin with the same bytes: those that were not taken.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/env/network.h"
#include "common/env/tls/openssl.h"

namespace ropewalk::env::tls {

class TlsConnection final : public Connection {
 public:
  // `key_bytes`: as of Identity.
  TlsConnection(std::unique_ptr<Connection> plain, Owned<SSL> ssl, End end,
                std::uint64_t key_bytes);
  ~TlsConnection() override;

  Endpoint local() const override { return plain_->local(); }
  Endpoint remote() const override { return plain_->remote(); }
  Task<Result<void>> wait_readable() override;
  Result<std::size_t> try_read(MutableByteSpan into) override;
  Task<Result<void>> write(std::span<const Chunk> chunks) override;
  Result<std::size_t> try_write(std::span<const Chunk> chunks) override;
  std::uint64_t bytes_written() const override { return plain_->bytes_written(); }
  std::string peer_name() const override { return peer_name_; }
  void close() override;

 private:
  Task<Result<void>> shake_hands();
  bool established() const { return SSL_is_init_finished(ssl_.get()) == 1; }
  void note_peer();
  // Decrypts what is there; 0: the other end has ended. Errors: would_block, closed,
  // permission_denied.
  Result<std::size_t> read_some(MutableByteSpan into);
  // Takes in what has come. False: nothing is there. Errors: closed, permission_denied (no TLS).
  Result<bool> feed();
  Result<void> check_first(ByteSpan first);
  // What OpenSSL has to say, for good.
  Error failure();

  Result<void> gather(ByteSpan bytes);
  Result<void> encrypt_gathered();
  Result<void> encrypt(ByteSpan bytes);
  Task<Result<void>> write_memory(ByteSpan bytes);
  Task<Result<void>> write_range(const FileRange& range);
  std::size_t encrypted_bytes() const;
  std::string take_encrypted();
  void push();  // As far as the connection below takes it at once.
  Task<Result<void>> flush();

  static int verify(int believed, X509_STORE_CTX* check);

  const std::unique_ptr<Connection> plain_;
  const Owned<SSL> ssl_;
  const End end_;
  const std::uint64_t key_bytes_;
  std::string unsent_;       // Encrypted, in front of what OpenSSL still holds.
  std::string gathered_;     // Small pieces, to be encrypted together.
  std::size_t ahead_ = 0;    // Bytes of the next write that are encrypted already.
  std::uint64_t keyed_ = 0;  // Bytes under the present key.
  bool writing_ = false;     // The connection below is.
  bool heard_ = false;       // Something has come.
  bool ended_ = false;       // Nothing more comes from below.
  bool closed_ = false;
  std::optional<Error> broken_;
  std::string distrust_;  // Whose certificate is not believed, and why.
  std::string peer_name_;
};

}  // namespace ropewalk::env::tls
