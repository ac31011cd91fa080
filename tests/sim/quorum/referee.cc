#include "tests/sim/quorum/referee.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

#include "common/records/batch_builder.h"
#include "common/records/record_reader.h"

namespace ropewalk::quorum::hostile {
namespace {

bool same(const SharedBytes& a, const SharedBytes& b) {
  return a.data() == b.data() || a.text() == b.text();
}

std::optional<std::uint64_t> value_of(const SharedBytes& batch) {
  auto reader = RecordReader::open(batch.span(), 1 << 20);
  if (!reader || reader->header().is_control()) return std::nullopt;
  const auto record = reader->next();
  if (!record || !*record || !(*record)->value) return std::nullopt;
  const std::string_view text = as_text(*(*record)->value);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

SharedBytes value_batch(std::uint64_t value) {
  const std::string text = fmt::format("{}", value);
  BatchBuilder builder;
  builder.append({.key = {}, .value = as_bytes(text)});
  auto batch = builder.finish(Codec::none);
  ENSURE(batch, "building a batch: {}", batch.error());
  return *std::move(batch);
}

void Referee::fail(int place, const std::string& what) {
  if (!fault_.empty()) return;
  fault_ = fmt::format("tick {}, replica {}: {}", timeline_.now() / kTick, place + 1, what);
}

void Referee::started(int place, const RaftCore& core) {
  watched_[place] = {.term = core.term(), .commit = core.commit(), .applied = core.commit()};
  const Term said = terms_said_[core.self()];
  if (core.term() < said)
    fail(place, fmt::format("starts in term {}, it has spoken in {}", core.term(), said));
}

Referee::News Referee::watch(int place, const RaftCore& core) {
  Watched& watched = watched_[place];
  if (core.term() < watched.term)
    fail(place, fmt::format("term {} after {}", core.term(), watched.term));
  if (core.commit() < watched.commit)
    fail(place, fmt::format("commit {} after {}", core.commit(), watched.commit));
  const bool leads = core.role() == Role::leader;
  const bool began = leads && (!watched.leads || core.term() != watched.term);
  if (watched.leads && (!leads || began)) seen_.note(Seen::depositions);
  if (began) elected(place, core, watched);
  const bool first_commit =
      leads && watched.commit == watched.commit_before && core.commit() > watched.commit;
  if (core.commit() > highest_commit_) highest_commit_ = commits_[core.term()] = core.commit();
  watched.leads = leads;
  watched.term = core.term();
  watched.commit = core.commit();
  return {began, first_commit};
}

void Referee::elected(int place, const RaftCore& core, Watched& watched) {
  seen_.note(Seen::elections);
  const auto [leader, first] = leaders_.emplace(core.term(), place);
  // Who is alone leads before its term is durable, and may forget it: nobody was told anything.
  const bool forgotten = leader->second == place && core.voters().size() == 1;
  if (!first && !forgotten)
    fail(place, fmt::format("leads in term {}, as did {}", core.term(), leader->second + 1));
  if (!first)
    std::erase_if(entries_, [&](const auto& entry) { return entry.first.second == core.term(); });
  watched.commit_before = watched.commit;
  watched.shows_in = core.term();
  // A leader that is elected late need not have what those of later terms have committed.
  const auto later = commits_.lower_bound(core.term());
  watched.shows_all_to = later == commits_.begin() ? Offset(0) : std::prev(later)->second;
}

void Referee::writes(int place, const Image& written, const std::vector<Entry>& entries) {
  if (entries.empty()) return;
  const Offset first = entries.front().index;
  if (first > written.end().index + 1 || first <= written.snapshot.end.index)
    fail(place, fmt::format("writes entry {} to a log from {} to {}", first,
                            written.snapshot.end.index + 1, written.end().index));
  if (first <= watched_[place].applied)
    fail(place, fmt::format("writes entry {}, {} are applied", first, watched_[place].applied));
  if (const auto replaced = written.term_at(first); replaced && *replaced != entries.front().term)
    seen_.note(Seen::truncations);
}

void Referee::has_written(int place, const Image& written, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    const Term before = written.term_at(entry.index - 1).value_or(Term(-1));
    const auto [known, first] =
        entries_.try_emplace({entry.index, entry.term}, before, entry.batch);
    if (!first && (known->second.before != before || !same(known->second.batch, entry.batch)))
      fail(place, fmt::format("entry {} of term {} (behind term {}) is another one elsewhere",
                              entry.index, entry.term, before));
  }
  Watched& watched = watched_[place];
  if (watched.shows_in == Term(0) || entries.empty()) return;
  const bool shows = std::ranges::any_of(
      entries, [&](const Entry& entry) { return entry.term == watched.shows_in; });
  if (!shows) return;
  watched.shows_in = Term(0);
  if (watched.shows_all_to <= written.snapshot.end.index) return;
  const auto term = written.term_at(watched.shows_all_to);
  if (!term)
    fail(place, fmt::format("leads without entry {}, which is committed", watched.shows_all_to));
  else
    check_leader_has(place, watched.shows_all_to, *term);
}

void Referee::check_leader_has(int place, Offset index, Term term) {
  if (index > committed_end()) {
    to_compare_.emplace(index, std::pair(term, place));
    return;
  }
  const Term committed = committed_[static_cast<std::size_t>(index.value() - 1)].term;
  if (committed != term)
    fail(place, fmt::format("leads with term {} at {}, term {} is committed there", term, index,
                            committed));
}

void Referee::voted(int place, const ReplicaKey& voter, Term term, const ReplicaKey& candidate) {
  const auto [vote, first] = votes_.try_emplace({voter, term}, candidate);
  if (vote->second != candidate)
    fail(place,
         fmt::format("votes for {} in term {}, after {}", candidate.id, term, vote->second.id));
}

void Referee::check_vote(int place, const Message& message, const Image& durable) {
  const auto* request = std::get_if<VoteRequest>(&message.body);
  const auto* reply = std::get_if<VoteReply>(&message.body);
  const bool votes = request ? !request->pre : reply && reply->granted && !reply->pre;
  if (!votes) return;
  const ReplicaKey& candidate = request ? message.from : message.to;
  voted(place, message.from, message.term, candidate);
  const HardState& state = durable.state;
  if (state.term == message.term && state.voted_for != candidate.id)
    fail(place, fmt::format("tells of a vote in term {} that is not durable", message.term));
}

// Who has gone to a later term says what was true in that one; its log may have been cut since.
void Referee::check_holds(int place, Term said_in, const Image& durable, Offset index) {
  if (durable.state.term == said_in && durable.end().index < index)
    fail(place, fmt::format("acknowledges {}, durable is {}", index, durable.end().index));
}

void Referee::sends(int place, const RaftCore& core, const Image& durable, const Message& message) {
  if (!makes_sense(message)) fail(place, fmt::format("a {} makes no sense", kind_of(message)));
  const auto* request = std::get_if<VoteRequest>(&message.body);
  const auto* reply = std::get_if<VoteReply>(&message.body);
  const bool of_a_term_to_come = (request && request->pre) || (reply && reply->pre);
  if (!of_a_term_to_come) {
    if (message.term > durable.state.term)
      fail(place, fmt::format("a {} of term {}, durable is {}", kind_of(message), message.term,
                              durable.state.term));
    Term& said = terms_said_[message.from];
    said = std::max(said, message.term);
  }
  check_vote(place, message, durable);
  if (const auto* append = std::get_if<AppendReply>(&message.body); append && !append->rejected)
    check_holds(place, message.term, durable, append->index);
  if (const auto* fetch = std::get_if<Fetch>(&message.body); fetch && fetch->end == core.log_end())
    check_holds(place, message.term, durable, fetch->end.index);
}

void Referee::applies(int place, const Entry& entry) {
  Offset& applied = watched_[place].applied;
  if (entry.index != applied + 1)
    fail(place, fmt::format("applies {} after {}", entry.index, applied));
  applied = entry.index;
  if (entry.index == committed_end() + 1) {
    committed_first(place, entry);
    return;
  }
  if (entry.index > committed_end()) {
    fail(place, fmt::format("applies {}, nobody has applied {}", entry.index, committed_end() + 1));
    return;
  }
  const Committed& known = committed_[static_cast<std::size_t>(entry.index.value() - 1)];
  if (known.term != entry.term || !same(known.batch, entry.batch))
    fail(place, fmt::format("applies at {} an entry of term {}, elsewhere one of term {}",
                            entry.index, entry.term, known.term));
}

void Referee::committed_first(int place, const Entry& entry) {
  committed_.push_back({entry.term, entry.batch});
  const auto [first, last] = to_compare_.equal_range(entry.index);
  for (auto claim = first; claim != last; ++claim)
    check_leader_has(claim->second.second, entry.index, claim->second.first);
  to_compare_.erase(first, last);
  if (const auto value = value_of(entry.batch)) {
    if (!values_.insert(*value).second) fail(place, fmt::format("value {} is there twice", *value));
    return;
  }
  auto list = voters_in(entry.batch.span());
  if (!list || !*list) return;
  if ((*list)->size() > committed_voters().size()) seen_.note(Seen::voters_added);
  if ((*list)->size() < committed_voters().size()) seen_.note(Seen::voters_removed);
  voters_.emplace_back(entry.index, **std::move(list));
}

const Voters& Referee::voters_at(Offset index) const {
  auto list = voters_.rbegin();
  while (list->first > index) ++list;
  return list->second;
}

void Referee::takes(int place, const SnapshotInfo& snapshot) {
  const Offset index = snapshot.end.index;
  if (index > committed_end()) {
    fail(place, fmt::format("a snapshot of {}, committed is {}", index, committed_end()));
    return;
  }
  if (committed_[static_cast<std::size_t>(index.value() - 1)].term != snapshot.end.term)
    fail(place, fmt::format("a snapshot of {} in term {}", index, snapshot.end.term));
  if (snapshot.voters != voters_at(index))
    fail(place, fmt::format("a snapshot of {} with other voters than those of there", index));
}

void Referee::installs(int place, const SnapshotInfo& snapshot) {
  takes(place, snapshot);
  Offset& applied = watched_[place].applied;
  if (snapshot.end.index <= applied)
    fail(place,
         fmt::format("installs a snapshot of {}, {} are applied", snapshot.end.index, applied));
  applied = snapshot.end.index;
}

std::uint64_t Referee::asks_read() {
  seen_.note(Seen::reads_asked);
  reads_.push_back(highest_commit_);
  return reads_.size() - 1;
}

void Referee::answers_read(int place, const ReadState& read) {
  seen_.note(Seen::reads_confirmed);
  const Offset least = reads_.at(read.context);
  if (read.index < least)
    fail(place, fmt::format("a read as of {}, {} were committed before it was asked for",
                            read.index, least));
  if (watched_[place].applied < read.index)
    fail(place, fmt::format("a read as of {} before that is applied", read.index));
}

}  // namespace ropewalk::quorum::hostile
