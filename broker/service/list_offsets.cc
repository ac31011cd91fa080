#include "broker/service/list_offsets.h"

#include <utility>

#include "broker/metadata/metadata_view.h"
#include "broker/replication/offset_by_time.h"
#include "broker/replication/partition_read.h"
#include "broker/service/ask_leaders.h"

namespace ropewalk::service {
namespace {

// As Kafka does (KIP-207): ends never go back for who asks.
Error end_is_not_known() {
  return {Errc::offset_not_available,
          "a new leader does not know yet up to where its predecessors had committed"};
}

bool asks_for_time(const ListOffsetsPartition& wanted) {
  return wanted.query == OffsetQuery::by_timestamp || wanted.query == OffsetQuery::max_timestamp;
}

Task<Result<std::optional<replication::TimedOffset>>> look_up(const ListOffsetsPartition wanted,
                                                              const replication::Looked found,
                                                              std::size_t uncompressed_bytes_max) {
  if (wanted.query == OffsetQuery::by_timestamp)
    co_return co_await replication::first_since(found.view, wanted.timestamp_ms,
                                                found.high_watermark, uncompressed_bytes_max);
  co_return co_await replication::latest_time(found.view, found.high_watermark,
                                              uncompressed_bytes_max);
}

// What the leader's replica, as it was found, says.
Task<ListedOffset> read_off(const ListOffsetsPartition wanted, const replication::Looked found,
                            std::size_t uncompressed_bytes_max) {
  ListedOffset listed;
  if (asks_for_time(wanted)) {
    const auto timed = co_await look_up(wanted, found, uncompressed_bytes_max);
    if (!timed) {
      listed.error = replication::told_of(timed.error());
    } else if (*timed) {
      listed.offset = (*timed)->offset;
      listed.timestamp_ms = (*timed)->timestamp_ms;
      listed.leader_epoch = (*timed)->leader_epoch;
    } else if (found.watermark_is_behind) {
      listed.error = end_is_not_known();
    }
    co_return listed;
  }
  const bool latest = wanted.query == OffsetQuery::latest;
  if (latest && found.watermark_is_behind) {
    listed.error = end_is_not_known();
    co_return listed;
  }
  listed.offset = latest ? found.high_watermark : found.log_start;
  listed.leader_epoch = found.leader_epoch;
  co_return listed;
}

}  // namespace

Task<std::vector<ListedOffset>> ListOffsets::handle(security::RequestContext context,
                                                    std::vector<ListOffsetsPartition> request) {
  std::vector<ListedOffset> answer(request.size());
  std::vector<TopicPartition> ids(request.size());
  const metadata::ImagePtr image = parts_.metadata.get();
  const auto look_for = [](const ListOffsetsPartition& wanted) {
    return replication::Look{.expected_epoch = wanted.leader_epoch,
                             .whole_view = asks_for_time(wanted)};
  };
  const auto looks = ask_leaders(parts_, context, *image, request, answer, ids, look_for);
  const auto answered = co_await looks->answered();
  for (std::size_t i = 0; i < request.size(); i++) {
    ListedOffset& listed = answer[i];
    if (listed.error.code == Errc::none) {
      const replication::Looked& found = looks->found(i);
      listed.error = answered ? found.error : answered.error();
      if (listed.error.code == Errc::none)
        listed = co_await read_off(request[i], found, parts_.limits.uncompressed_bytes_max);
    }
    if (wants_leader_hint(listed.error.code))
      listed.current_leader = leader_hint(parts_, context, *image, ids[i]);
  }
  co_return answer;
}

}  // namespace ropewalk::service
