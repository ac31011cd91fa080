// The metadata log's replicas over `broker_listen`: letters out through PeerLinks, in through the
// PeerDispatcher.
//
// A letter is believed only if it comes from the replica that it names (invariant 11): the
// connection has said which broker and directory is there, of which cluster. On the control core,
// but for register_at().
#pragma once

#include <memory>
#include <utility>

#include "broker/quorum/quorum_transport.h"
#include "broker/quorum/raft_quorum.h"
#include "broker/rpc/peer_dispatcher.h"
#include "broker/rpc/peer_links.h"
#include "common/env/environment.h"
#include "common/env/task_group.h"
#include "common/log.h"

namespace ropewalk::quorum {

class QuorumLink final : public QuorumTransport {
 public:
  // `links` outlives it and belongs to the control core.
  QuorumLink(env::Environment& environment, rpc::PeerLinks& links);
  ~QuorumLink() override;

  // Before the dispatcher's sessions(). What comes before begin() is dropped.
  void register_at(rpc::PeerDispatcher& dispatcher);
  // From now on `quorum` is told what comes, until stop(), and others that this broker is reached
  // at `listens`.
  void begin(RaftQuorum& quorum, env::Endpoint listens) {
    quorum_ = &quorum;
    listens_ = std::move(listens);
  }
  Task<void> stop();

  void send(const env::Endpoint& at, const Message& message) override;
  Task<Result<SnapshotPiece>> ask_for_piece(env::Endpoint at, SnapshotPull::Question question,
                                            env::MonotonicTime deadline) override;

 private:
  void letter_came(const rpc::PeerRequest& request);
  void question_came(rpc::PeerRequest request, rpc::PeerReply reply);
  static Task<void> answer(RaftQuorum& quorum, SharedBytes question, rpc::PeerReply reply);

  env::Environment& environment_;
  rpc::PeerLinks& links_;
  env::Endpoint listens_;
  RaftQuorum* quorum_ = nullptr;
  LogLimit bad_letters_;
  std::shared_ptr<QuorumLink*> self_;  // What jobs from other cores hold, weakly.
  env::TaskGroup tasks_;
};

}  // namespace ropewalk::quorum
