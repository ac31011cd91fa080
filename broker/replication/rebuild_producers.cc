#include "broker/replication/rebuild_producers.h"

#include <algorithm>
#include <utility>

#include "broker/log/checkpoint.h"
#include "broker/log/log_read.h"
#include "broker/replication/producer_state.h"

namespace ropewalk::replication {

Task<Result<std::string>> rebuild_producers(env::FileSystem& files, std::string folder,
                                            log::LogViewPtr view, std::size_t producers_max) {
  ProducerState producers(producers_max);
  Offset from = view->log_start;
  const auto checkpoint = co_await log::load_checkpoint(files, std::move(folder));
  if (checkpoint && checkpoint->offset <= view->readable_end) {
    if (!checkpoint->producer_state.empty())
      CO_TRY_VOID(producers.decode(checkpoint->producer_state));
    from = std::max(from, checkpoint->offset);
  } else if (!checkpoint && checkpoint.error().code != Errc::not_found) {
    co_return fail(checkpoint.error());
  }
  log::ReadLimits limits;
  limits.upper_bound = view->readable_end;
  while (from < view->readable_end) {
    CO_TRY(const SharedBytes bytes, co_await log::read_bytes(view, from, limits));
    if (bytes.empty())
      co_return fail(Errc::corrupt, "no batch at offset {} of a log that ends at {}", from,
                     view->readable_end);
    for (ByteSpan rest = bytes.span(); !rest.empty();) {
      CO_TRY(const BatchHeader header, BatchHeader::parse(rest));
      rest = rest.subspan(header.size());
      // The first may begin before: it is in the checkpoint already.
      if (header.base_offset >= from) producers.record(header);
      from = std::max(from, header.next_offset());
    }
    producers.keep(from);
  }
  co_return producers.encode(view->readable_end);
}

}  // namespace ropewalk::replication
