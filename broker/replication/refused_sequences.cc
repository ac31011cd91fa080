#include "broker/replication/refused_sequences.h"

namespace ropewalk::replication {
namespace {

// Sequences wrap from 2^31-1 to 0; what is under way spans far less than half of them.
bool is_after(std::int32_t sequence, std::int32_t other) {
  constexpr std::uint32_t kSequenceMask = 0x7FFFFFFF;
  const std::uint32_t distance =
      (static_cast<std::uint32_t>(sequence) - static_cast<std::uint32_t>(other)) & kSequenceMask;
  return distance != 0 && distance <= kSequenceMask / 2;
}

}  // namespace

void RefusedSequences::refused(const Sequenced& batch, Errc code) {
  const std::int32_t sequence = batch.first_sequence;
  const auto [at, is_new] =
      refused_.try_emplace(batch.producer, Refused{batch.epoch, sequence, sequence, code});
  Refused& known = at->second;
  if (known.epoch != batch.epoch) known = {batch.epoch, sequence, sequence, code};
  // The pipeline comes again from there.
  if (!is_after(sequence, known.first)) known = {batch.epoch, sequence, sequence, code};
  if (is_after(sequence, known.last)) known.last = sequence;
  if (is_new && refused_.size() > producers_max_) refused_.erase(refused_.begin());
}

std::optional<Error> RefusedSequences::refuses(const Sequenced& batch) {
  const auto at = refused_.find(batch.producer);
  if (at == refused_.end()) return std::nullopt;
  Refused& known = at->second;
  if (known.epoch != batch.epoch || batch.first_sequence == known.first) {
    refused_.erase(at);
    return std::nullopt;
  }
  if (!is_after(batch.first_sequence, known.first)) return std::nullopt;
  const bool first_time = is_after(batch.first_sequence, known.last);
  if (first_time) known.last = batch.first_sequence;
  return Error{first_time ? known.code : Errc::out_of_order_sequence_number,
               fmt::format("producer {} epoch {}: sequence {} was refused and must be sent again "
                           "before {}",
                           batch.producer, batch.epoch, known.first, batch.first_sequence)};
}

}  // namespace ropewalk::replication
