// The loads. Each takes its numbers from the command line and returns its figures; a failed call
// ends the program with words (status 1).
#pragma once

#include <vector>

#include "tests/bench/arguments.h"

namespace ropewalk::bench {

// Makes a topic and prints nothing: --port --topic NAME --partitions --durability.
Figures create_topic(const Arguments& arguments);

// One connection, one partition, --inflight requests of pre-built batches of --records records of
// --bytes bytes in --codec, --mb of payload. Then reads all of it back, --fetch bytes at a time.
// CPU of --pid. Figures: produce_cpu_s_gb, produce_mb_s, consume_cpu_s_gb, consume_mb_s.
Figures throughput(const Arguments& arguments);

// One request of one record in flight for --seconds. Figures: p50_us, p99_us, per_second.
Figures latency(const Arguments& arguments);

// --producers connections, one request of one record in flight each, over --partitions partitions,
// for --seconds. Figures: as latency, and records: how many were acknowledged.
Figures many(const Arguments& arguments);

// A program of the client library: one thread sends --records records of --bytes bytes to partition
// 0 of --topic and counts what on_delivered tells. CPU of the whole process, until all is
// acknowledged. Figures: cpu_us_per_record, records_per_second.
Figures client_produce(const Arguments& arguments);

// Two sockets on the loopback, --bytes there and 24 back. Figures: p50_us, p99_us.
Figures raw_ping_pong(const Arguments& arguments);

// Appends --bytes and fdatasyncs, to --files files by --threads threads, in --directory, for
// --seconds. Figures: p50_us, p99_us of one write + fdatasync.
Figures raw_sync(const Arguments& arguments);

// Percentiles of times in nanoseconds.
void add_percentiles(Figures& figures, std::vector<std::int64_t>& times);

}  // namespace ropewalk::bench
