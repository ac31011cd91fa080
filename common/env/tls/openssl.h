// What OpenSSL's objects need to be owned here, and its errors as words.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "common/bytes.h"

namespace ropewalk::env::tls {

struct OpensslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_STORE_CTX* check) const { X509_STORE_CTX_free(check); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};
template <class T>
using Owned = std::unique_ptr<T, OpensslDeleter>;

// "what: the reason", with what OpenSSL has noted on this thread, which forgets it.
std::string with_openssl_reason(std::string_view what);

// To be read by OpenSSL. `bytes` outlive it.
Owned<BIO> reading(std::string_view bytes);

// Null if there is none, or one that wants a passphrase: nobody is asked for it.
Owned<EVP_PKEY> private_key(std::string_view pem);

// The common name of whom a certificate is for.
std::string common_name(const X509* certificate);
// The same of who signed it.
std::string issuer_name(const X509* certificate);

// Which certificate is not believed, and why. Pre: the check has failed.
std::string why_not_believed(X509_STORE_CTX* check);

}  // namespace ropewalk::env::tls
