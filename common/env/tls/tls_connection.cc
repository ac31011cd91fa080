#include "common/env/tls/tls_connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/err.h>
#include <openssl/tls1.h>

namespace ropewalk::env::tls {
namespace {

constexpr std::size_t kReadStep = 32 * 1024;  // Two records.
constexpr std::size_t kRecordBytes = 16 * 1024;
constexpr std::size_t kFileStep = 64 * 1024;
constexpr std::size_t kFlushBytes = 256 * 1024;  // Encrypted, before it is written.
constexpr std::size_t kTryBytes = 64 * 1024;

// The first byte of a record; what else is there is no TLS.
constexpr std::byte kAlert{21};
constexpr std::byte kHandshake{22};

// "I speak TLS, and you do not": tells a broker that talks in the clear whom it has reached.
constexpr std::array<unsigned char, 7> kNoTls{21, 3, 3, 0, 2, 2, 70};

constexpr std::string_view kGone = "it has gone before it proved who it is";

// Of those that the other end sends because of a certificate.
bool is_about_certificates(int alert) {
  switch (alert) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

}  // namespace

TlsConnection::TlsConnection(std::unique_ptr<Connection> plain, Owned<SSL> ssl, End end,
                             std::uint64_t key_bytes)
    : plain_(std::move(plain)), ssl_(std::move(ssl)), end_(end), key_bytes_(key_bytes) {
  BIO* const in = BIO_new(BIO_s_mem());
  BIO* const out = BIO_new(BIO_s_mem());
  ENSURE(in != nullptr && out != nullptr, "no memory for a TLS connection");
  SSL_set_bio(ssl_.get(), in, out);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_verify(ssl_.get(), SSL_get_verify_mode(ssl_.get()), verify);
  if (end == End::accepting)
    SSL_set_accept_state(ssl_.get());
  else
    SSL_set_connect_state(ssl_.get());
}

TlsConnection::~TlsConnection() { TlsConnection::close(); }

int TlsConnection::verify(int believed, X509_STORE_CTX* check) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* const self = static_cast<TlsConnection*>(SSL_get_app_data(ssl));
  if (believed == 0) self->distrust_ = why_not_believed(check);
  return believed;
}

Task<Result<void>> TlsConnection::shake_hands() {
  while (!established()) {
    ERR_clear_error();
    const int outcome = SSL_do_handshake(ssl_.get());
    if (outcome != 1 && SSL_get_error(ssl_.get(), outcome) != SSL_ERROR_WANT_READ)
      co_return fail(failure());
    CO_TRY_VOID(co_await flush());
    if (outcome == 1) break;
    CO_TRY(const bool came, feed());
    if (!came) CO_TRY_VOID(co_await plain_->wait_readable());
    if (ended_) co_return fail(Errc::closed, "{}", kGone);
  }
  note_peer();
  co_return Result<void>();
}

void TlsConnection::note_peer() {
  const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  ENSURE(certificate != nullptr, "a peer without a certificate was let in");
  peer_name_ = common_name(certificate);
  if (peer_name_.empty()) peer_name_ = "(a certificate without a common name)";
}

Task<Result<void>> TlsConnection::wait_readable() {
  // Decrypted and not read yet, or come and not decrypted.
  if (SSL_pending(ssl_.get()) > 0 || BIO_pending(SSL_get_rbio(ssl_.get())) > 0 || ended_ || broken_)
    co_return Result<void>();
  push();
  co_return co_await plain_->wait_readable();
}

Result<std::size_t> TlsConnection::try_read(MutableByteSpan into) {
  if (closed_) return fail(Errc::closed, "the connection is closed");
  std::size_t read = 0;
  while (read < into.size()) {
    auto some = read_some(into.subspan(read));
    const bool more = some && *some > 0;
    if (!more && read > 0) break;  // Told by the next one.
    if (!more) return some;
    read += *some;
  }
  return read;
}

Result<std::size_t> TlsConnection::read_some(MutableByteSpan into) {
  while (!broken_) {
    ERR_clear_error();
    std::size_t count = 0;
    const int outcome = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
    const int wish = outcome == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), outcome);
    if (wish != SSL_ERROR_NONE && wish != SSL_ERROR_WANT_READ && wish != SSL_ERROR_ZERO_RETURN)
      return fail(failure());
    if (peer_name_.empty() && established()) note_peer();
    push();  // It may have had to answer.
    if (outcome == 1) return count;
    if (wish == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
    if (ended_ && !established()) return fail(Errc::closed, "{}", kGone);
    if (ended_) return std::size_t{0};
    TRY(const bool came, feed());
    if (!came) return std::unexpected(Error{Errc::would_block, {}});
  }
  return fail(*broken_);
}

