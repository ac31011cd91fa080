#include "broker/rpc/server_connection.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "common/env/lent_file.h"

namespace ropewalk::rpc {
namespace {

// Until memory for a large frame is free again. The only wait here that looks again instead of
// being woken: the budget is shared by all cores, and running out of it is rare.
constexpr std::chrono::milliseconds kBudgetPause{5};

// After a read that filled its room, more is likely there; others must get their turn all the same.
constexpr int kReadsInARow = 4;

// One read may bring thousands of small requests, and answering each may take 10 us and more: the
// core's other connections wait for no more than this many. Enough to group what is produced.
constexpr std::size_t kFramesInARow = 256;

// Who is not known yet costs no more than that (architecture, D8).
constexpr std::size_t kStrangerBytesMax = ReceiveSlab::kLeastRoom;

ClosedBy ended_by(const Error& error) {
  return error.code == Errc::cancelled ? ClosedBy::stop : ClosedBy::peer;
}

// What a chunk takes beside its bytes: a reply may have 30 of these.
constexpr std::size_t kChunkBytes = 256;

std::size_t cost_of(const env::Chunk& chunk) { return env::size_of(chunk) + kChunkBytes; }

std::size_t memory_of(const env::Chunk& chunk) {
  return std::holds_alternative<SharedBytes>(chunk) ? cost_of(chunk) : kChunkBytes;
}

}  // namespace

ServerConnection::ServerConnection(env::Environment& environment, env::Core& core,
                                   std::unique_ptr<env::Connection> connection,
                                   std::unique_ptr<Reader> reader, ConnectionLimits limits,
                                   std::shared_ptr<ServerTally> tally, Seats::Seat seat)
    : environment_(environment),
      core_(core),
      tally_(std::move(tally)),
      seat_(std::move(seat)),
      connection_(std::move(connection)),
      limits_(limits),
      reader_(std::move(reader)),
      to_write_(core),
      may_read_(core),
      since_(environment.now()) {
  may_read_.set();
  tally_->open.fetch_add(1, std::memory_order_relaxed);
}

ServerConnection::~ServerConnection() {
  tally_->answers.change(counted_held_, 0);
  tally_->open.fetch_sub(1, std::memory_order_relaxed);
}

Task<void> ServerConnection::read_frames() {
  const auto self = shared_from_this();
  while (!closing_) {
    auto readable = co_await wait_until_worth_reading();
    if (!readable && !closing_) close(ended_by(readable.error()));
    if (!readable || closing_) break;
    for (int reads = 0; reads < kReadsInARow && read_now(); reads++) {
    }
    while (!frames_.empty() && !closing_ && !closed_) {
      const bool others_had_their_turn = co_await let_others_run();
      if (!others_had_their_turn) close(ClosedBy::stop);
      if (!closing_ && !closed_) handle_frames();
    }
  }
  session_->on_closed();
  session_.reset();
  to_write_.set();
}

// Also waits until the peer has taken enough of its answers. False once cancelled.
Task<bool> ServerConnection::let_others_run() {
  const bool slept = co_await core_.sleep_until(environment_.now());
  if (!slept) co_return false;
  const auto below_limit = co_await may_read_.wait();
  co_return below_limit.has_value();
}

Task<Result<void>> ServerConnection::wait_until_worth_reading() {
  CO_TRY_VOID(co_await may_read_.wait());
  while (!reader_->unblock()) {
    tally_->frames_short.felt(environment_.now());
    const bool slept = co_await core_.sleep_until(environment_.now() + kBudgetPause);
    if (!slept) co_return fail(Errc::cancelled, "waiting for memory for a frame");
  }
  co_return co_await connection_->wait_readable();
}

// Whether another read at once is worth it.
bool ServerConnection::read_now() {
  MutableByteSpan room = reader_->prepare();
  room = room.first(std::min(room.size(), limits_.read_bytes_max));
  const Result<std::size_t> count = connection_->try_read(room);
  if (!count && count.error().code == Errc::would_block) return false;
  if (!count && count.error().code == Errc::permission_denied) {
    say_why(count.error());
    close(ClosedBy::error);
    closing_ = true;
    return false;
  }
  if (!count || *count == 0) {
    close(ClosedBy::peer);
    closing_ = true;
    return false;
  }
  heard_ = true;
  received_ += *count;
  tally_->metrics.received_bytes.add(*count);
  const bool full = *count == room.size();
  const Result<void> split = reader_->filled(*count, frames_);
  if (!split) broken_by_ = split.error();
  handle_frames();
  const std::size_t coming = reader_->large_piece_bytes();
  if (coming > kStrangerBytesMax && session_ && session_->is_stranger())
    refuse(
        {Errc::frame_too_large, fmt::format("a first request of {} bytes, at most {} are allowed",
                                            coming, kStrangerBytesMax)});
  return full && frames_.empty() && !closing_ && !reader_->blocked() && may_read_.is_set();
}

void ServerConnection::refuse(const Error& error) {
  if (closing_) return;
  session_->on_broken(error);
  close_after_sending(error);
}

// A share of the frames that are there. That what follows them is no frame is told after the last.
void ServerConnection::handle_frames() {
  const auto rest = std::span<const SharedBytes>(frames_).subspan(handled_);
  const auto share = rest.first(std::min(rest.size(), kFramesInARow));
  if (!share.empty()) {
    in_turn_ = true;
    session_->on_frames(share);
    in_turn_ = false;
    send_now();
  }
  handled_ += share.size();
  if (handled_ < frames_.size()) return;
  frames_.clear();
  handled_ = 0;
  if (broken_by_) refuse(*broken_by_);
}

// The replies of a turn leave in one call, before the next read is prepared: waking the writer
// would cost a round through the poller first.
void ServerConnection::send_now() {
  if (unsent_.empty() || writing_ || closed_) return count_held();
  const auto taken = connection_->try_write(unsent_);
  count_sent();
  if (taken) took(*taken);
  count_held();
  if (!unsent_.empty() || closing_) to_write_.set();  // Also what is wrong shows there.
}

// Of what is in memory: try_write() takes no file ranges.
void ServerConnection::took(std::size_t bytes) {
  unsent_bytes_ -= bytes;
  held_bytes_ -= bytes;
  std::size_t whole = 0;
  while (whole < unsent_.size() && env::size_of(unsent_[whole]) <= bytes)
    bytes -= env::size_of(unsent_[whole++]);
  unsent_bytes_ -= whole * kChunkBytes;
  held_bytes_ -= whole * kChunkBytes;
  if (bytes > 0) {
    auto& part = std::get<SharedBytes>(unsent_[whole]);
    part = part.slice(bytes, part.size() - bytes);
  }
  unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(whole));
  read_if_allowed();
}

