#include "tests/support/fetch_records.h"

#include <iterator>
#include <utility>

#include "common/records/record_reader.h"
#include "common/wire/errors.h"
#include "common/wire/records_last.h"

namespace ropewalk::support {
namespace {

constexpr std::size_t kUncompressedMax = 1 << 24;

// The batches in `bytes`, from the fetch's offset on.
Result<void> take_batches(ByteSpan bytes, Fetched& into) {
  const std::int64_t wanted = into.next;
  while (!bytes.empty()) {
    TRY(const auto header, BatchHeader::parse(bytes));
    if (header.size() > bytes.size()) return fail(Errc::corrupt, "a batch is cut off");
    const ByteSpan batch = bytes.first(header.size());
    if (!batch_crc_matches(batch)) return fail(Errc::corrupt, "checksum at {}", into.next);
    TRY(auto reader, RecordReader::open(batch, kUncompressedMax));
    for (;;) {
      TRY(auto record, reader.next());
      if (!record) break;
      if (record->offset.value() < wanted) continue;
      into.records.push_back({record->offset.value(), std::string(as_text(record->value.value()))});
    }
    into.next = header.next_offset().value();
    bytes = bytes.subspan(header.size());
  }
  return {};
}

}  // namespace

v1::FetchRequest fetch_request(const FetchFrom& from) {
  v1::FetchRequest request;
  request.set_session_epoch(-1);
  request.set_max_bytes(from.bytes_max);
  request.set_max_wait_ms(static_cast<std::int32_t>(from.wait_max.count()));
  auto* wanted = request.add_partitions();
  wanted->set_topic_id(from.topic_id);
  wanted->set_partition(from.partition);
  wanted->set_fetch_offset(from.offset);
  return request;
}

Result<Fetched> fetch_records(NativeClient& client, const FetchFrom& from) {
  TRY(const auto frame, client.exchange(v1::API_FETCH, fetch_request(from)));
  TRY(const auto body, (wire::slice_body<v1::FetchResponse, v1::FetchedPartition>(frame.body, 1)));
  if (body.parts.size() != 1) return fail(Errc::invalid_request, "no partition in the reply");
  const auto& part = body.parts.front();
  if (part.fields.has_error()) return std::unexpected(wire::from_proto(part.fields.error()));
  Fetched fetched;
  fetched.next = from.offset;
  fetched.high_watermark = part.fields.high_watermark();
  TRY_VOID(take_batches(part.records.span(), fetched));
  return fetched;
}

Result<std::vector<StoredRecord>> read_partition(NativeClient& client, const std::string& topic_id,
                                                 std::int32_t partition) {
  std::vector<StoredRecord> records;
  for (std::int64_t next = 0;;) {
    TRY(auto fetched,
        fetch_records(client, {.topic_id = topic_id, .partition = partition, .offset = next}));
    if (fetched.next == next && next != fetched.high_watermark)
      return fail(Errc::corrupt, "nothing at {} below the high watermark {}", next,
                  fetched.high_watermark);
    if (fetched.next == next) return records;
    records.insert(records.end(), std::make_move_iterator(fetched.records.begin()),
                   std::make_move_iterator(fetched.records.end()));
    next = fetched.next;
  }
}

}  // namespace ropewalk::support
