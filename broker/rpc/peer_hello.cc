#include "broker/rpc/peer_hello.h"

#include <string>

#include "common/version.h"
#include "common/wire/frame.h"

namespace ropewalk::rpc {
namespace {

template <class Id>
Result<Id> read_id(const std::string& raw, const char* whose) {
  const auto id = Uuid::from_bytes(raw);
  if (!id || id->is_none())
    return fail(Errc::malformed_frame, "a hello with {} bytes for the id of the {}", raw.size(),
                whose);
  return Id(*id);
}

Result<PeerIdentity> read_identity(ByteSpan bytes, internal::PeerHello& hello,
                                   const PeerIdentity& self) {
  TRY_VOID(wire::parse(bytes, hello));
  if (hello.version() != kPeerVersion)
    return fail(Errc::unsupported_version,
                "version {} of the conversation between brokers; broker {} speaks {} only",
                hello.version(), self.broker, kPeerVersion);
  PeerIdentity identity;
  TRY(identity.cluster, read_id<ClusterId>(hello.cluster(), "cluster"));
  TRY(identity.directory, read_id<DirectoryId>(hello.directory(), "directory"));
  TRY(identity.incarnation, read_id<IncarnationId>(hello.incarnation(), "incarnation"));
  identity.broker = BrokerId(hello.broker());
  if (identity.broker.value() < 0)
    return fail(Errc::malformed_frame, "a hello of broker {}", identity.broker);
  if (identity.cluster != self.cluster)
    return fail(Errc::inconsistent_cluster_id, "broker {} belongs to cluster {}, broker {} to {}",
                self.broker, self.cluster, identity.broker, identity.cluster);
  return identity;
}

Result<void> check_who_is_there(const PeerIdentity& there, const PeerAddress& expected) {
  if (expected.broker != kNoBroker && expected.broker != there.broker)
    return fail(Errc::wrong_owner, "this is broker {}, not {}", there.broker, expected.broker);
  if (expected.directory && *expected.directory != there.directory)
    return fail(Errc::wrong_owner, "broker {} has the data directory {}, not {}", there.broker,
                there.directory, *expected.directory);
  return {};
}

}  // namespace

internal::PeerHello hello_of(const PeerIdentity& self) {
  internal::PeerHello hello;
  hello.set_version(kPeerVersion);
  hello.set_cluster(self.cluster.to_bytes());
  hello.set_broker(self.broker.value());
  hello.set_directory(self.directory.to_bytes());
  hello.set_incarnation(self.incarnation.to_bytes());
  hello.set_software_version(std::string(version()));
  return hello;
}

internal::PeerHello hello_to(const PeerAddress& to, const PeerIdentity& self) {
  internal::PeerHello hello = hello_of(self);
  if (to.broker != kNoBroker) hello.set_expected_broker(to.broker.value());
  if (to.directory) hello.set_expected_directory(to.directory->to_bytes());
  return hello;
}

Result<PeerIdentity> admit_caller(ByteSpan bytes, const PeerIdentity& self) {
  internal::PeerHello hello;
  TRY(const PeerIdentity caller, read_identity(bytes, hello, self));
  PeerAddress expected;
  if (hello.has_expected_broker()) expected.broker = BrokerId(hello.expected_broker());
  if (!hello.expected_directory().empty()) {
    TRY(expected.directory, read_id<DirectoryId>(hello.expected_directory(), "expected directory"));
  }
  TRY_VOID(check_who_is_there(self, expected));
  return caller;
}

Result<PeerIdentity> admit_called(ByteSpan bytes, const PeerIdentity& self, const PeerAddress& to) {
  internal::PeerHello hello;
  TRY(const PeerIdentity called, read_identity(bytes, hello, self));
  TRY_VOID(check_who_is_there(called, to));
  return called;
}

}  // namespace ropewalk::rpc
