// One accepted connection: reads frames for its session, writes what the outbox holds.
//
// Made, used and destroyed on its core. A reading and a writing task run in the group of the owner
// (server.cc).
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "broker/rpc/pace.h"
#include "broker/rpc/reader.h"
#include "broker/rpc/server_metrics.h"
#include "broker/rpc/session.h"
#include "broker/rpc/shared_limits.h"
#include "common/env/core.h"
#include "common/env/environment.h"
#include "common/env/event.h"
#include "common/env/network.h"
#include "common/env/task.h"
#include "common/log.h"

namespace ropewalk::rpc {

struct ConnectionLimits {
  std::size_t frame_bytes_max = 16 << 20;
  std::size_t read_bytes_max = 256 << 10;  // Of one read.
  std::size_t unsent_bytes_max = 8 << 20;  // A peer that has more to take is not read either.
  // Without a byte in either direction for so long a connection is closed, unless requests wait.
  env::Duration idle_max = std::chrono::minutes(10);
  // How long a peer may owe the rest of what it has begun (Session::owes_since).
  env::Duration introduction_max = std::chrono::seconds(10);
  // How long a large piece that is coming may stand still: the window of its Pace, and of that of
  // the answers.
  env::Duration transfer_max = std::chrono::seconds(30);
};

// What all connections of a server share. Any thread.
struct ServerTally {
  ServerTally(env::Environment& environment, std::shared_ptr<SharedLimits> with)
      : limits(std::move(with)), metrics(environment) {}

  const std::shared_ptr<SharedLimits> limits;
  Seats& seats = limits->seats;
  AnswerBudget& answers = limits->answers;
  Shortage& answers_short = limits->answers_short;
  Shortage& frames_short = limits->frames_short;
  std::atomic<std::size_t> open{0};  // Connections of this server.
  ServerMetrics metrics;
  // Whatever a peer can cause again and again. Of each code by itself: one kind must not hide
  // another.
  LogLimit& limit_of(Errc code) {
    const auto number = static_cast<std::size_t>(code);
    return limits_[number % limits_.size()];
  }
  LogLimit too_many;
  LogLimit too_many_of_address;
  LogLimit accepting;

 private:
  std::array<LogLimit, 64> limits_;
};

class ServerConnection : public Outbox, public std::enable_shared_from_this<ServerConnection> {
 public:
  ServerConnection(env::Environment& environment, env::Core& core,
                   std::unique_ptr<env::Connection> connection, std::unique_ptr<Reader> reader,
                   ConnectionLimits limits, std::shared_ptr<ServerTally> tally, Seats::Seat seat);
  ~ServerConnection() override;

  // Before the tasks start.
  void use(std::unique_ptr<Session> session) { session_ = std::move(session); }

  // Until the peer ends, an error, or cancellation; the session has heard of it then.
  Task<void> read_frames();
  Task<void> write_replies();

  void send(std::vector<env::Chunk> frame) override;
  void close_after_sending(Error why) override;
  std::size_t held_bytes() const override { return held_bytes_; }
  bool answers_are_full() override;
  void hold_reading(bool hold) override;
  env::Core& core() override { return core_; }
  std::string peer_name() const override { return connection_->peer_name(); }

  // Called now and then: closes it if it has been silent, or too slow, for too long, or if it keeps
  // a file that is wanted back (R10).
  void check_silence(env::MonotonicTime now);
  void close(ClosedBy by);

 private:
  Task<Result<void>> wait_until_worth_reading();
  Task<bool> let_others_run();
  bool read_now();
  void handle_frames();
  void refuse(const Error& error);
  void say_why(const Error& error);
  void send_now();
  void took(std::size_t bytes);
  void read_if_allowed();
  Task<void> drop_what_comes();
  void count_sent();
  void count_held();
  bool check_pace(env::MonotonicTime now);
  bool holds_wanted_file() const;
  void close_slow(Error why);

  env::Environment& environment_;
  env::Core& core_;
  const std::shared_ptr<ServerTally> tally_;
  const Seats::Seat seat_;
  const std::unique_ptr<env::Connection> connection_;
  const ConnectionLimits limits_;
  const std::unique_ptr<Reader> reader_;
  std::unique_ptr<Session> session_;
  std::vector<SharedBytes> frames_;  // Of the last read, until all of them were handled.
  std::size_t handled_ = 0;          // Of these.
  std::optional<Error> broken_by_;   // What follows them is no frame.

  std::vector<env::Chunk> unsent_;
  std::vector<env::Chunk> leaving_;  // What write_replies() writes.
  std::size_t unsent_bytes_ = 0;     // With what each chunk costs beside its bytes.
  std::size_t held_bytes_ = 0;       // Of these, in memory.
  std::size_t counted_held_ = 0;     // Of these, what the budget of all knows about.
  bool in_turn_ = false;             // The session handles frames: what it sends leaves at the end.
  bool writing_ = false;             // write_replies() is in the middle of a write.
  env::Event to_write_;              // Something is unsent, or no more will come.
  env::Event may_read_;              // The unsent bytes are below their limit, and it is not held.
  bool held_ = false;                // By the session.
  bool closing_ = false;             // Nothing more is read or queued.
  ClosedBy closing_by_ = ClosedBy::peer;  // Why, once everything has left.
  bool closed_ = false;

  std::uint64_t sent_ = 0;  // What was counted of what was written.

  // For check_silence().
  env::MonotonicTime since_;  // When it was made, or a look found that bytes had moved.
  bool heard_ = false;        // Bytes came since that look.
  std::uint64_t received_ = 0;
  Pace coming_;
  Pace going_;
  std::uint64_t written_ = 0;  // How many had left at that look.
};

}  // namespace ropewalk::rpc
