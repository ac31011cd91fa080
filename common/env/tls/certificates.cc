#include "common/env/tls/certificates.h"

#include <array>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "common/env/tls/openssl.h"

namespace ropewalk::env::tls {
namespace {

constexpr long kSecondsBack = 3600;  // Clocks of other machines may be behind.
constexpr int kSerialBits = 127;

std::unexpected<Error> failed(std::string_view doing) {
  return fail(Errc::io_error, "{}", with_openssl_reason(doing));
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

Result<KeyPair> as_pem(X509* certificate, EVP_PKEY* key) {
  const Owned<BIO> first(BIO_new(BIO_s_mem()));
  const Owned<BIO> second(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(first.get(), certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(second.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return failed("writing PEM");
  return KeyPair{text_of(first.get()), text_of(second.get())};
}

Result<void> add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1)
    return failed("adding to a certificate");
  return {};
}

Result<void> number(X509* certificate) {
  const Owned<BIGNUM> serial(BN_new());
  if (!serial || BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) != 1 ||
      BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) == nullptr)
    return failed("numbering a certificate");
  return {};
}

Result<std::string> draw_mark() {
  std::array<unsigned char, 4> drawn{};
  if (RAND_bytes(drawn.data(), static_cast<int>(drawn.size())) != 1) return failed("drawing lots");
  return fmt::format("{:02x}", fmt::join(drawn, ""));
}

// Not signed yet, of no issuer.
Result<Owned<X509>> begin(EVP_PKEY* key, std::string_view common_name, int days) {
  Owned<X509> made(X509_new());
  if (!made) return failed("making a certificate");
  TRY_VOID(number(made.get()));
  X509_NAME* name = X509_get_subject_name(made.get());
  const auto* bytes = reinterpret_cast<const unsigned char*>(common_name.data());
  const bool fine = X509_set_version(made.get(), X509_VERSION_3) == 1 &&
                    X509_gmtime_adj(X509_getm_notBefore(made.get()), -kSecondsBack) != nullptr &&
                    X509_time_adj_ex(X509_getm_notAfter(made.get()), days, 0, nullptr) != nullptr &&
                    X509_set_pubkey(made.get(), key) == 1 &&
                    X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, bytes,
                                               static_cast<int>(common_name.size()), -1, 0) == 1;
  if (!fine) return failed("making a certificate");
  return made;
}

}  // namespace

Result<KeyPair> make_authority(std::string_view common_name, int days) {
  ERR_clear_error();
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (!key) return failed("making a key");
  TRY(const std::string mark, draw_mark());
  TRY(const auto made, begin(key.get(), fmt::format("{} {}", common_name, mark), days));
  X509* certificate = made.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  TRY_VOID(
      add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  TRY_VOID(add_extension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign"));
  TRY_VOID(add_extension(certificate, certificate, NID_subject_key_identifier, "hash"));
  if (X509_sign(certificate, key.get(), EVP_sha256()) == 0) return failed("signing");
  return as_pem(certificate, key.get());
}

Result<KeyPair> issue_certificate(const KeyPair& authority, std::string_view common_name,
                                  int days) {
  ERR_clear_error();
  const auto certificate_pem = reading(authority.certificate);
  const Owned<X509> issuer(PEM_read_bio_X509(certificate_pem.get(), nullptr, nullptr, nullptr));
  const auto signer = private_key(authority.key);
  if (!issuer || !signer || X509_check_private_key(issuer.get(), signer.get()) != 1)
    return fail(Errc::corrupt, "{}", with_openssl_reason("the authority's certificate and key"));
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  if (!key) return failed("making a key");
  TRY(const auto made, begin(key.get(), common_name, days));
  X509* certificate = made.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer.get()));
  TRY_VOID(add_extension(certificate, issuer.get(), NID_basic_constraints, "critical,CA:FALSE"));
  TRY_VOID(add_extension(certificate, issuer.get(), NID_key_usage, "critical,digitalSignature"));
  TRY_VOID(add_extension(certificate, issuer.get(), NID_ext_key_usage, "serverAuth,clientAuth"));
  TRY_VOID(add_extension(certificate, issuer.get(), NID_authority_key_identifier, "keyid"));
  if (X509_sign(certificate, signer.get(), EVP_sha256()) == 0) return failed("signing");
  return as_pem(certificate, key.get());
}

}  // namespace ropewalk::env::tls
