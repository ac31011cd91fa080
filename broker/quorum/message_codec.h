// Messages of the metadata log's replicas, as bytes (proto/ropewalk/internal/quorum.proto).
#pragma once

#include "broker/quorum/quorum_transport.h"
#include "broker/quorum/raft/message.h"
#include "common/bytes.h"
#include "common/env/network.h"
#include "common/error.h"

namespace ropewalk::quorum {

struct QuorumLetter {
  Message message;
  env::Endpoint from;  // Where its sender listens.
};

SharedBytes encode_letter(const Message& message, const env::Endpoint& from);
// Errors: malformed_frame; a message that makes no sense is one.
Result<QuorumLetter> decode_letter(ByteSpan bytes);

SharedBytes encode_question(const SnapshotPull::Question& question);
Result<SnapshotPull::Question> decode_question(ByteSpan bytes);
SharedBytes encode_piece(const SnapshotPiece& piece);
Result<SnapshotPiece> decode_piece(ByteSpan bytes);

}  // namespace ropewalk::quorum
