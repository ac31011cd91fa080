// Certificates for the brokers of one cluster, and the authority that signs them.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"

namespace ropewalk::env::tls {

// As PEM.
struct KeyPair {
  std::string certificate;
  std::string key;
};

// An authority of its own: nobody else's word counts. Its name gets a mark behind it, by which it
// is told from others. Errors: io_error (OpenSSL fails).
Result<KeyPair> make_authority(std::string_view common_name, int days);
// For either end of a connection. A negative number of days: one that has expired. Errors: corrupt
// (the authority's files are not what they should be), io_error.
Result<KeyPair> issue_certificate(const KeyPair& authority, std::string_view common_name, int days);

}  // namespace ropewalk::env::tls
