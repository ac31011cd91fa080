#include "broker/replication/replica_messages.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "broker/rpc/peer_records.h"
#include "ropewalk/internal/replica.pb.h"
#include "ropewalk/v1/header.pb.h"

namespace ropewalk::replication {
namespace {

// Of an answer: more than a broker can hold.
constexpr std::size_t kPartsMax = 1'000'000;

template <class Message>
void put_id(const TopicPartition& id, Message& into) {
  into.set_topic(id.topic.to_bytes());
  into.set_partition(id.partition);
}

template <class Message>
Result<TopicPartition> take_id(const Message& from) {
  TRY(const Uuid topic, Uuid::from_bytes(from.topic()));
  if (from.partition() < 0) return fail(Errc::malformed_frame, "partition {}", from.partition());
  return TopicPartition{TopicId(topic), from.partition()};
}

void put_error(const Error& error, internal::ReplicaError& into) {
  into.set_code(static_cast<std::int32_t>(error.code));
  into.set_context(error.context);
}

template <class Message>
Result<void> parse(ByteSpan body, Message& into) {
  const bool fits = body.size() <= std::numeric_limits<int>::max();
  if (!fits || !into.ParseFromArray(body.data(), static_cast<int>(body.size())))
    return fail(Errc::malformed_frame, "{} bytes are no {}", body.size(), into.GetTypeName());
  return {};
}

void put_ends(const ReplicaEnds& ends, internal::ReplicaEnds& into) {
  into.set_generation(ends.generation);
  into.set_log_end(ends.log_end.value());
  into.set_durable_end(ends.durable_end.value());
}

ReplicaEnds take_ends(const internal::ReplicaEnds& from) {
  return {from.generation(), Offset(from.log_end()), Offset(from.durable_end())};
}

void put_want(const ReplicaWant& want, internal::ReplicaWant& into) {
  put_id(want.id, into);
  into.set_leader_epoch(want.leader_epoch.value());
  if (const auto* const end = std::get_if<AskEpochEnd>(&want.request)) {
    into.set_end_of_epoch(end->epoch.value());
  } else {
    const auto& fetch = std::get<FetchFrom>(want.request);
    into.set_from(fetch.from.value());
    if (fetch.last_epoch != kNoLeaderEpoch) into.set_last_epoch(fetch.last_epoch.value());
  }
  if (want.ends) put_ends(*want.ends, *into.mutable_ends());
  into.set_high_watermark(want.high_watermark.value());
  into.set_log_start(want.log_start.value());
}

Result<ReplicaWant> take_want(const internal::ReplicaWant& from) {
  ReplicaWant want;
  TRY(want.id, take_id(from));
  want.leader_epoch = LeaderEpoch(from.leader_epoch());
  switch (from.request_case()) {
    case internal::ReplicaWant::kEndOfEpoch:
      want.request = AskEpochEnd{LeaderEpoch(from.end_of_epoch())};
      break;
    case internal::ReplicaWant::kFrom:
      want.request =
          FetchFrom{Offset(from.from()),
                    from.has_last_epoch() ? LeaderEpoch(from.last_epoch()) : kNoLeaderEpoch};
      break;
    case internal::ReplicaWant::REQUEST_NOT_SET:
      return fail(Errc::malformed_frame, "a follower wants nothing of {}", want.id);
  }
  if (from.has_ends()) want.ends = take_ends(from.ends());
  want.high_watermark = Offset(from.high_watermark());
  want.log_start = Offset(from.log_start());
  return want;
}

template <class Message>
SharedBytes serialised(const Message& message) {
  return SharedBytes(message.SerializeAsString());
}

internal::ReplicaFetched small_fields(const ReplicaNews& news) {
  internal::ReplicaFetched fields;
  put_id(news.id, fields);
  if (news.error.code != Errc::none) put_error(news.error, *fields.mutable_error());
  fields.set_leader_epoch(news.leader_epoch.value());
  fields.set_high_watermark(news.high_watermark.value());
  fields.set_log_start(news.log_start.value());
  fields.set_log_end(news.log_end.value());
  if (news.epoch_end) {
    fields.set_epoch(news.epoch_end->epoch.value());
    fields.set_epoch_end(news.epoch_end->end.value());
  }
  if (news.begin_at) fields.set_begin_at(news.begin_at->value());
  return fields;
}

Result<ReplicaNews> take_news(const internal::ReplicaFetched& fields) {
  ReplicaNews news;
  TRY(news.id, take_id(fields));
  if (fields.has_error()) news.error = {Errc(fields.error().code()), fields.error().context()};
  news.leader_epoch = LeaderEpoch(fields.leader_epoch());
  news.high_watermark = Offset(fields.high_watermark());
  news.log_start = Offset(fields.log_start());
  news.log_end = Offset(fields.log_end());
  if (fields.has_epoch())
    news.epoch_end = EpochEnd{LeaderEpoch(fields.epoch()), Offset(fields.epoch_end())};
  if (fields.has_begin_at()) news.begin_at = Offset(fields.begin_at());
  return news;
}

Result<std::vector<ReplicaBatch>> split_batches(const SharedBytes& records) {
  std::vector<ReplicaBatch> batches;
  std::size_t at = 0;
  while (at < records.size()) {
    TRY(const BatchHeader header, BatchHeader::parse(records.span().subspan(at)));
    if (header.size() > records.size() - at)
      return fail(Errc::corrupt_message, "a batch of {} bytes, {} are left", header.size(),
                  records.size() - at);
    SharedBytes bytes = records.slice(at, header.size());
    if (!batch_crc_matches(bytes.span()))
      return fail(Errc::corrupt_message, "the batch at offset {} does not have its checksum",
                  header.base_offset);
    TRY(auto batch, log::StampedBatch::replicated(std::move(bytes)));
    batches.push_back({header, std::move(batch)});
    at += header.size();
  }
  return batches;
}

}  // namespace

SharedBytes encode_fetch(const ReplicaFetch& fetch) {
  internal::ReplicaFetchRequest message;
  message.set_session(fetch.session);
  message.set_sequence(fetch.sequence);
  message.set_max_wait_ms(static_cast<std::int32_t>(fetch.wait_max.count()));
  message.set_max_bytes(static_cast<std::int32_t>(
      std::min<std::size_t>(fetch.bytes_max, std::numeric_limits<std::int32_t>::max())));
  for (const ReplicaWant& want : fetch.wants) put_want(want, *message.add_wants());
  for (const TopicPartition& id : fetch.forgotten) put_id(id, *message.add_forgotten());
  return serialised(message);
}

Result<ReplicaFetch> decode_fetch(ByteSpan body) {
  internal::ReplicaFetchRequest message;
  TRY_VOID(parse(body, message));
  if (message.max_wait_ms() < 0 || message.max_bytes() < 0)
    return fail(Errc::malformed_frame, "max_wait_ms {}, max_bytes {}", message.max_wait_ms(),
                message.max_bytes());
  ReplicaFetch fetch{.session = message.session(),
                     .sequence = message.sequence(),
                     .wait_max = std::chrono::milliseconds(message.max_wait_ms()),
                     .bytes_max = static_cast<std::size_t>(message.max_bytes()),
                     .wants = {},
                     .forgotten = {}};
  fetch.wants.reserve(static_cast<std::size_t>(message.wants_size()));
  for (const auto& want : message.wants()) {
    TRY(fetch.wants.emplace_back(), take_want(want));
  }
  for (const auto& name : message.forgotten()) {
    TRY(fetch.forgotten.emplace_back(), take_id(name));
  }
  return fetch;
}

std::vector<env::Chunk> write_answer(const v1::ResponseHeader& header, ReplicaAnswer answer) {
  const internal::ReplicaFetchResponse body;
  std::vector<internal::ReplicaFetched> fields;
  fields.reserve(answer.news.size());
  std::vector<rpc::PartToWrite> parts;
  parts.reserve(answer.news.size());
  for (std::size_t i = 0; i < answer.news.size(); i++) {
    fields.push_back(small_fields(answer.news[i]));
    parts.push_back({&fields.back(), answer.records[i].bytes});
  }
  std::vector<env::Chunk> chunks;
  for (auto& piece : rpc::write_records_last(header, body, parts).pieces) {
    chunks.emplace_back(std::move(piece.small));
    if (piece.part == rpc::RecordsLastFrame::kNoPart) continue;
    for (env::Chunk& chunk : answer.records[piece.part].chunks) chunks.push_back(std::move(chunk));
  }
  return chunks;
}

std::size_t ReceivedNews::bytes() const {
  std::size_t sum = 0;
  for (const ReplicaBatch& batch : batches) sum += batch.batch.size();
  return sum;
}

Result<std::vector<ReceivedNews>> read_answer(const SharedBytes& body) {
  using Sliced = rpc::Sliced<internal::ReplicaFetchResponse, internal::ReplicaFetched>;
  TRY(const Sliced sliced,
      (rpc::slice_body<internal::ReplicaFetchResponse, internal::ReplicaFetched>(body, kPartsMax)));
  std::vector<ReceivedNews> all;
  all.reserve(sliced.parts.size());
  for (const auto& part : sliced.parts) {
    ReceivedNews& received = all.emplace_back();
    TRY(received.news, take_news(part.fields));
    auto batches = split_batches(part.records);
    if (batches)
      received.batches = std::move(*batches);
    else
      received.news.error = std::move(batches).error();
  }
  return all;
}

SharedBytes encode_progress(const std::vector<ReplicaProgress>& progress) {
  internal::ReplicaProgress message;
  for (const ReplicaProgress& one : progress) {
    auto& into = *message.add_partitions();
    put_id(one.id, into);
    into.set_leader_epoch(one.leader_epoch.value());
    put_ends(one.ends, *into.mutable_ends());
  }
  return serialised(message);
}

Result<std::vector<ReplicaProgress>> decode_progress(ByteSpan body) {
  internal::ReplicaProgress message;
  TRY_VOID(parse(body, message));
  std::vector<ReplicaProgress> all;
  all.reserve(static_cast<std::size_t>(message.partitions_size()));
  for (const auto& one : message.partitions()) {
    TRY(const TopicPartition id, take_id(one));
    all.push_back({id, LeaderEpoch(one.leader_epoch()), take_ends(one.ends())});
  }
  return all;
}

}  // namespace ropewalk::replication
