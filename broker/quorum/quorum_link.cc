#include "broker/quorum/quorum_link.h"

#include <utility>

#include "broker/quorum/message_codec.h"
#include "ropewalk/internal/peer.pb.h"

namespace ropewalk::quorum {
namespace {

rpc::PeerAddress address_of(const ReplicaKey& key, const env::Endpoint& at) {
  if (key.id == kNoBroker) return {kNoBroker, std::nullopt, at};
  return {key.id, key.directory, at};
}

}  // namespace

QuorumLink::QuorumLink(env::Environment& environment, rpc::PeerLinks& links)
    : environment_(environment),
      links_(links),
      self_(std::make_shared<QuorumLink*>(this)),
      tasks_(environment.control_core()) {}

QuorumLink::~QuorumLink() = default;

void QuorumLink::register_at(rpc::PeerDispatcher& dispatcher) {
  const std::weak_ptr weak(self_);
  env::Core& control = environment_.control_core();
  dispatcher.on_message(internal::QUORUM_MESSAGE, [weak, &control](rpc::PeerRequest request) {
    control.post([weak, request = std::move(request)] {
      if (const auto self = weak.lock()) (*self)->letter_came(request);
    });
  });
  dispatcher.on_request(
      internal::QUORUM_SNAPSHOT, [weak, &control](rpc::PeerRequest request, rpc::PeerReply reply) {
        control.post([weak, request = std::move(request), reply = std::move(reply)]() mutable {
          if (const auto self = weak.lock())
            (*self)->question_came(std::move(request), std::move(reply));
        });
      });
}

Task<void> QuorumLink::stop() {
  quorum_ = nullptr;
  co_await tasks_.stop();
}

void QuorumLink::send(const env::Endpoint& at, const Message& message) {
  links_.send(address_of(message.to, at), internal::QUORUM_MESSAGE,
              encode_letter(message, listens_));
}

Task<Result<SnapshotPiece>> QuorumLink::ask_for_piece(env::Endpoint at,
                                                      SnapshotPull::Question question,
                                                      env::MonotonicTime deadline) {
  CO_TRY(const SharedBytes piece,
         co_await links_.call(address_of(question.leader, at), internal::QUORUM_SNAPSHOT,
                              encode_question(question), deadline));
  co_return decode_piece(piece.span());
}

void QuorumLink::letter_came(const rpc::PeerRequest& request) {
  if (!quorum_) return;
  const ReplicaKey sender{request.peer.broker, request.peer.directory};
  auto letter = decode_letter(request.body.span());
  if (letter && letter->message.from != sender)
    letter = fail(Errc::wrong_owner, "it says that it is from broker {}", letter->message.from.id);
  if (!letter) {
    bad_letters_.warn(environment_.now().time_since_epoch(),
                      "a letter of broker {} about the metadata log is not read: {}", sender.id,
                      letter.error());
    return;
  }
  quorum_->receive(std::move(letter->message), std::move(letter->from));
}

void QuorumLink::question_came(rpc::PeerRequest request, rpc::PeerReply reply) {
  if (!quorum_) return;  // Says that it is not there.
  tasks_.spawn("quorum: piece for another", answer(*quorum_, request.body, std::move(reply)));
}

Task<void> QuorumLink::answer(RaftQuorum& quorum, SharedBytes question, rpc::PeerReply reply) {
  const auto asked = decode_question(question.span());
  if (!asked) {
    reply(fail(asked.error()));
    co_return;
  }
  auto piece = co_await quorum.piece_of_snapshot(asked->end, asked->position);
  if (piece)
    reply(encode_piece(*piece));
  else
    reply(fail(piece.error()));
}

}  // namespace ropewalk::quorum
