// How two brokers find out whether they mean each other. Pure.
#pragma once

#include <cstdint>

#include "broker/rpc/peer_identity.h"
#include "common/bytes.h"
#include "common/error.h"
#include "ropewalk/internal/peer.pb.h"

namespace ropewalk::rpc {

// Of the conversation, and of its apis.
inline constexpr std::int32_t kPeerVersion = 1;

internal::PeerHello hello_of(const PeerIdentity& self);
// The same to somebody in particular.
internal::PeerHello hello_to(const PeerAddress& to, const PeerIdentity& self);

// What the called broker makes of a hello: who calls. Errors: malformed_frame, unsupported_version,
// inconsistent_cluster_id, wrong_owner (the caller wants another broker or directory).
Result<PeerIdentity> admit_caller(ByteSpan hello, const PeerIdentity& self);
// And the caller of the answer: who is there. Errors: the same.
Result<PeerIdentity> admit_called(ByteSpan hello, const PeerIdentity& self, const PeerAddress& to);

}  // namespace ropewalk::rpc
