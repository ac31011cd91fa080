#include "common/env/sim/channel.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/env/sim/node.h"
#include "common/env/sim/sim_file.h"
#include "common/error.h"

namespace ropewalk::sim {

namespace {

constexpr std::size_t kWindowBytes = 256 << 10;
constexpr std::size_t kPieceBytes = 16 << 10;

std::unexpected<Error> closed_error(const Channel::Address& peer) {
  return fail(Errc::closed, "the connection with {}", peer.endpoint.to_string());
}

}  // namespace

Channel::Channel(Fabric& fabric, Address from, Address to) : fabric_(fabric) {
  sides_[0].address = std::move(from);
  sides_[1].address = std::move(to);
}

void Channel::attach(std::size_t side, SimCore& core) {
  sides_[side].core = &core;
  sides_[side].life = &core.environment();
}

bool Channel::readable(std::size_t index) const {
  const Side& side = sides_[index];
  return side.closed || side.reset || side.ended || unread(side) > 0;
}

void Channel::wait_readable(std::size_t index, OperationRef<Result<void>> operation) {
  Side& side = sides_[index];
  side.reader = std::move(operation);
  if (readable(index)) wake_reader(side);
}

void Channel::wake_reader(Side& side) {
  const auto reader = std::exchange(side.reader, {});
  if (side.closed)
    complete(reader, Result<void>(fail(Errc::closed, "closed here")));
  else
    complete(reader, Result<void>());
}

void Channel::finish_write(Side& side, Result<void> result) {
  side.chunks.clear();
  side.writing = false;
  complete(std::exchange(side.writer, {}), std::move(result));
}

Result<std::size_t> Channel::try_read(std::size_t index, MutableByteSpan into) {
  Side& side = sides_[index];
  if (side.closed || side.reset) return closed_error(sides_[1 - index].address);
  std::size_t count = std::min(into.size(), unread(side));
  if (count == 0 && into.size() > 0) {
    if (side.ended) return std::size_t{0};
    return fail(Errc::would_block, "nothing to read");
  }
  if (count > 1 && fabric_.world().random().chance(fabric_.short_read))
    count = 1 + fabric_.world().random().below(count - 1);
  std::memcpy(into.data(), side.inbox.data() + side.inbox_read, count);
  side.inbox_read += count;
  if (side.inbox_read == side.inbox.size()) {
    side.inbox.clear();
    side.inbox_read = 0;
  }
  Side& peer = sides_[1 - index];
  peer.unread_bytes -= std::min(peer.unread_bytes, count);
  pump(1 - index);
  return count;
}

void Channel::write(std::size_t index, std::span<const env::Chunk> chunks,
                    OperationRef<Result<void>> operation) {
  Side& side = sides_[index];
  if (side.closed || side.reset)
    return complete(operation, Result<void>(closed_error(sides_[1 - index].address)));
  side.chunks.assign(chunks.begin(), chunks.end());
  side.first_chunk_sent = 0;
  side.writing = true;
  side.writer = std::move(operation);
  pump(index);
}

Result<std::size_t> Channel::try_write(std::size_t index, std::span<const env::Chunk> chunks) {
  Side& side = sides_[index];
  const auto ended = [&] { return closed_error(sides_[1 - index].address); };
  if (side.closed || side.reset) return ended();
  ENSURE(!side.writing, "a second writer");
  World& world = fabric_.world();
  if (side.pump_waits || side.unread_bytes >= kWindowBytes) return std::size_t{0};
  if (lose(side)) return ended();
  std::size_t room = std::min(kPieceBytes, kWindowBytes - side.unread_bytes);
  if (world.random().chance(fabric_.short_read)) room = world.random().below(room);
  std::string piece;
  for (const env::Chunk& chunk : chunks) {
    const auto* bytes = std::get_if<SharedBytes>(&chunk);
    if (bytes == nullptr || piece.size() == room) break;
    const std::size_t count = std::min(bytes->size(), room - piece.size());
    piece.append(reinterpret_cast<const char*>(bytes->data()), count);
  }
  const std::size_t sent = piece.size();
  if (sent > 0) transmit(index, std::move(piece));
  return sent;
}

void Channel::abandon_write(std::size_t index) {
  Side& side = sides_[index];
  if (!side.writing) return;
  side.chunks.clear();
  side.writing = false;
  side.writer = {};
}

bool Channel::take_piece(Side& side, std::size_t limit, std::string& piece) {
  while (piece.size() < limit && !side.chunks.empty()) {
    const env::Chunk& chunk = side.chunks.front();
    const std::size_t left = env::size_of(chunk) - side.first_chunk_sent;
    const std::size_t count = std::min(left, limit - piece.size());
    const std::size_t at = piece.size();
    piece.resize(at + count);
    if (const auto* bytes = std::get_if<SharedBytes>(&chunk)) {
      if (count > 0) std::memcpy(piece.data() + at, bytes->data() + side.first_chunk_sent, count);
    } else {
      const auto& range = std::get<env::FileRange>(chunk);
      const auto* file = dynamic_cast<const SimFile*>(range.file.get());
      ENSURE(file != nullptr, "a file of another environment");
      MutableByteSpan into = std::as_writable_bytes(std::span(piece)).subspan(at);
      if (file->copy_out(range.position + side.first_chunk_sent, into) < count) return false;
    }
    side.first_chunk_sent += count;
    if (count == left) {
      side.chunks.pop_front();
      side.first_chunk_sent = 0;
    }
  }
  return true;
}

void Channel::pump(std::size_t index) {
  Side& side = sides_[index];
  if (!side.writing || side.pump_waits || side.unread_bytes >= kWindowBytes) return;
  World& world = fabric_.world();
  if (lose(side)) return;
  std::string piece;
  const std::size_t limit = std::min(kPieceBytes, kWindowBytes - side.unread_bytes);
  if (!take_piece(side, limit, piece)) {
    world.count("net.range_cut_short");
    finish_write(side, fail(Errc::io_error, "a file range is shorter than promised"));
    return reset_both();
  }
  transmit(index, std::move(piece));
  if (side.chunks.empty()) return finish_write(side, {});
  side.pump_waits = true;
  world.schedule(side.link_free, nullptr, [self = shared_from_this(), index] {
    self->sides_[index].pump_waits = false;
    self->pump(index);
  });
}

bool Channel::lose(const Side& side) {
  World& world = fabric_.world();
  if (side.life == nullptr || !world.random().chance(fabric_.connection_loss)) return false;
  world.count("net.connection_lost");
  reset_both();
  return true;
}

void Channel::transmit(std::size_t index, std::string piece) {
  Side& side = sides_[index];
  const auto& link = fabric_.link_of(side.address.node, sides_[1 - index].address.node);
  const auto takes = Duration(static_cast<Duration::rep>(
      1e9 * static_cast<double>(piece.size()) / static_cast<double>(link.bytes_per_second)));
  side.link_free = std::max(fabric_.world().now(), side.link_free) + takes;
  side.unread_bytes += piece.size();
  side.sent_bytes += piece.size();
  if (!piece.empty()) send(index, {Piece::Kind::data, std::move(piece)});
}

void Channel::send(std::size_t index, Piece piece) {
  Side& side = sides_[index];
  World& world = fabric_.world();
  const Duration arrival = std::max(world.now(), side.link_free) +
                           fabric_.delay(side.address.node, sides_[1 - index].address.node);
  side.last_arrival = std::max(side.last_arrival, arrival);  // A stream keeps its order.
  auto come = [self = shared_from_this(), index, piece = std::move(piece)]() mutable {
    self->arrive(index, std::move(piece));
  };
  world.schedule(side.last_arrival, nullptr, std::move(come));
}

void Channel::arrive(std::size_t index, Piece piece) {
  Side& side = sides_[index];
  const bool cut = fabric_.is_cut(side.address.node, sides_[1 - index].address.node);
  if (cut || !side.held.empty()) {
    if (side.held.empty()) fabric_.world().count("net.piece_held");
    side.held.push_back(std::move(piece));
    return;
  }
  deliver(index, std::move(piece));
}

void Channel::healed(const std::string& from, const std::string& to) {
  for (std::size_t index = 0; index < 2; index++) {
    const Side& side = sides_[index];
    if (side.address.node != from || sides_[1 - index].address.node != to) continue;
    if (side.held.empty()) continue;
    // TCP tries again when its timer says so, not when the cable is back.
    World& world = fabric_.world();
    const Duration again =
        world.between(std::chrono::milliseconds(1), std::chrono::milliseconds(400));
    world.schedule(world.now() + again, nullptr, [self = shared_from_this(), index] {
      auto& held = self->sides_[index].held;
      while (!held.empty()) {
        if (self->fabric_.is_cut(self->sides_[index].address.node,
                                 self->sides_[1 - index].address.node))
          return;
        Piece piece = std::move(held.front());
        held.pop_front();
        self->deliver(index, std::move(piece));
      }
    });
  }
}

// A piece of side `index` has come to the other one.
void Channel::deliver(std::size_t index, Piece piece) {
  Side& to = sides_[1 - index];
  if (to.dead) {
    const Node* node = fabric_.find_node(to.address.node);
    const bool answers = node != nullptr && node->powered() && piece.kind != Piece::Kind::reset;
    if (answers) send(1 - index, {Piece::Kind::reset, {}});
    return;
  }
  switch (piece.kind) {
    case Piece::Kind::data:
      if (to.closed) return send(1 - index, {Piece::Kind::reset, {}});
      to.inbox += piece.bytes;
      break;
    case Piece::Kind::end:
      to.ended = true;
      break;
    case Piece::Kind::reset:
      to.reset = true;
      end_side(to);
      break;
  }
  wake_reader(to);
}

void Channel::end_side(Side& side) {
  side.inbox.clear();
  side.inbox_read = 0;
  if (side.writing) finish_write(side, fail(Errc::closed, "the connection ended"));
}

void Channel::close(std::size_t index) {
  Side& side = sides_[index];
  if (side.closed || side.dead) return;
  const bool unread_left = unread(side) > 0;
  side.closed = true;
  end_side(side);
  wake_reader(side);
  if (!side.reset) send(index, {unread_left ? Piece::Kind::reset : Piece::Kind::end, {}});
}

bool Channel::touches(const std::string& node) const {
  return sides_[0].address.node == node || sides_[1].address.node == node;
}

void Channel::reset_both() {
  for (Side& side : sides_) {
    if (side.closed || side.dead) continue;
    side.reset = true;
    end_side(side);
    wake_reader(side);
  }
}

void Channel::reset_side_of(const std::string& node) {
  for (std::size_t index = 0; index < 2; index++) {
    Side& side = sides_[index];
    if (side.address.node != node || side.closed || side.dead || side.reset) continue;
    side.reset = true;
    end_side(side);
    wake_reader(side);
    send(index, {Piece::Kind::end, {}});
  }
}

void Channel::process_died(const SimEnvironment& life) {
  for (std::size_t index = 0; index < 2; index++) {
    Side& side = sides_[index];
    if (side.life != &life || side.dead) continue;
    side.dead = true;
    side.writing = false;
    side.chunks.clear();
    if (!side.closed && !side.reset) send(index, {Piece::Kind::reset, {}});
  }
}

void Channel::machine_died(const SimEnvironment& life) {
  for (Side& side : sides_) {
    if (side.life != &life) continue;
    side.dead = true;
    side.writing = false;
    side.chunks.clear();
  }
}

}  // namespace ropewalk::sim
