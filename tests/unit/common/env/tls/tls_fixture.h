// Authorities, certificates, and the two ends of an encrypted connection on real sockets.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/env/tls/certificates.h"
#include "common/env/tls/identity.h"
#include "common/env/tls/openssl.h"
#include "tests/unit/common/env/real/real_fixture.h"

namespace ropewalk::env::tls {

class TlsTest : public RealTest {
 protected:
  // A file with these bytes, for its owner only.
  NamedFile file(std::string name, const std::string& content) {
    if (directory_.empty()) directory_ = temporary_directory();
    NamedFile made{name, fmt::format("{}/{}-{}", directory_, ++files_, name)};
    std::ofstream(made.path, std::ios::binary) << content;
    std::filesystem::permissions(
        made.path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    return made;
  }
  const KeyPair& authority(const std::string& name) {
    if (!authorities_.contains(name)) authorities_[name] = *make_authority(name, 10);
    return authorities_[name];
  }
  KeyPair certificate(const std::string& by, const std::string& name, int days = 1) {
    auto made = issue_certificate(authority(by), name, days);
    EXPECT_TRUE(made) << to_string(made.error());
    return made ? *made : KeyPair();
  }
  IdentityFiles files_of(const KeyPair& own, const std::string& believes) {
    return {file("cert", own.certificate), file("key", own.key), file("ca", believes)};
  }
  // Signed by `by`, believes `believes`.
  std::shared_ptr<const Identity> identity(const std::string& name, const std::string& by = "ours",
                                           const std::string& believes = "ours",
                                           std::uint64_t key_bytes = Identity::kKeyBytes) {
    // Whom it believes need not be who signed its own: the others decide on that.
    const std::string both = authority(believes).certificate +
                             (by == believes ? std::string() : authority(by).certificate);
    auto made = Identity::load(files_of(certificate(by, name), both), key_bytes);
    EXPECT_TRUE(made) << to_string(made.error());
    return made ? *made : nullptr;
  }

  struct Pair {
    std::unique_ptr<Listener> listener;
    std::unique_ptr<Connection> client;  // On core 0.
    std::unique_ptr<Connection> server;  // On core 1.
  };
  // Null: in the clear.
  Pair connect(std::shared_ptr<const TlsIdentity> client,
               std::shared_ptr<const TlsIdentity> server) {
    Pair pair;
    ConnectionOptions here, there;
    here.tls = std::move(client);
    there.tls = std::move(server);
    run([&] { return make_pair(pair, here, there); });
    return pair;
  }

 private:
  Task<void> make_pair(Pair& pair, ConnectionOptions client, ConnectionOptions server) {
    auto listener = co_await env().network().listen(Endpoint{"127.0.0.1", 0}, std::move(server));
    if (!listener) {
      ADD_FAILURE() << to_string(listener.error());
      co_return;
    }
    pair.listener = std::move(*listener);
    auto connected = co_await env().network().connect(pair.listener->local(), in(kLong), client);
    auto accepted = co_await pair.listener->accept(env().core(1));
    if (!connected || !accepted) {
      ADD_FAILURE() << "no connection";
      co_return;
    }
    pair.client = std::move(*connected);
    pair.server = std::move(*accepted);
  }

  std::string directory_;
  int files_ = 0;
  std::map<std::string, KeyPair> authorities_;
};

}  // namespace ropewalk::env::tls
