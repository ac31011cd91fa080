// Whoever is to be reached at one address: connects when something is to be sent, connects anew
// when a connection breaks, waits longer and longer between attempts that fail.
//
// On one core. Held by shared_ptr: by its PeerLinks, its tasks and those who call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "broker/rpc/peer_channel.h"
#include "broker/rpc/peer_links.h"
#include "broker/rpc/receive_slab.h"
#include "common/env/event.h"
#include "common/log.h"
#include "ropewalk/v1/header.pb.h"

namespace ropewalk::rpc {

// What the links of a core share.
struct PeerLinkShared {
  PeerLinkShared(env::Environment& in, env::Core& on, const PeerIdentity& who, PeerLinkOptions with,
                 env::TaskGroup& group)
      : environment(in),
        core(on),
        self(who),
        options(std::move(with)),
        tasks(group),
        budget(std::make_shared<FrameBudget>(options.answer_bytes_max)) {}

  env::Environment& environment;
  env::Core& core;
  const PeerIdentity self;
  const PeerLinkOptions options;
  env::TaskGroup& tasks;
  const std::shared_ptr<FrameBudget> budget;
  ReceiveSlab slab;
  PeerLinkCounts counts;
  LogLimit strangers;  // Whoever is there is not who should be.
};

class PeerLink : public std::enable_shared_from_this<PeerLink> {
 public:
  // `shared` outlives its task and those who call.
  PeerLink(PeerLinkShared& shared, PeerAddress to);
  // Its task. It ends with the group, or after retire().
  static Task<void> run(std::shared_ptr<PeerLink> self);

  void connect() { wanted_.set(); }
  // False: dropped.
  bool send(std::int32_t api_key, SharedBytes body);
  static Task<Result<SharedBytes>> call(std::shared_ptr<PeerLink> self, std::int32_t api_key,
                                        SharedBytes body, env::MonotonicTime deadline);

  // Neither connected nor about to be.
  bool is_idle() const;
  // Ends it for good.
  void retire();

 private:
  using CallPtr = std::shared_ptr<PeerCall>;
  using ChannelPtr = std::shared_ptr<PeerChannel>;
  struct Outgoing {
    std::int32_t api_key = 0;
    SharedBytes body;
    CallPtr call;  // Null: a message.
    env::MonotonicTime deadline{};
  };
  struct Turn {
    std::vector<env::Chunk> chunks;
    std::size_t unsent_bytes = 0;
  };

  static Task<Error> serve_one_connection(std::shared_ptr<PeerLink> self);
  static Task<void> read_answers(std::shared_ptr<PeerLink> self, ChannelPtr channel);
  static Task<void> write_requests(std::shared_ptr<PeerLink> self, ChannelPtr channel);

  Result<void> check_room(std::size_t body_bytes) const;
  void enqueue(Outgoing outgoing);
  void greet(PeerChannel& channel, Turn& turn);
  Turn take_turn(PeerChannel& channel);
  void add_ping(PeerChannel& channel, Turn& turn);
  void expect_a_word(PeerChannel& channel);
  void read_some(const ChannelPtr& channel);
  Result<void> take_answer(const ChannelPtr& channel, const SharedBytes& frame);
  Result<void> take_hello(const ChannelPtr& channel, const SharedBytes& body);
  void connection_ended(const Error& why);
  void attempt_failed(const Error& why);
  void drop_waiting(const Error& why);
  v1::RequestHeader header_of(std::int32_t api_key, std::int64_t correlation_id,
                              env::MonotonicTime deadline) const;

  PeerLinkShared& shared_;
  const PeerAddress to_;
  std::deque<Outgoing> waiting_;
  std::size_t unsent_bytes_ = 0;  // Of these, and of those that are being written.
  std::size_t calls_ = 0;         // That wait for an answer.
  env::Event wanted_;             // A connection is.
  ChannelPtr channel_;            // Once the hellos were exchanged, until it ends.
  std::optional<PeerIdentity> met_;
  env::MonotonicTime attempt_began_{};
  env::MonotonicTime next_attempt_{};
  env::MonotonicTime connected_at_{};
  unsigned failures_ = 0;        // Attempts in a row that came to nothing.
  unsigned broken_at_once_ = 0;  // Connections in a row.
  unsigned second_looks_ = 0;    // That are left until somebody wants something.
  bool retired_ = false;
};

}  // namespace ropewalk::rpc
