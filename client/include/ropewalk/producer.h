// Sends records: batches them by partition, compresses, sends them to the partitions' leaders, and
// repeats what failed, without reordering and without duplicates.
//
// All functions may be called from several threads; records of one thread to one partition keep
// their order. Memory is bounded by buffer_bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "ropewalk/client.h"
#include "ropewalk/delivery.h"
#include "ropewalk/statistics.h"
#include "ropewalk/types.h"

namespace ropewalk {

namespace client {
class ProducerShell;
}

// What send() does while buffer_bytes are used up.
enum class WhenFull : std::uint8_t {
  block,  // Waits up to block_max, then the delivery fails with budget_exceeded.
  fail,   // The delivery fails with budget_exceeded at once.
  // The oldest records that were never sent make room, a batch at a time: their deliveries fail
  // with cancelled, which no other record of a producer gets. If all is on its way: as fail.
  drop_oldest,
};

struct ProducerOptions {
  Acks acks = Acks::all;
  // Brokers recognise batches that come twice. Needs Acks::all: with others it is off.
  bool idempotent = true;
  Compression compression = Compression::none;
  // gzip 1 to 9, lz4 1 to 12, zstd -131072 to 22; as the codec's makers think best, if missing. One
  // that the codec does not know fails each delivery with invalid_request.
  std::optional<int> compression_level = {};
  // A batch is sent when it is this large or this old.
  std::size_t batch_bytes = 64 << 10;
  std::chrono::milliseconds linger{5};
  // The largest record, encoded. A broker has its own limit (max.message.bytes).
  std::size_t record_bytes_max = 1 << 20;
  // Of all records that are not delivered yet, and what happens at the limit.
  std::size_t buffer_bytes = 32 << 20;
  WhenFull when_full = WhenFull::block;
  std::chrono::milliseconds block_max{60'000};
  // From send() to the last attempt; then the delivery fails.
  std::chrono::milliseconds delivery_timeout{120'000};
  // Requests on their way to one broker. Idempotent producers use at most 5.
  std::size_t requests_in_flight_max = 5;

  // --- Code of the program's. It must not block nor use this producer, unless said otherwise. ---
  // Says to which of so many partitions (> 0) a record goes that names none; nothing: as without a
  // partitioner. On the sending thread or the I/O thread, never two at a time. A number that is no
  // partition fails the delivery with unknown_topic_or_partition, an exception with invalid_record.
  std::function<std::optional<std::int32_t>(const Record& record, std::int32_t partitions)>
      partitioner = {};
  // Sees each record first, in send(), on its thread, and may change it. An exception fails the
  // delivery with invalid_record, and the record is not sent.
  std::function<void(Record& record)> on_send = {};
  // Sees each record's fate before its delivery does (all records of a batch, then their
  // deliveries), once for each send(). Mostly on the I/O thread; on the sending one for what fails
  // at once or is dropped, on the closing one for what closing gives up; perhaps on two at a time.
  // `where` has partition -1 if none was chosen yet. May call send(); on the I/O thread that does
  // not wait. An exception is logged and counted (ClientStatistics::callback_failures); all else
  // carries on.
  std::function<void(const PartitionName& where, const Result<Delivered>& delivered)> on_delivered =
      {};
};

class Producer {
 public:
  Producer(Client& client, ProducerOptions options = {});
  // As close_now().
  ~Producer();
  Producer(Producer&&) noexcept;
  Producer& operator=(Producer&&) noexcept;

  // Takes the record; the delivery tells what became of it. Never fails itself: what is wrong with
  // the record is the delivery's error at once. Errors of a delivery:
  //   budget_exceeded    never sent: the buffer is full. Sending it again later helps.
  //   cancelled          never sent: dropped for newer ones (WhenFull::drop_oldest). Sending it
  //   again
  //                      helps, and may drop others.
  //   closed             this producer or its client was closed; it may or may not be stored. Only
  //                      another producer can send it, and then perhaps twice.
  //   request_timed_out  delivery_timeout passed; it may or may not be stored. What can pass was
  //                      tried again inside: sending it again may help, and may store it twice.
  //   invalid_topic, invalid_request, invalid_record, message_too_large,
  //   unsupported_compression_type, unknown_topic_or_partition (not there for 3 s), and what the
  //                      broker says for good: sending it again does not help until somebody
  //                      changes something.
  Delivery send(Record record);

  // Sends everything at once and waits until all deliveries of records sent before are decided.
  // Errors: request_timed_out; flushing again helps. Failed deliveries are no error of flush().
  Result<void> flush(std::chrono::nanoseconds timeout = std::chrono::hours(24));

  // Refuses further records (closed) and flushes. After the timeout what is left fails with closed.
  // Errors: request_timed_out (something was left). It is closed then too: trying again does not
  // help. Closing twice is fine.
  Result<void> close(std::chrono::nanoseconds timeout = std::chrono::seconds(30));
  // Closes without waiting: all that is not decided fails with closed. What was on its way may be
  // stored nevertheless.
  void close_now();

  ProducerStatistics statistics() const;

 private:
  std::shared_ptr<client::ProducerShell> shell_;
};

}  // namespace ropewalk
