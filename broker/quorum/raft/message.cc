#include "broker/quorum/raft/message.h"

#include <type_traits>

#include "common/records/batch_header.h"

namespace ropewalk::quorum {
namespace {

bool makes_sense(const LogEnd& end) {
  return end.index >= Offset(0) && end.term >= Term(0) &&
         (end.index == Offset(0)) == (end.term == Term(0));
}

// One whole batch; if it is the quorum's own, one that can be read.
bool makes_sense(ByteSpan batch) {
  const auto header = BatchHeader::parse(batch);
  if (!header || header->size() != batch.size() || !batch_crc_matches(batch)) return false;
  return !header->is_control() || voters_in(batch);
}

bool makes_sense(const AppendRequest& append, Term term) {
  if (!makes_sense(append.prev) || append.prev.term > term || append.commit < Offset(0))
    return false;
  LogEnd last = append.prev;
  for (const Entry& entry : append.entries) {
    if (entry.index != last.index + 1 || entry.term < last.term || entry.term < Term(1) ||
        entry.term > term || !makes_sense(entry.batch.span()))
      return false;
    last = {entry.index, entry.term};
  }
  return true;
}

}  // namespace

bool makes_sense(const Message& message) {
  if (message.term < Term(0)) return false;
  return std::visit(
      [&](const auto& body) {
        using T = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<T, AppendRequest>)
          return makes_sense(body, message.term);
        else if constexpr (std::is_same_v<T, AppendReply>)
          return body.index >= Offset(0) && makes_sense(body.hint);
        else if constexpr (requires { body.end; })
          return makes_sense(body.end) && body.end.term <= message.term;
        else
          return true;
      },
      message.body);
}

std::string_view kind_of(const Message& message) {
  static constexpr std::string_view kNames[] = {"vote request", "vote reply", "append",
                                                "append reply", "snapshot",   "fetch",
                                                "elsewhere",    "timeout now"};
  return kNames[message.body.index()];
}

}  // namespace ropewalk::quorum
