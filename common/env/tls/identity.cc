#include "common/env/tls/identity.h"

#include <ctime>
#include <utility>
#include <vector>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "common/env/tls/tls_connection.h"

namespace ropewalk::env::tls {
namespace {

// Of a stranger, before anything about it is known.
constexpr long kChainBytesMax = 32 << 10;

using Certificates = std::vector<Owned<X509>>;

Result<Certificates> certificates_in(const NamedFile& file) {
  TRY(const std::string pem, read_certificates(file));
  const auto from = reading(pem);
  Certificates found;
  while (auto* const certificate = PEM_read_bio_X509(from.get(), nullptr, nullptr, nullptr))
    found.emplace_back(certificate);
  const auto end = ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(end) == ERR_LIB_PEM && ERR_GET_REASON(end) == PEM_R_NO_START_LINE;
  if (!at_end) return no_use(file, with_openssl_reason("a certificate that cannot be read"));
  ERR_clear_error();
  if (found.empty()) return no_use(file, "it holds no certificate in PEM");
  return found;
}

Result<Owned<EVP_PKEY>> key_in(const NamedFile& file) {
  TRY(const std::string pem, read_key(file));
  auto key = private_key(pem);
  if (key) return key;
  ERR_clear_error();
  return no_use(file, pem.find("ENCRYPTED") == std::string::npos
                          ? "it holds no key in PEM"
                          : "the key wants a passphrase; give one without");
}

Owned<SSL_CTX> mutual_tls() {
  Owned<SSL_CTX> context(SSL_CTX_new(TLS_method()));
  ENSURE(context, "{}", with_openssl_reason("OpenSSL"));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  // Who is in the file of authorities is one, whoever signed it in turn.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.get()), X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_max_cert_list(context.get(), kChainBytesMax);
  // A connection lasts: nothing is resumed, and no tickets are to be kept.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  // What is shown is what the file of the certificate holds, not what else is known here.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
  return context;
}

// Whether others, who believe the same authorities, would let this one in.
Result<void> check_chain(SSL_CTX* context, const Certificates& own, const IdentityFiles& files) {
  STACK_OF(X509)* between = nullptr;
  SSL_CTX_get0_chain_certs(context, &between);
  for (const int purpose : {X509_PURPOSE_SSL_CLIENT, X509_PURPOSE_SSL_SERVER}) {
    const Owned<X509_STORE_CTX> check(X509_STORE_CTX_new());
    ENSURE(check && X509_STORE_CTX_init(check.get(), SSL_CTX_get_cert_store(context),
                                        own.front().get(), between) == 1,
           "{}", with_openssl_reason("OpenSSL"));
    X509_STORE_CTX_set_purpose(check.get(), purpose);
    X509_STORE_CTX_set_flags(check.get(), X509_V_FLAG_PARTIAL_CHAIN);
    if (X509_verify_cert(check.get()) == 1) continue;
    const std::string why = why_not_believed(check.get());
    ERR_clear_error();
    return no_use(files.certificate,
                  fmt::format("by {} = {} it would not be believed: {}", files.authorities.name,
                              files.authorities.path, why));
  }
  return {};
}

WallTime end_of(const X509* certificate) {
  std::tm end{};
  ENSURE(ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) == 1, "a certificate without end");
  return WallTime(std::chrono::seconds(::timegm(&end)));
}

}  // namespace

struct Identity::Context {
  Owned<SSL_CTX> ssl;
};

Result<std::shared_ptr<const Identity>> Identity::load(const IdentityFiles& files,
                                                       std::uint64_t key_bytes) {
  ERR_clear_error();
  auto context = mutual_tls();
  TRY(const Certificates authorities, certificates_in(files.authorities));
  for (const auto& authority : authorities)
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.get());
  TRY(const Certificates own, certificates_in(files.certificate));
  if (SSL_CTX_use_certificate(context.get(), own.front().get()) != 1)
    return no_use(files.certificate, with_openssl_reason("it is no use"));
  for (std::size_t i = 1; i < own.size(); i++) SSL_CTX_add1_chain_cert(context.get(), own[i].get());
  TRY(const auto key, key_in(files.key));
  if (X509_check_private_key(own.front().get(), key.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    ERR_clear_error();
    return no_use(files.key, fmt::format("it is not the key of {} = {}", files.certificate.name,
                                         files.certificate.path));
  }
  TRY_VOID(check_chain(context.get(), own, files));
  return std::make_shared<const Identity>(std::make_unique<const Context>(std::move(context)),
                                          common_name(own.front().get()), end_of(own.front().get()),
                                          key_bytes);
}

Identity::Identity(std::unique_ptr<const Context> context, std::string name, WallTime expires,
                   std::uint64_t key_bytes)
    : context_(std::move(context)),
      name_(std::move(name)),
      expires_(expires),
      key_bytes_(key_bytes) {}

Identity::~Identity() = default;

std::unique_ptr<Connection> Identity::wrap(std::unique_ptr<Connection> plain, End end) const {
  Owned<SSL> ssl(SSL_new(context_->ssl.get()));
  ENSURE(ssl, "{}", with_openssl_reason("OpenSSL"));
  return std::make_unique<TlsConnection>(std::move(plain), std::move(ssl), end, key_bytes_);
}

}  // namespace ropewalk::env::tls