void ServerConnection::read_if_allowed() {
  const bool ending = closing_ || closed_;  // The reader must see that.
  if (!ending && (held_ || unsent_bytes_ > limits_.unsent_bytes_max))
    may_read_.reset();
  else
    may_read_.set();
}

void ServerConnection::hold_reading(bool hold) {
  held_ = hold;
  read_if_allowed();
}

// Also of a write that failed in the middle.
void ServerConnection::count_sent() {
  const std::uint64_t written = connection_->bytes_written();
  tally_->metrics.sent_bytes.add(written - std::exchange(sent_, written));
}

// Once a turn: what leaves in the turn that it was made in is not counted at all.
void ServerConnection::count_held() {
  if (held_bytes_ == counted_held_) return;
  tally_->answers.change(counted_held_, held_bytes_);
  counted_held_ = held_bytes_;
}

bool ServerConnection::answers_are_full() {
  count_held();
  if (!tally_->answers.is_full_for(held_bytes_, tally_->seats.taken())) return false;
  tally_->answers_short.felt(environment_.now());
  return true;
}

Task<void> ServerConnection::write_replies() {
  const auto self = shared_from_this();
  for (;;) {
    auto woken = co_await to_write_.wait();
    if (!woken) {
      close(ended_by(woken.error()));
      break;
    }
    to_write_.reset();
    leaving_.swap(unsent_);
    if (leaving_.empty()) {
      if (closing_ || closed_) break;
      continue;
    }
    const std::size_t bytes = unsent_bytes_;
    const std::size_t held = held_bytes_;
    writing_ = true;
    auto written = co_await connection_->write(leaving_);
    writing_ = false;
    count_sent();
    leaving_.clear();  // Pages and files are free from here on, also while nothing else is sent.
    unsent_bytes_ -= bytes;
    held_bytes_ -= held;
    count_held();
    if (!written) {
      close(ended_by(written.error()));
      break;
    }
    read_if_allowed();
    if (!unsent_.empty() || closing_) to_write_.set();
  }
  unsent_.clear();
  unsent_bytes_ = held_bytes_ = 0;
  count_held();
  const bool has_last_words = closing_by_ == ClosedBy::error || closing_by_ == ClosedBy::slow;
  if (has_last_words && !closed_) co_await drop_what_comes();
  close(closing_by_);
}

// A socket that is closed with unread bytes in it is reset, and the peer may lose the answer that
// says why before it has read it. So what still comes is read for a while, as long as it comes.
Task<void> ServerConnection::drop_what_comes() {
  constexpr int kRounds = 20;
  constexpr std::chrono::milliseconds kPause{5};
  constexpr std::size_t kRoundBytesMax = 4 << 20;
  std::vector<std::byte> dropped(64 << 10);
  for (int round = 0; round < kRounds && !closed_; round++) {
    std::size_t bytes = 0;
    while (bytes < kRoundBytesMax) {
      const auto count = connection_->try_read(dropped);
      if (!count && count.error().code == Errc::would_block) break;
      if (!count || *count == 0) co_return;  // It has ended by itself.
      bytes += *count;
    }
    if (round > 0 && bytes == 0) co_return;
    const bool slept = co_await core_.sleep_until(environment_.now() + kPause);
    if (!slept) co_return;
  }
}

