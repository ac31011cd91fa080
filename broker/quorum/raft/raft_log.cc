#include "broker/quorum/raft/raft_log.h"

#include <algorithm>

#include "common/error.h"

namespace ropewalk::quorum {

RaftLog::RaftLog(LogEnd before, std::vector<Entry> entries) : before_(before) {
  for (Entry& entry : entries) append(std::move(entry));
}

LogEnd RaftLog::end() const {
  if (entries_.empty()) return before_;
  return {entries_.back().index, entries_.back().term};
}

std::optional<Term> RaftLog::term_at(Offset index) const {
  if (index == before_.index) return before_.term;
  if (index < before_.index || index > end().index) return std::nullopt;
  return at(index).term;
}

const Entry& RaftLog::at(Offset index) const {
  return entries_[static_cast<std::size_t>(index - before_.index - 1)];
}

LogEnd RaftLog::last_agreement(const LogEnd& end) const {
  Offset index = std::min(end.index, this->end().index);
  while (index > before_.index && at(index).term > end.term) index = index - 1;
  const auto term = term_at(index);
  return term && *term <= end.term ? LogEnd{index, *term} : LogEnd{};
}

std::vector<Entry> RaftLog::slice(Offset from, Offset end, std::size_t count_max,
                                  std::size_t bytes_max) const {
  ENSURE(from > before_.index, "entry {} is not held, only what follows {}", from, before_.index);
  std::vector<Entry> taken;
  std::size_t bytes = 0;
  for (Offset index = from; index < end && taken.size() < count_max; index += 1) {
    const Entry& entry = at(index);
    bytes += entry.batch.size();
    if (!taken.empty() && bytes > bytes_max) break;
    taken.push_back(entry);
  }
  return taken;
}

void RaftLog::append(Entry entry) {
  ENSURE(entry.index == end().index + 1 && entry.term >= end().term,
         "entry {} of term {} behind entry {} of term {}", entry.index, entry.term, end().index,
         end().term);
  entries_.push_back(std::move(entry));
}

void RaftLog::truncate_from(Offset first) {
  ENSURE(first > before_.index, "cutting at entry {}, only what follows {} is held", first,
         before_.index);
  while (!entries_.empty() && entries_.back().index >= first) entries_.pop_back();
}

void RaftLog::forget(Offset upto, std::size_t keep_bytes) {
  std::size_t bytes = 0;
  Offset keep_from = upto + 1;
  while (keep_from - 1 > before_.index) {
    bytes += at(keep_from - 1).batch.size();
    if (bytes > keep_bytes) break;
    keep_from = keep_from - 1;
  }
  while (!entries_.empty() && entries_.front().index < keep_from) {
    before_ = {entries_.front().index, entries_.front().term};
    entries_.pop_front();
  }
}

void RaftLog::reset(LogEnd before) {
  entries_.clear();
  before_ = before;
}

}  // namespace ropewalk::quorum
