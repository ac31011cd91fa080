// The fetch sessions of one core (KIP-227): they spare clients with many partitions from naming all
// of them with each fetch.
//
// Pure, used on its core only; so a session is known on the core of the connection that began it
// and on no other: a client that comes back on another core begins anew. How many there are and
// what they hold is limited; where a limit is met, a new session takes the place of one that nobody
// used for kIdleMax, or of a smaller one as old as that. A client whose session went so is told
// with the next answer, or as one whose session is unknown.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "broker/security/request_context.h"
#include "broker/service/fetch_request.h"
#include "broker/service/fetch_session.h"
#include "common/env/random.h"
#include "common/env/time.h"
#include "common/error.h"

namespace ropewalk::service {

class FetchSessions {
 public:
  static constexpr std::chrono::minutes kIdleMax{2};

  struct Options {
    std::size_t sessions_max = 1000;  // 0: none.
    std::size_t bytes_max = 64u << 20;
    // Which one of how many cores: no two of them give the same id.
    std::size_t core = 0;
    std::size_t cores = 1;
  };
  FetchSessions(Options options, env::Random random);

  // How a request goes on.
  struct Turn {
    // To be read, in this order. In a session: those that are not quiet. Those that move meanwhile
    // come behind.
    std::vector<SlottedPartition> partitions;
    bool wants_session = false;
    std::int32_t session_id = 0;  // The one that it goes on with; 0: none.
    std::int32_t next_epoch = 0;  // Of that session, while no other request of it has come.
    // Slots of the session that became free, or are another partition's now: their watches end.
    std::vector<std::uint32_t> forgotten;
    // How the session's last request ended is not known: all of its watches end.
    bool watches_anew = false;
    std::vector<std::uint32_t> quiet;  // For end(): those that had nothing, and are watched.
  };
  // Takes the partitions out of the request. Errors: fetch_session_id_not_found (there is none of
  // this caller), invalid_fetch_session_epoch (not the next one). Kafka has one more, 106, for
  // sessions whose requests name topics by name and by id in turn: Fetch has ids from version 13
  // on, which is not served; natively a topic under its id is another partition of the session.
  Result<Turn> begin(const std::shared_ptr<const security::Caller>& caller, FetchRequest& request,
                     env::MonotonicTime now);
  // The request was served: begins the session that it wants, or leaves of the results what is news
  // in the one that it goes on with. Sets what the client is told of its session. An error:
  // invalid_fetch_session_epoch (the session's next request has overtaken this one).
  void end(const std::shared_ptr<const security::Caller>& caller, Turn turn,
           FetchResponse& response, env::MonotonicTime now);

  // Something moved in a partition that was quiet; as FetchSession says.
  std::optional<SlottedPartition> moved(std::int32_t session_id, std::uint32_t slot);
  std::vector<SlottedPartition> wake_all(std::int32_t session_id);
  // The sessions that ended since the last call: their watches end.
  std::vector<std::int32_t> take_ended() { return std::exchange(ended_, {}); }

  std::size_t count() const { return by_id_.size(); }
  std::size_t partitions() const { return partitions_; }
  std::size_t bytes() const { return bytes_; }
  std::uint64_t evicted() const { return evicted_; }

 private:
  struct Held {
    std::int32_t id = 0;
    std::int32_t next_epoch = 1;
    std::shared_ptr<const security::Caller> caller;
    env::MonotonicTime created{};
    env::MonotonicTime used{};
    bool in_turn = false;  // A request of it has begun and not ended in order.
    FetchSession session;
  };
  using ByUse = std::list<Held>;

  Held* find(const security::Caller& caller, std::int32_t id);
  Result<Turn> go_on(const security::Caller& caller, FetchRequest& request, env::MonotonicTime now);
  std::int32_t begin_session(const std::shared_ptr<const security::Caller>& caller,
                             std::vector<SlottedPartition> partitions,
                             const std::vector<FetchResult>& told, env::MonotonicTime now);
  bool make_room(std::size_t partitions, std::size_t bytes, env::MonotonicTime now);
  bool evict_idle(env::MonotonicTime now);
  bool evict_smaller_than(std::size_t partitions, env::MonotonicTime now);
  void evict(ByUse::iterator held);
  void remove(ByUse::iterator held);
  void touch(Held& held, env::MonotonicTime now);
  void resized(std::size_t partitions_before, std::size_t bytes_before,
               const FetchSession& session);
  std::int32_t new_id();

  const Options options_;
  env::Random random_;
  ByUse by_use_;  // The one that was used longest ago first.
  std::unordered_map<std::int32_t, ByUse::iterator> by_id_;
  std::size_t partitions_ = 0;
  std::size_t bytes_ = 0;
  std::uint64_t evicted_ = 0;
  std::vector<std::int32_t> ended_;
};

}  // namespace ropewalk::service