void ServerConnection::send(std::vector<env::Chunk> frame) {
  if (closing_ || closed_) return;
  for (env::Chunk& chunk : frame) {
    unsent_bytes_ += cost_of(chunk);
    held_bytes_ += memory_of(chunk);
    unsent_.push_back(std::move(chunk));
  }
  read_if_allowed();
  if (in_turn_) return;
  count_held();
  to_write_.set();
}

void ServerConnection::close_after_sending(Error why) {
  if (closing_ || closed_) return;
  closing_ = true;
  closing_by_ = ClosedBy::agreed;
  if (why.code != Errc::none) {
    closing_by_ = why.code == Errc::request_timed_out ? ClosedBy::slow : ClosedBy::error;
    say_why(why);
  }
  may_read_.set();
  to_write_.set();
}

void ServerConnection::say_why(const Error& error) {
  tally_->metrics.errors.add(error.code);
  tally_->limit_of(error.code)
      .warn(environment_.now().time_since_epoch(), "closing the connection of {}: {}",
            connection_->remote().to_string(), error);
}

void ServerConnection::check_silence(env::MonotonicTime now) {
  if (closed_) return;
  const auto owes = session_ && !closing_ ? session_->owes_since() : std::nullopt;
  if (owes) {
    if (now - *owes < limits_.introduction_max) return;
    const Error late{
        Errc::request_timed_out,
        fmt::format(
            "no whole request within {} ms",
            std::chrono::floor<std::chrono::milliseconds>(limits_.introduction_max).count())};
    session_->on_broken(late);
    close_after_sending(late);
    return;
  }
  if (!check_pace(now)) return;
  if (holds_wanted_file()) {
    log_warn("closing the connection of {}: it is slow to take records that must be cut away",
             connection_->remote().to_string());
    close(ClosedBy::slow);
    return;
  }
  const std::uint64_t written = connection_->bytes_written();
  if (std::exchange(heard_, false) || std::exchange(written_, written) != written) since_ = now;
  if (now - since_ < limits_.idle_max) return;
  // Requests that wait excuse a peer that sends nothing, not one that takes nothing.
  if (session_ && session_->is_busy() && unsent_bytes_ == 0) return;
  log_debug("closing the connection of {}: nothing moved on it", connection_->remote().to_string());
  close(ClosedBy::idle);
}

bool ServerConnection::holds_wanted_file() const {
  return std::ranges::any_of(leaving_, env::is_wanted_back) ||
         std::ranges::any_of(unsent_, env::is_wanted_back);
}

// False: it is closed.
bool ServerConnection::check_pace(env::MonotonicTime now) {
  const env::MonotonicTime window_ago = now - limits_.transfer_max;
  // Nothing is read for want of memory, or of a peer that takes its answers.
  if (reader_->blocked() || !may_read_.is_set()) coming_.excuse();
  const std::size_t piece = closing_ ? 0 : reader_->large_piece_bytes();
  const Pace::Look coming{.now = now,
                          .rest = piece,
                          .moved = received_,
                          .others_wait = tally_->frames_short.felt_since(window_ago)};
  if (coming_.is_too_slow(coming, limits_.transfer_max)) {
    close_slow(
        {Errc::request_timed_out,
         fmt::format("too little of a request of {} bytes has come in the last {} ms", piece,
                     std::chrono::floor<std::chrono::milliseconds>(limits_.transfer_max).count())});
    return false;
  }
  // A consumer may take its time as long as nobody misses the memory.
  const bool missed = held_bytes_ >= tally_->answers.share_bytes(tally_->seats.taken()) &&
                      tally_->answers_short.felt_since(window_ago);
  const Pace::Look going{.now = now,
                         .rest = missed ? held_bytes_ : 0,
                         .moved = connection_->bytes_written(),
                         .others_wait = true};
  if (!going_.is_too_slow(going, limits_.transfer_max)) return true;
  close_slow(
      {Errc::request_timed_out,
       fmt::format("{} bytes of answers are not taken, and others need the memory", held_bytes_)});
  return false;
}

// What it holds is given back at once: it is not waited for a peer that does not even take the
// error.
void ServerConnection::close_slow(Error why) {
  const bool takes_it = session_ && unsent_.empty() && !writing_ && !closing_;
  if (takes_it) session_->on_broken(why);
  close_after_sending(std::move(why));
  if (!takes_it) close(ClosedBy::slow);
}

void ServerConnection::close(ClosedBy by) {
  if (closed_) return;
  closed_ = true;
  tally_->metrics.count_closed(by);
  connection_->close();
  to_write_.set();
  may_read_.set();
}

}  // namespace ropewalk::rpc
