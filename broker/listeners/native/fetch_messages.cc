#include "broker/listeners/native/fetch_messages.h"

#include <chrono>
#include <memory>
#include <utility>

#include "broker/listeners/native/common_messages.h"
#include "common/wire/records_last.h"

namespace ropewalk::native {
namespace {

constexpr std::int32_t kFetchWaitMsMax = 300'000;

Result<service::IsolationLevel> isolation_of(v1::IsolationLevel level) {
  switch (level) {
    case v1::READ_UNCOMMITTED:
      return service::IsolationLevel::read_uncommitted;
    case v1::READ_COMMITTED:
      return service::IsolationLevel::read_committed;
    default:
      return fail(Errc::invalid_request, "isolation level {}", static_cast<int>(level));
  }
}

Result<service::OffsetQuery> query_of(v1::OffsetQuery query) {
  switch (query) {
    case v1::OFFSET_LATEST:
      return service::OffsetQuery::latest;
    case v1::OFFSET_EARLIEST:
      return service::OffsetQuery::earliest;
    case v1::OFFSET_BY_TIMESTAMP:
      return service::OffsetQuery::by_timestamp;
    case v1::OFFSET_MAX_TIMESTAMP:
      return service::OffsetQuery::max_timestamp;
    default:
      return fail(Errc::invalid_request, "offset query {}", static_cast<int>(query));
  }
}

v1::FetchedPartition small_fields(const service::FetchResult& result) {
  v1::FetchedPartition fields;
  fields.set_topic_id(result.topic.id.to_bytes());
  fields.set_partition(result.partition);
  set_error_of(fields, result.error);
  set_hint_of(fields, result.current_leader);
  fields.set_high_watermark(result.high_watermark.value());
  fields.set_last_stable_offset(result.last_stable.value());
  fields.set_log_start_offset(result.log_start.value());
  if (result.diverging) {
    v1::DivergingEpoch& diverging = *fields.mutable_diverging();
    diverging.set_epoch(result.diverging->epoch.value());
    diverging.set_end_offset(result.diverging->end.value());
  }
  return fields;
}

}  // namespace

Result<service::FetchRequest> read_fetch(const v1::FetchRequest& message) {
  service::FetchRequest request;
  if (message.max_wait_ms() < 0 || message.min_bytes() < 0 || message.max_bytes() < 0) {
    return fail(Errc::invalid_request, "max_wait_ms {}, min_bytes {}, max_bytes {}",
                message.max_wait_ms(), message.min_bytes(), message.max_bytes());
  }
  request.wait_max = std::chrono::milliseconds(std::min(message.max_wait_ms(), kFetchWaitMsMax));
  request.bytes_min = static_cast<std::size_t>(std::max(message.min_bytes(), 1));
  if (message.max_bytes() > 0) request.bytes_max = static_cast<std::size_t>(message.max_bytes());
  TRY(request.isolation, isolation_of(message.isolation_level()));
  request.session_id = message.session_id();
  request.session_epoch = message.session_epoch();
  request.partitions.reserve(static_cast<std::size_t>(message.partitions_size()));
  for (const auto& asked : message.partitions()) {
    if (asked.max_bytes() < 0) {
      return fail(Errc::invalid_request, "max_bytes {} of a partition", asked.max_bytes());
    }
    service::FetchPartition partition;
    TRY_VOID(read_target(asked, partition));
    partition.fetch_offset = Offset(asked.fetch_offset());
    partition.bytes_max = static_cast<std::size_t>(asked.max_bytes());
    if (asked.last_fetched_epoch() < 0) {
      return fail(Errc::invalid_request, "last_fetched_epoch {}: absent where it is not known",
                  asked.last_fetched_epoch());
    }
    if (asked.has_last_fetched_epoch())
      partition.last_epoch = LeaderEpoch(asked.last_fetched_epoch());
    partition.again = asked.again();
    request.partitions.push_back(std::move(partition));
  }
  TRY_VOID(check_each_once(request.partitions));
  request.forgotten.reserve(static_cast<std::size_t>(message.forgotten_size()));
  for (const auto& left : message.forgotten()) {
    TRY(auto topic, topic_of_id(left.topic_id()));
    request.forgotten.push_back({.topic = std::move(topic), .partition = left.partition()});
  }
  return request;
}

std::vector<env::Chunk> write_fetch(const v1::ResponseHeader& header,
                                    service::FetchResponse response) {
  v1::FetchResponse body;
  body.set_session_id(response.session_id);
  std::vector<v1::FetchedPartition> fields;
  fields.reserve(response.partitions.size());
  std::vector<wire::PartToWrite> parts;
  parts.reserve(response.partitions.size());
  for (const auto& result : response.partitions) {
    fields.push_back(small_fields(result));
    parts.push_back({&fields.back(), result.records_bytes});
  }
  const wire::RecordsLastFrame frame = wire::write_records_last(header, body, parts);

  // The charge for memory lasts until everything is sent: the small pieces carry it.
  struct Sending {
    service::FetchResponse response;
    SharedBytes small;
  };
  const auto sending = std::make_shared<Sending>();
  std::vector<env::Chunk> chunks;
  for (const auto& piece : frame.pieces) {
    sending->small = piece.small;  // All pieces share one buffer.
    chunks.emplace_back(SharedBytes(sending, piece.small.span()));
    if (piece.part == wire::RecordsLastFrame::kNoPart) continue;
    for (auto& chunk : response.partitions[piece.part].records) chunks.push_back(std::move(chunk));
  }
  response.partitions.clear();
  sending->response = std::move(response);
  return chunks;
}

Result<std::vector<service::ListOffsetsPartition>> read_list_offsets(
    const v1::ListOffsetsRequest& message) {
  TRY_VOID(isolation_of(message.isolation_level()));
  std::vector<service::ListOffsetsPartition> partitions;
  partitions.reserve(static_cast<std::size_t>(message.partitions_size()));
  for (const auto& asked : message.partitions()) {
    service::ListOffsetsPartition partition;
    TRY_VOID(read_target(asked, partition));
    TRY(partition.query, query_of(asked.query()));
    partition.timestamp_ms = asked.timestamp_ms();
    partitions.push_back(std::move(partition));
  }
  return partitions;
}

v1::ListOffsetsResponse write_list_offsets(const v1::ListOffsetsRequest& request,
                                           const std::vector<service::ListedOffset>& offsets) {
  ENSURE(offsets.size() == static_cast<std::size_t>(request.partitions_size()),
         "{} answers to {} partitions", offsets.size(), request.partitions_size());
  v1::ListOffsetsResponse message;
  for (std::size_t i = 0; i < offsets.size(); i++) {
    const auto& asked = request.partitions(static_cast<int>(i));
    v1::ListedOffset& into = *message.add_partitions();
    write_target(asked, offsets[i], into);
    into.set_offset(offsets[i].offset.value());
    into.set_timestamp_ms(offsets[i].timestamp_ms);
    into.set_leader_epoch(offsets[i].leader_epoch.value());
  }
  return message;
}

Result<std::vector<service::DeleteRecordsPartition>> read_delete_records(
    const v1::DeleteRecordsRequest& message) {
  std::vector<service::DeleteRecordsPartition> partitions;
  partitions.reserve(static_cast<std::size_t>(message.partitions_size()));
  for (const auto& asked : message.partitions()) {
    service::DeleteRecordsPartition partition;
    TRY_VOID(read_target(asked, partition));
    partition.before = Offset(asked.before_offset());
    partitions.push_back(std::move(partition));
  }
  return partitions;
}

v1::DeleteRecordsResponse write_delete_records(
    const v1::DeleteRecordsRequest& request, const std::vector<service::DeletedRecords>& deleted) {
  ENSURE(deleted.size() == static_cast<std::size_t>(request.partitions_size()),
         "{} answers to {} partitions", deleted.size(), request.partitions_size());
  v1::DeleteRecordsResponse message;
  for (std::size_t i = 0; i < deleted.size(); i++) {
    const auto& asked = request.partitions(static_cast<int>(i));
    v1::DeletedRecords& into = *message.add_partitions();
    write_target(asked, deleted[i], into);
    into.set_log_start(deleted[i].log_start.value());
  }
  return message;
}

}  // namespace ropewalk::native
