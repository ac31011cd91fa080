// What a client, a producer and a consumer have done so far: plain numbers, counted since each was
// made. Taking them is cheap and may be done on any thread, also after closing; the numbers of one
// snapshot are each right, but not of one instant.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ropewalk {

struct RequestStatistics {
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;  // No answer, or one that refused the request as a whole.
  std::size_t in_flight = 0;
  // From handing a request to its connection to the answer; of those that were answered. A fetch
  // waits at the broker, up to fetch_wait_max, and that counts; with Acks::none it is the writing.
  std::chrono::microseconds latency_average{0};
  std::chrono::microseconds latency_max{0};
};

struct ClientStatistics {
  std::uint64_t connections_opened = 0;  // Connected and negotiated.
  std::uint64_t reconnects = 0;          // Attempts in place of a connection that had closed.
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t retries = 0;  // Of what any broker can answer: metadata, topics, producer ids.
  // Exceptions that left a callback of the program.
  std::uint64_t callback_failures = 0;
  RequestStatistics requests;  // Of all kinds, but for the first of each connection.
};

struct ProducerStatistics {
  std::uint64_t records_sent = 0;          // That send() took.
  std::uint64_t records_acknowledged = 0;  // With Acks::none: written to the connection.
  std::uint64_t records_failed = 0;        // Their deliveries failed, also at once, also dropped.
  std::uint64_t records_dropped = 0;       // By WhenFull::drop_oldest.
  std::uint64_t bytes_sent = 0;            // Of batches as they travel, each attempt.
  std::uint64_t bytes_acknowledged = 0;    // Of batches as they travel.
  std::uint64_t batches_sent = 0;          // Attempts.
  std::uint64_t batches_acknowledged = 0;
  std::uint64_t retries = 0;  // Attempts after a batch's first.
  std::size_t records_buffered = 0;
  std::size_t bytes_buffered = 0;  // What buffer_bytes bounds.
  RequestStatistics requests;      // Produces only.
};

struct ConsumerStatistics {
  std::uint64_t records_consumed = 0;  // That poll() gave.
  std::uint64_t bytes_consumed = 0;    // Of their keys, values and headers.
  std::uint64_t batches_fetched = 0;
  std::uint64_t bytes_fetched = 0;  // Of batches as they travel.
  std::uint64_t retries = 0;        // Fetches of a partition that had to be made again.
  std::size_t bytes_buffered = 0;   // Fetched and not polled: what prefetch_bytes bounds.
  std::size_t partitions_assigned = 0;
  std::size_t partitions_paused = 0;
  RequestStatistics requests;  // Fetches only.
};

}  // namespace ropewalk
