// Sends records: batches them by partition, compresses, sends them to the partitions' leaders, and
// repeats what failed, without reordering and without duplicates.
//
// All functions may be called from several threads; records of one thread to one partition keep
// their order. Memory is bounded by buffer_bytes.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "ropewalk/client.h"
#include "ropewalk/pending.h"
#include "ropewalk/types.h"

namespace ropewalk {

namespace client {
class ProducerShell;
}

struct ProducerOptions {
  Acks acks = Acks::all;
  // Brokers recognise batches that come twice. Needs Acks::all: with others it is off.
  bool idempotent = true;
  Compression compression = Compression::none;
  // A batch is sent when it is this large or this old.
  std::size_t batch_bytes = 64 << 10;
  std::chrono::milliseconds linger{5};
  // The largest record, encoded. A broker has its own limit (max.message.bytes).
  std::size_t record_bytes_max = 1 << 20;
  // Of all records that are not delivered yet. At the limit send() waits up to block_max.
  std::size_t buffer_bytes = 32 << 20;
  std::chrono::milliseconds block_max{60'000};
  // From send() to the last attempt; then the delivery fails.
  std::chrono::milliseconds delivery_timeout{120'000};
  // Requests on their way to one broker. Idempotent producers use at most 5.
  std::size_t requests_in_flight_max = 5;
};

class Producer {
 public:
  Producer(Client& client, ProducerOptions options = {});
  // Closes without flushing.
  ~Producer();
  Producer(Producer&&) noexcept;
  Producer& operator=(Producer&&) noexcept;

  // Takes the record; the delivery tells what became of it. Never fails itself: what is wrong with
  // the record is the delivery's error at once. Errors of a delivery: invalid_topic,
  // unknown_topic_or_partition, message_too_large, budget_exceeded (the buffer stayed full for
  // block_max; on the I/O thread: is full), unsupported_compression_type, request_timed_out
  // (delivery_timeout: it may or may not be stored), closed, and the broker's.
  Delivery send(Record record);

  // Sends everything at once and waits until all deliveries of records sent before are decided.
  // Errors: request_timed_out. Failed deliveries are no error of flush().
  Result<void> flush(std::chrono::nanoseconds timeout = std::chrono::hours(24));

  // Flushes, then refuses further records (closed). After the timeout what is left fails with
  // closed. Errors: request_timed_out.
  Result<void> close(std::chrono::nanoseconds timeout = std::chrono::seconds(30));

 private:
  std::shared_ptr<client::ProducerShell> shell_;
};

}  // namespace ropewalk