Result<bool> TlsConnection::feed() {
  std::array<std::byte, kReadStep> buffer;
  const auto got = plain_->try_read(buffer);
  if (!got && got.error().code == Errc::would_block) return false;
  if (!got) broken_ = got.error();
  if (!got) return fail(got.error());
  ended_ = *got == 0;
  if (ended_) return true;
  const ByteSpan come(buffer.data(), *got);
  if (!std::exchange(heard_, true)) TRY_VOID(check_first(come));
  const int taken = BIO_write(SSL_get_rbio(ssl_.get()), come.data(), static_cast<int>(come.size()));
  ENSURE(taken == static_cast<int>(come.size()), "memory took {} of {} bytes", taken, come.size());
  return true;
}

Result<void> TlsConnection::check_first(ByteSpan first) {
  if (first.front() == kHandshake || first.front() == kAlert) return {};
  const std::array<Chunk, 1> answer{SharedBytes::copy_of(
      as_bytes(std::string_view(reinterpret_cast<const char*>(kNoTls.data()), kNoTls.size())))};
  static_cast<void>(plain_->try_write(answer));
  broken_ = {Errc::permission_denied,
             "it talks in the clear, and here everything is encrypted (TLS)"};
  return fail(*broken_);
}

Error TlsConnection::failure() {
  const unsigned long code = ERR_peek_last_error();
  const int alert = ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) > SSL_AD_REASON_OFFSET
                        ? ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET
                        : 0;
  std::string why;
  if (!distrust_.empty())
    why = fmt::format("it is not believed: {}", distrust_);
  else if (alert != 0 && is_about_certificates(alert))
    why = fmt::format("it does not believe the certificate of this end ({})",
                      SSL_alert_desc_string_long(alert));
  else if (alert != 0)
    why = fmt::format("it refuses ({})", SSL_alert_desc_string_long(alert));
  else
    why = with_openssl_reason("TLS fails");
  ERR_clear_error();
  broken_ = {Errc::permission_denied, std::move(why)};
  push();  // The other one is told, too.
  return *broken_;
}

// Small pieces share a record: each costs 22 bytes and a call.
Result<void> TlsConnection::gather(ByteSpan bytes) {
  if (gathered_.size() + bytes.size() > kRecordBytes) TRY_VOID(encrypt_gathered());
  if (bytes.size() >= kRecordBytes) return encrypt(bytes);
  gathered_ += as_text(bytes);
  return {};
}

Result<void> TlsConnection::encrypt_gathered() {
  if (gathered_.empty()) return {};
  auto encrypted = encrypt(as_bytes(gathered_));
  gathered_.clear();
  return encrypted;
}

Result<void> TlsConnection::encrypt(ByteSpan bytes) {
  if (closed_) return fail(Errc::closed, "the connection is closed");
  if (broken_) return fail(*broken_);
  if (bytes.empty()) return {};
  ERR_clear_error();
  if (keyed_ + bytes.size() > key_bytes_) {
    SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
    keyed_ = 0;
  }
  std::size_t count = 0;
  if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count) != 1) return fail(failure());
  ENSURE(count == bytes.size(), "memory took {} of {} bytes", count, bytes.size());
  keyed_ += count;
  return {};
}

std::size_t TlsConnection::encrypted_bytes() const {
  return unsent_.size() + static_cast<std::size_t>(BIO_pending(SSL_get_wbio(ssl_.get())));
}

std::string TlsConnection::take_encrypted() {
  std::string all = std::exchange(unsent_, {});
  BIO* const out = SSL_get_wbio(ssl_.get());
  const auto held = static_cast<std::size_t>(BIO_pending(out));
  if (held == 0) return all;
  const std::size_t before = all.size();
  all.resize(before + held);
  const int got = BIO_read(out, all.data() + before, static_cast<int>(held));
  ENSURE(got == static_cast<int>(held), "memory gave {} of {} bytes", got, held);
  return all;
}

