// One connection to one broker: connects, negotiates, sends requests, matches replies.
//
// On the client's core only. Held by shared_ptr: its tasks (in the client's group) and its callers
// keep it. Once closed it stays closed; the shell makes another.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/src/core/request_meter.h"
#include "common/bytes.h"
#include "common/env/environment.h"
#include "common/env/event.h"
#include "common/env/network.h"
#include "common/env/task_group.h"
#include "common/error.h"
#include "common/wire/conversation.h"
#include "common/wire/correlation.h"
#include "common/wire/frame.h"

namespace ropewalk::client {

// What all links of a client share.
class Link;

struct LinkContext {
  env::Environment& environment;
  env::Core& core;
  env::TaskGroup& tasks;
  ClientMeter& meter;
  std::string client_id;
  env::Duration connect_timeout{};
  std::string cluster_id;            // As the first broker said; others must agree.
  std::int64_t metadata_offset = 0;  // The largest that was seen.
  std::uint64_t links_made = 0;
  // A broker owes an answer and nothing came from it for a while; told again as long as it is so.
  std::function<void(Link&)> on_silence;
};

// How long the answer to a request may take.
struct Patience {
  env::MonotonicTime deadline{};
  env::Duration held{};  // The broker may hold it back for so long, as it was asked to.
  // Whether the link closes at the deadline. It should, unless another broker is asked next.
  bool closes_link = true;
  // Where given, asked while the broker is silent: whether others have taken over what it was asked
  // for. The link closes then.
  std::function<bool()> moved = {};
};

class Link {
 public:
  // A broker that owes an answer and says nothing for so long is looked after elsewhere.
  static constexpr env::Duration kSilence = std::chrono::milliseconds(400);
  // Makes the whole frame (with its length) for that header, in pieces.
  using Encode = std::function<std::vector<SharedBytes>(const v1::RequestHeader&)>;

  // `context` outlives the link's tasks.
  Link(LinkContext& context, env::Endpoint to);
  static void start(const std::shared_ptr<Link>& self);

  const env::Endpoint& endpoint() const { return to_; }
  std::uint64_t number() const { return number_; }  // No other link of the client has it.
  bool closed() const { return closed_; }
  env::MonotonicTime heard() const { return heard_; }  // When something came last.
  void close(const Error& why);

  // Returns when the broker has negotiated. Errors: those of connecting and negotiating,
  // request_timed_out, cancelled.
  static Task<Result<void>> wait_open(std::shared_ptr<Link> self, env::MonotonicTime deadline);

  // Sends a request and waits for its reply. Requests leave in the order of these calls, whatever
  // they had to wait for before. Errors: those of wait_open(), the broker's for the
  // request as a whole, closed or request_timed_out (the link closes then: whether the request was
  // carried out is not known) unless patience says otherwise, cancelled. `answered`, where given,
  // becomes true when the broker replied or the request was never sent.
  static Task<Result<wire::ResponseFrame>> call(std::shared_ptr<Link> self, v1::ApiKey api,
                                                Encode encode, Patience patience,
                                                std::shared_ptr<bool> answered);
  // Sends a request that has no reply, in the order of calls like the others; returns when it is
  // written.
  static Task<Result<void>> send(std::shared_ptr<Link> self, v1::ApiKey api, Encode encode,
                                 env::MonotonicTime deadline);

 private:
  struct Call {
    explicit Call(env::Core& core) : done(core) {}
    env::Event done;
    std::optional<Result<wire::ResponseFrame>> result;
  };
  using CallPtr = std::shared_ptr<Call>;
  // Of a request in the line of those that cannot leave yet; given up when it ends.
  class Place {
   public:
    explicit Place(Link& link) : turn(link.context_.core), link_(link) {
      link_.line_.push_back(this);
      link_.let_first_go();
    }
    ~Place() {
      std::erase(link_.line_, this);
      link_.let_first_go();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    env::Event turn;  // It is the first, and the broker has negotiated.

   private:
    Link& link_;
  };
  struct Outgoing {
    std::vector<SharedBytes> pieces;
    CallPtr written;  // May be null.
  };

  static Task<void> run(std::shared_ptr<Link> self);
  static Task<void> read_loop(std::shared_ptr<Link> self);
  static Task<void> write_loop(std::shared_ptr<Link> self);
  static Task<Result<void>> negotiate(std::shared_ptr<Link> self);
  static Task<Result<wire::ResponseFrame>> await_reply(std::shared_ptr<Link> self, CallPtr call,
                                                       Patience patience);
  // Waits until the request of who calls may leave: who calls first goes on first.
  static Task<Result<void>> wait_turn(std::shared_ptr<Link> self, env::MonotonicTime deadline);
  // Waits for the event and tells of silence meanwhile.
  static Task<Result<void>> listen_for(std::shared_ptr<Link> self, env::Event& event,
                                       Patience patience);

  void let_first_go();
  v1::RequestHeader header_for(v1::ApiKey api, std::int32_t version, env::MonotonicTime deadline);
  std::unexpected<Error> within_negotiation(Error error) const;
  void enqueue(Outgoing outgoing);
  void count_answer(const Result<wire::ResponseFrame>& reply, env::MonotonicTime began);
  Result<void> take_reply(const SharedBytes& frame);

  LinkContext& context_;
  const env::Endpoint to_;
  const std::uint64_t number_;
  std::unique_ptr<env::Connection> connection_;
  wire::ClientConversation conversation_;
  wire::CorrelationTable<CallPtr> calls_;
  std::deque<Outgoing> outgoing_;
  env::Event opened_;  // Negotiated, or closed.
  std::deque<Place*> line_;
  env::Event to_write_;               // Something is outgoing, or closed.
  env::MonotonicTime quiet_until_{};  // The broker asked for it: a quota is used up.
  env::MonotonicTime heard_{};
  bool closed_ = false;
  Error why_closed_;
};

}  // namespace ropewalk::client
