// What this process proves who it is by, and whom it believes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/env/network.h"
#include "common/env/time.h"
#include "common/env/tls/pem_file.h"
#include "common/error.h"

namespace ropewalk::env::tls {

struct IdentityFiles {    // PEM.
  NamedFile certificate;  // With those between it and the authority behind it, if there are any.
  NamedFile key;
  NamedFile authorities;  // Who signs those that are believed; several while one follows another.
};

class Identity final : public TlsIdentity {
 public:
  // After so many bytes a key is replaced by the next one: AES-GCM is safe for some hundreds of GB.
  static constexpr std::uint64_t kKeyBytes = std::uint64_t{64} << 30;

  // Also what the other ends would find wrong is found here. Errors: invalid_setting (which file is
  // no use, and why).
  static Result<std::shared_ptr<const Identity>> load(const IdentityFiles& files,
                                                      std::uint64_t key_bytes = kKeyBytes);

  struct Context;  // OpenSSL's.
  Identity(std::unique_ptr<const Context> context, std::string name, WallTime expires,
           std::uint64_t key_bytes);
  ~Identity() override;

  // The common name of the own certificate, and when that ends.
  const std::string& name() const { return name_; }
  WallTime expires() const { return expires_; }

  std::unique_ptr<Connection> wrap(std::unique_ptr<Connection> plain, End end) const override;

 private:
  const std::unique_ptr<const Context> context_;
  const std::string name_;
  const WallTime expires_;
  const std::uint64_t key_bytes_;
};

}  // namespace ropewalk::env::tls
