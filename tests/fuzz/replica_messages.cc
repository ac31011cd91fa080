// What followers and leaders of partitions say to each other, and the records that they hand on.
#include "broker/replication/replica_messages.h"

#include <string>

#include "common/records/batch_builder.h"
#include "ropewalk/v1/header.pb.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

using namespace replication;

enum class Kind : char { fetch, progress, answer, records };
constexpr std::size_t kKinds = 4;

TopicPartition some_partition() {
  TopicPartition id;
  id.topic.bytes.fill(7);
  id.partition = 3;
  return id;
}

void read_fetch(std::string_view bytes) {
  const auto fetch = decode_fetch(as_bytes(bytes));
  if (!fetch) return;
  const auto again = decode_fetch(encode_fetch(*fetch).span());
  ENSURE(again && *again == *fetch, "another fetch when sent");
}

void read_progress(std::string_view bytes) {
  const auto progress = decode_progress(as_bytes(bytes));
  if (!progress) return;
  const auto again = decode_progress(encode_progress(*progress).span());
  ENSURE(again && *again == *progress, "another progress when sent");
}

// The body of an answer: behind the frame's length and its empty header.
std::string answer_with(std::string_view records) {
  ReplicaAnswer answer;
  answer.news.push_back({.id = some_partition(),
                         .leader_epoch = LeaderEpoch(2),
                         .high_watermark = Offset(9),
                         .log_start = Offset(1),
                         .log_end = Offset(20),
                         .epoch_end = EpochEnd{LeaderEpoch(1), Offset(5)},
                         .begin_at = Offset(4)});
  answer.records.emplace_back();
  if (!records.empty())
    answer.records[0] = {{SharedBytes::copy_of(as_bytes(records))}, records.size()};
  std::string frame;
  for (const env::Chunk& chunk : write_answer(v1::ResponseHeader(), std::move(answer)))
    frame += std::get<SharedBytes>(chunk).text();
  return frame.substr(5);
}

void read_records(std::string_view body) {
  const auto all = read_answer(SharedBytes::copy_of(as_bytes(body)));
  if (!all) return;
  std::size_t bytes = 0;
  for (const ReceivedNews& one : *all) {
    ENSURE(one.news.error.code == Errc::none || one.batches.empty(), "records beside an error");
    for (const ReplicaBatch& batch : one.batches) {
      ENSURE(batch.batch.size() >= kBatchHeaderBytes, "a batch of {} bytes", batch.batch.size());
      ENSURE(batch.header.next_offset() > batch.header.base_offset, "a batch without an offset");
      bytes += batch.batch.size();
    }
  }
  ENSURE(bytes <= body.size(), "{} bytes of records in {}", bytes, body.size());
}

std::string some_batches() {
  BatchBuilder builder;
  NewRecord record;
  record.timestamp = 1;
  record.value = as_bytes("value");
  builder.append(record);
  const SharedBytes batch = builder.finish(Codec::none, {}).value();
  return std::string(batch.text()) + std::string(batch.text());
}

std::string seed_of(Kind kind, std::string_view bytes) {
  return static_cast<char>(kind) + std::string(bytes);
}

}  // namespace

std::vector<Seed> seeds() {
  const ReplicaFetch fetch{.session = 77,
                           .sequence = 2,
                           .wait_max = std::chrono::milliseconds(500),
                           .bytes_max = 1 << 20,
                           .wants = {{.id = some_partition(),
                                      .leader_epoch = LeaderEpoch(4),
                                      .request = FetchFrom{Offset(17), LeaderEpoch(4)},
                                      .ends = ReplicaEnds{3, Offset(17), Offset(12)},
                                      .high_watermark = Offset(12),
                                      .log_start = Offset(0)},
                                     {.id = some_partition(),
                                      .request = AskEpochEnd{LeaderEpoch(0)},
                                      .high_watermark = Offset(0),
                                      .log_start = Offset(0)}},
                           .forgotten = {some_partition()}};
  const std::vector<ReplicaProgress> progress{
      {some_partition(), LeaderEpoch(4), {3, Offset(17), Offset(12)}}};
  return {{"fetch", seed_of(Kind::fetch, encode_fetch(fetch).text())},
          {"progress", seed_of(Kind::progress, encode_progress(progress).text())},
          {"answer", seed_of(Kind::answer, answer_with(some_batches()))},
          {"no_records", seed_of(Kind::answer, answer_with({}))},
          {"records", seed_of(Kind::records, some_batches())}};
}

}  // namespace ropewalk::fuzz

// The first byte: what it is. Records of `Kind::records` get the right checksums and an answer
// around them.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const auto kind = static_cast<Kind>(input.byte() % kKinds);
  if (kind == Kind::fetch) read_fetch(input.rest());
  if (kind == Kind::progress) read_progress(input.rest());
  if (kind == Kind::answer) read_records(input.rest());
  if (kind == Kind::records) read_records(answer_with(with_right_checksums(input.rest())));
  return 0;
}