// A write that is under way takes it along.
void TlsConnection::push() {
  if (writing_ || closed_ || encrypted_bytes() == 0) return;
  const SharedBytes bytes(take_encrypted());
  const std::array<Chunk, 1> chunks{bytes};
  const auto sent = plain_->try_write(chunks);
  unsent_ = bytes.text().substr(sent.value_or(0));
}

Task<Result<void>> TlsConnection::flush() {
  ENSURE(!writing_, "two writers of one connection");
  while (encrypted_bytes() > 0) {
    const std::array<Chunk, 1> chunks{SharedBytes(take_encrypted())};
    writing_ = true;
    auto written = co_await plain_->write(chunks);
    writing_ = false;
    CO_TRY_VOID(std::move(written));
  }
  co_return Result<void>();
}

Task<Result<void>> TlsConnection::write(std::span<const Chunk> chunks) {
  if (!established() && end_ == End::accepting)
    co_return fail(Errc::closed, "it has not proved who it is");
  if (peer_name_.empty()) CO_TRY_VOID(co_await shake_hands());
  for (const Chunk& chunk : chunks) {
    const auto* const range = std::get_if<FileRange>(&chunk);
    if (range != nullptr) {
      CO_TRY_VOID(co_await write_range(*range));
      continue;
    }
    ByteSpan bytes = std::get<SharedBytes>(chunk).span();
    const std::size_t skip = std::min(ahead_, bytes.size());
    ahead_ -= skip;
    CO_TRY_VOID(co_await write_memory(bytes.subspan(skip)));
  }
  CO_TRY_VOID(encrypt_gathered());
  co_return co_await flush();
}

Task<Result<void>> TlsConnection::write_memory(ByteSpan bytes) {
  while (!bytes.empty()) {
    const std::size_t step = std::min(bytes.size(), kFlushBytes);
    CO_TRY_VOID(gather(bytes.first(step)));
    bytes = bytes.subspan(step);
    if (encrypted_bytes() >= kFlushBytes) CO_TRY_VOID(co_await flush());
  }
  co_return Result<void>();
}

Task<Result<void>> TlsConnection::write_range(const FileRange& range) {
  const auto buffer =
      std::make_unique_for_overwrite<std::byte[]>(std::min(range.length, kFileStep));
  for (std::size_t done = 0; done < range.length;) {
    const MutableByteSpan into(buffer.get(), std::min(range.length - done, kFileStep));
    auto got = range.file->try_read_at(range.position + done, into);
    if (!got && got.error().code == Errc::would_block)
      got = co_await range.file->read_at(range.position + done, into);
    CO_TRY(const std::size_t count, std::move(got));
    if (count < into.size())
      co_return fail(Errc::io_error, "{} is shorter than promised: {} bytes at {}, {} there",
                     range.file->path(), into.size(), range.position + done, count);
    CO_TRY_VOID(co_await write_memory(into));
    done += count;
  }
  co_return Result<void>();
}

Result<std::size_t> TlsConnection::try_write(std::span<const Chunk> chunks) {
  if (closed_) return fail(Errc::closed, "the connection is closed");
  if (!established()) return std::size_t{0};
  push();
  std::size_t skip = ahead_;
  for (const Chunk& chunk : chunks) {
    const auto* const memory = std::get_if<SharedBytes>(&chunk);
    if (memory == nullptr || encrypted_bytes() > 0) break;
    const ByteSpan bytes = memory->span().subspan(std::min(skip, memory->size()));
    skip -= memory->size() - bytes.size();
    const ByteSpan some = bytes.first(std::min(bytes.size(), kTryBytes - gathered_.size()));
    TRY_VOID(gather(some));
    ahead_ += some.size();
    if (encrypted_bytes() > 0) push();
    if (some.size() < bytes.size()) break;
  }
  TRY_VOID(encrypt_gathered());
  push();
  return encrypted_bytes() > 0 ? std::size_t{0} : std::exchange(ahead_, 0);
}

void TlsConnection::close() {
  if (closed_) return;
  if (!broken_ && established()) SSL_shutdown(ssl_.get());
  push();
  closed_ = true;
  plain_->close();
}

}  // namespace ropewalk::env::tls
