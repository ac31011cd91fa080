// One simulated TCP connection: two sides, the bytes between them, and how it ends.
//
// Kept alive by the two Connection objects, a listener's backlog and the events under way.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "common/env/network.h"
#include "common/env/sim/environment.h"
#include "common/env/sim/fabric.h"

namespace ropewalk::sim {

class Channel : public std::enable_shared_from_this<Channel> {
 public:
  // Side 0 connects, side 1 accepts.
  struct Address {
    std::string node;
    env::Endpoint endpoint;
  };
  Channel(Fabric& fabric, Address from, Address to);

  // The process and core that use the side from now on.
  void attach(std::size_t side, SimCore& core);
  SimCore& core(std::size_t side) const { return *sides_[side].core; }
  const Address& address(std::size_t side) const { return sides_[side].address; }

  // What a Connection does.
  bool readable(std::size_t side) const;
  void wait_readable(std::size_t side, OperationRef<Result<void>> operation);
  Result<std::size_t> try_read(std::size_t side, MutableByteSpan into);
  void write(std::size_t side, std::span<const env::Chunk> chunks,
             OperationRef<Result<void>> operation);
  Result<std::size_t> try_write(std::size_t side, std::span<const env::Chunk> chunks);
  std::uint64_t bytes_written(std::size_t side) const { return sides_[side].sent_bytes; }
  void abandon_write(std::size_t side);  // The writer was cancelled: the stream is broken.
  void close(std::size_t side);

  // What the world does.
  bool touches(const std::string& node) const;
  void reset_both();
  void reset_side_of(const std::string& node);
  void healed(const std::string& from, const std::string& to);
  void process_died(const SimEnvironment& life);
  void machine_died(const SimEnvironment& life);

 private:
  struct Piece {
    enum class Kind { data, end, reset } kind;
    std::string bytes;
  };
  struct Side {
    Address address;
    SimCore* core = nullptr;               // Of the process that has it, also when that is dead.
    const SimEnvironment* life = nullptr;  // Null: not taken yet, or dead.
    bool dead = false;
    bool closed = false;
    // Receiving.
    std::string inbox;
    std::size_t inbox_read = 0;
    bool ended = false;
    bool reset = false;
    OperationRef<Result<void>> reader;
    // Sending.
    std::deque<env::Chunk> chunks;
    std::size_t first_chunk_sent = 0;
    bool writing = false;
    bool pump_waits = false;  // For its turn on the link.
    OperationRef<Result<void>> writer;
    std::uint64_t sent_bytes = 0;
    std::size_t unread_bytes = 0;  // Sent and not read by the peer.
    Duration link_free{};
    Duration last_arrival{};
    std::deque<Piece> held;  // By a cut.
  };

  std::size_t unread(const Side& side) const { return side.inbox.size() - side.inbox_read; }
  void pump(std::size_t side);
  // Whether the connection was lost instead of sending, as the world's dice may have it.
  bool lose(const Side& side);
  void transmit(std::size_t side, std::string piece);
  // The next bytes to send; false when a file range is shorter than promised.
  bool take_piece(Side& side, std::size_t limit, std::string& piece);
  void send(std::size_t side, Piece piece);
  void arrive(std::size_t side, Piece piece);
  void deliver(std::size_t side, Piece piece);
  void end_side(Side& side);
  void wake_reader(Side& side);
  void finish_write(Side& side, Result<void> result);

  Fabric& fabric_;
  std::array<Side, 2> sides_;
};

}  // namespace ropewalk::sim
