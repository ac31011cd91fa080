#include "broker/quorum/raft/snapshot_pull.h"

#include <utility>

namespace ropewalk::quorum {

void SnapshotPull::restart() {
  content_.clear();
  total_bytes_ = 0;
  asked_ = false;
}

void SnapshotPull::follow(const std::optional<RaftCore::Offer>& offer) {
  const bool same = offer && offer_ && offer->leader == offer_->leader && offer->end == offer_->end;
  if (same) return;
  offer_ = offer;
  restart();
}

void SnapshotPull::wait_for_another(const RaftCore::Offer& offer) {
  offer_ = offer;
  restart();
  asked_ = true;
  waited_ticks_ = 0;
}

void SnapshotPull::tick() {
  if (asked_ && ++waited_ticks_ >= patience_ticks_) asked_ = false;
}

std::optional<SnapshotPull::Question> SnapshotPull::question() {
  if (!offer_ || std::exchange(asked_, true)) return std::nullopt;
  waited_ticks_ = 0;
  return Question{offer_->leader, offer_->end, content_.size()};
}

Result<std::optional<std::string>> SnapshotPull::take(const Piece& piece) {
  if (!offer_ || !asked_ || piece.end != offer_->end || piece.position != content_.size())
    return std::nullopt;
  const bool first = total_bytes_ == 0;
  if (piece.total_bytes > bytes_max_)
    return fail(Errc::message_too_large, "a metadata snapshot of {} bytes: {} are allowed",
                piece.total_bytes, bytes_max_);
  const bool fits = !piece.bytes.empty() && (first || piece.total_bytes == total_bytes_) &&
                    piece.position + piece.bytes.size() <= piece.total_bytes;
  if (!fits) {
    restart();
    asked_ = piece.total_bytes == 0;  // Gone: only another offer helps, or time.
    waited_ticks_ = 0;
    if (piece.total_bytes == 0) return std::nullopt;
    return fail(Errc::corrupt_message, "a piece of {} bytes at {} of a metadata snapshot of {}",
                piece.bytes.size(), piece.position, piece.total_bytes);
  }
  total_bytes_ = piece.total_bytes;
  content_.append(as_text(piece.bytes));
  asked_ = false;
  if (content_.size() < total_bytes_) return std::nullopt;
  offer_.reset();
  return std::exchange(content_, {});
}

}  // namespace ropewalk::quorum
