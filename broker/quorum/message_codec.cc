#include "broker/quorum/message_codec.h"

#include <utility>

#include "ropewalk/internal/quorum.pb.h"

namespace ropewalk::quorum {
namespace {

constexpr std::int64_t kIndexMax = std::int64_t{1} << 60;  // What follows can be counted.

std::unexpected<Error> malformed(const char* what) {
  return fail(Errc::malformed_frame, "a message of the metadata quorum: {}", what);
}

void put(internal::ReplicaKey& into, const ReplicaKey& key) {
  into.set_id(key.id.value());
  into.set_directory(key.directory.to_bytes());
}

void put(internal::LogEnd& into, const LogEnd& end) {
  into.set_index(end.index.value());
  into.set_term(end.term.value());
}

LogEnd get(const internal::LogEnd& from) { return {Offset(from.index()), Term(from.term())}; }

Result<ReplicaKey> get(const internal::ReplicaKey& from) {
  TRY(const Uuid directory, Uuid::from_bytes(from.directory()));
  return ReplicaKey{BrokerId(from.id()), DirectoryId(directory)};
}

void put(internal::QuorumMessage& into, const VoteRequest& body) {
  auto& request = *into.mutable_vote_request();
  request.set_pre(body.pre);
  request.set_transfer(body.transfer);
  put(*request.mutable_end(), body.end);
}

void put(internal::QuorumMessage& into, const VoteReply& body) {
  into.mutable_vote_reply()->set_pre(body.pre);
  into.mutable_vote_reply()->set_granted(body.granted);
}

void put(internal::QuorumMessage& into, const AppendRequest& body) {
  auto& request = *into.mutable_append_request();
  put(*request.mutable_prev(), body.prev);
  request.set_commit(body.commit.value());
  request.set_round(body.round);
  for (const Entry& entry : body.entries) {
    auto& added = *request.add_entries();
    added.set_term(entry.term.value());
    added.set_batch(entry.batch.data(), entry.batch.size());
  }
}

void put(internal::QuorumMessage& into, const AppendReply& body) {
  auto& reply = *into.mutable_append_reply();
  reply.set_rejected(body.rejected);
  reply.set_index(body.index.value());
  put(*reply.mutable_hint(), body.hint);
  reply.set_round(body.round);
}

void put(internal::QuorumMessage& into, const SnapshotOffer& body) {
  put(*into.mutable_snapshot_offer()->mutable_end(), body.end);
  into.mutable_snapshot_offer()->set_round(body.round);
}

void put(internal::QuorumMessage& into, const Fetch& body) {
  put(*into.mutable_fetch()->mutable_end(), body.end);
  into.mutable_fetch()->set_commit(body.commit.value());
}

void put(internal::QuorumMessage& into, const Elsewhere& body) {
  put(*into.mutable_elsewhere()->mutable_leader(), body.leader);
}

void put(internal::QuorumMessage& into, const TimeoutNow&) { into.mutable_timeout_now(); }

AppendRequest get(internal::AppendRequest& from) {
  AppendRequest request{
      .prev = get(from.prev()), .commit = Offset(from.commit()), .round = from.round()};
  Offset index = request.prev.index;
  for (auto& entry : *from.mutable_entries()) {
    index += 1;
    request.entries.push_back(
        {index, Term(entry.term()), SharedBytes(std::move(*entry.mutable_batch()))});
  }
  return request;
}

AppendReply get(const internal::AppendReply& from) {
  return {.rejected = from.rejected(),
          .index = Offset(from.index()),
          .hint = get(from.hint()),
          .round = from.round()};
}

Result<Body> get_body(internal::QuorumMessage& from) {
  using Case = internal::QuorumMessage::BodyCase;
  switch (from.body_case()) {
    case Case::kVoteRequest:
      return VoteRequest{.pre = from.vote_request().pre(),
                         .transfer = from.vote_request().transfer(),
                         .end = get(from.vote_request().end())};
    case Case::kVoteReply:
      return VoteReply{.pre = from.vote_reply().pre(), .granted = from.vote_reply().granted()};
    case Case::kAppendRequest:
      if (from.append_request().prev().index() > kIndexMax) return malformed("it is from far off");
      return get(*from.mutable_append_request());
    case Case::kAppendReply:
      return get(from.append_reply());
    case Case::kSnapshotOffer:
      return SnapshotOffer{get(from.snapshot_offer().end()), from.snapshot_offer().round()};
    case Case::kFetch:
      return Fetch{get(from.fetch().end()), Offset(from.fetch().commit())};
    case Case::kElsewhere: {
      TRY(const ReplicaKey leader, get(from.elsewhere().leader()));
      return Elsewhere{leader};
    }
    case Case::kTimeoutNow:
      return TimeoutNow{};
    case Case::BODY_NOT_SET:
      break;
  }
  return malformed("its kind is not known");
}

}  // namespace

SharedBytes encode_letter(const Message& message, const env::Endpoint& from) {
  internal::QuorumMessage letter;
  put(*letter.mutable_from(), message.from);
  put(*letter.mutable_to(), message.to);
  letter.mutable_listens()->set_host(from.host);
  letter.mutable_listens()->set_port(from.port);
  letter.set_term(message.term.value());
  std::visit([&](const auto& body) { put(letter, body); }, message.body);
  return SharedBytes(letter.SerializeAsString());
}

Result<QuorumLetter> decode_letter(ByteSpan bytes) {
  internal::QuorumMessage letter;
  if (!letter.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return malformed("it cannot be parsed");
  QuorumLetter result;
  auto from = get(letter.from());
  auto to = get(letter.to());
  if (!from || !to) return malformed("its ends have no directory ids");
  result.message.from = *from;
  result.message.to = *to;
  result.message.term = Term(letter.term());
  TRY(result.message.body, get_body(letter));
  if (!makes_sense(result.message)) return malformed("it contradicts itself");
  if (letter.listens().port() > UINT16_MAX) return malformed("its sender has no such port");
  result.from = {letter.listens().host(), static_cast<std::uint16_t>(letter.listens().port())};
  return result;
}

SharedBytes encode_question(const SnapshotPull::Question& question) {
  internal::QuorumSnapshotRequest request;
  put(*request.mutable_end(), question.end);
  request.set_position(question.position);
  return SharedBytes(request.SerializeAsString());
}

Result<SnapshotPull::Question> decode_question(ByteSpan bytes) {
  internal::QuorumSnapshotRequest request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return malformed("a question for a snapshot that cannot be parsed");
  return SnapshotPull::Question{{}, get(request.end()), request.position()};
}

SharedBytes encode_piece(const SnapshotPiece& piece) {
  internal::QuorumSnapshotResponse response;
  response.set_total_bytes(piece.total_bytes);
  response.set_piece(piece.bytes.data(), piece.bytes.size());
  return SharedBytes(response.SerializeAsString());
}

Result<SnapshotPiece> decode_piece(ByteSpan bytes) {
  internal::QuorumSnapshotResponse response;
  if (!response.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return malformed("a piece of a snapshot that cannot be parsed");
  return SnapshotPiece{response.total_bytes(), SharedBytes(std::move(*response.mutable_piece()))};
}

}  // namespace ropewalk::quorum
