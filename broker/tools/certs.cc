#include "broker/tools/certs.h"

#include <algorithm>

#include <fmt/format.h>

#include "broker/security/broker_certificate.h"
#include "common/env/tls/certificates.h"
#include "common/env/tls/pem_file.h"

namespace ropewalk::tools {
namespace {

using env::tls::KeyPair;

// The authority outlives what it signs.
constexpr int kTimesAsLong = 10;

std::string in(const std::string& directory, std::string_view name) {
  return fmt::format("{}/{}", directory, name);
}

Result<void> write_pair(const std::string& directory, const std::string& name, const KeyPair& pair,
                        const std::function<void(std::string_view)>& print) {
  // The key first: a certificate that is there has its key.
  TRY_VOID(env::tls::write_private_file(in(directory, name + ".key"), pair.key));
  TRY_VOID(env::tls::write_private_file(in(directory, name + ".crt"), pair.certificate));
  print(fmt::format("made {0}.crt and {0}.key", in(directory, name)));
  return {};
}

Result<KeyPair> authority_in(const MakeCertificates& command,
                             const std::function<void(std::string_view)>& print) {
  const env::tls::NamedFile certificate{"the authority's certificate",
                                        in(command.directory, "ca.crt")};
  const env::tls::NamedFile key{"the authority's key", in(command.directory, "ca.key")};
  const bool has_certificate = env::tls::exists(certificate.path);
  const bool has_key = env::tls::exists(key.path);
  if (has_certificate != has_key)
    return fail(Errc::not_found, "{} has {} without {}: both belong together", command.directory,
                has_key ? "ca.key" : "ca.crt", has_key ? "ca.crt" : "ca.key");
  if (!has_key) {
    const int days = std::min(command.days * kTimesAsLong, kCertificateDaysMax);
    TRY(const KeyPair made, env::tls::make_authority("Ropewalk authority", days));
    TRY_VOID(write_pair(command.directory, "ca", made, print));
    return made;
  }
  KeyPair there;
  TRY(there.certificate, env::tls::read_certificates(certificate));
  TRY(there.key, env::tls::read_key(key));
  return there;
}

}  // namespace

Result<void> make_certificates(const MakeCertificates& command,
                               const std::function<void(std::string_view)>& print) {
  TRY_VOID(env::tls::make_directory(command.directory));
  TRY(const KeyPair authority, authority_in(command, print));
  for (const BrokerId broker : command.brokers) {
    const std::string name = security::certificate_name(broker);
    TRY(const KeyPair pair, env::tls::issue_certificate(authority, name, command.days));
    TRY_VOID(write_pair(command.directory, name, pair, print));
  }
  return {};
}

}  // namespace ropewalk::tools
