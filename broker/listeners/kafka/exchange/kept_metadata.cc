#include "broker/listeners/kafka/exchange/kept_metadata.h"

#include <algorithm>
#include <utility>

namespace ropewalk::kafka {

std::optional<SharedBytes> KeptMetadata::find(const Key& key) {
  const auto found = std::ranges::find(entries_, key, &Entry::key);
  if (found == entries_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found);
  return found->answer;
}

void KeptMetadata::keep(Key key, SharedBytes answer) {
  const auto goes = [&](const Entry& entry) {
    if (entry.key.as_of == key.as_of && entry.key != key) return false;
    bytes_ -= entry.answer.size();
    return true;
  };
  std::erase_if(entries_, goes);
  if (answer.size() > bytes_max_) return;
  bytes_ += answer.size();
  entries_.push_front({.key = std::move(key), .answer = std::move(answer)});
  while (bytes_ > bytes_max_) {
    bytes_ -= entries_.back().answer.size();
    entries_.pop_back();
  }
}

}  // namespace ropewalk::kafka
