#include "common/env/tls/openssl.h"

#include <array>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace ropewalk::env::tls {
namespace {

constexpr std::size_t kCommonNameMax = 256;

std::string common_name_in(const X509_NAME* name) {
  std::array<char, kCommonNameMax> text{};
  const int length =
      X509_NAME_get_text_by_NID(name, NID_commonName, text.data(), static_cast<int>(text.size()));
  return length <= 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(length));
}

}  // namespace

std::string with_openssl_reason(std::string_view what) {
  std::string reason(what);
  while (const unsigned long code = ERR_get_error()) {
    const char* words = ERR_reason_error_string(code);
    reason += words == nullptr ? fmt::format(": error {}", code) : fmt::format(": {}", words);
  }
  return reason;
}

Owned<BIO> reading(std::string_view bytes) {
  return Owned<BIO>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

Owned<EVP_PKEY> private_key(std::string_view pem) {
  const auto ask_nobody = [](char*, int, int, void*) { return -1; };
  const auto from = reading(pem);
  return Owned<EVP_PKEY>(PEM_read_bio_PrivateKey(from.get(), nullptr, ask_nobody, nullptr));
}

std::string common_name(const X509* certificate) {
  return common_name_in(X509_get_subject_name(certificate));
}

std::string issuer_name(const X509* certificate) {
  return common_name_in(X509_get_issuer_name(certificate));
}

std::string why_not_believed(X509_STORE_CTX* check) {
  const X509* certificate = X509_STORE_CTX_get0_cert(check);
  const char* why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(check));
  if (certificate == nullptr) return why;
  return fmt::format("the certificate of '{}' that '{}' has signed: {}", common_name(certificate),
                     issuer_name(certificate), why);
}

}  // namespace ropewalk::env::tls
