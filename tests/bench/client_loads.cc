#include <atomic>
#include <cstddef>
#include <string>

#include "common/env/program_time.h"
#include "tests/bench/loads.h"
#include "tests/bench/must.h"
#include <ropewalk/client.h>
#include <ropewalk/producer.h>

namespace ropewalk::bench {

Figures client_produce(const Arguments& arguments) {
  const auto records = static_cast<std::uint64_t>(arguments.number("records"));
  const std::string topic = arguments.text("topic");
  const std::string value(static_cast<std::size_t>(arguments.number("bytes")), 'x');
  Client client = must(Client::connect({.brokers = {"127.0.0.1:" + arguments.text("port")}}));
  std::atomic<std::uint64_t> acknowledged{0};
  ProducerOptions options;
  options.on_delivered = [&](const PartitionName&, const Result<Delivered>& delivered) {
    if (delivered) acknowledged.fetch_add(1, std::memory_order_relaxed);
  };
  const auto began = env::program_now();
  const auto before = env::program_cpu();
  Producer producer(client, options);
  for (std::uint64_t number = 0; number < records; number++)
    static_cast<void>(producer.send({.topic = topic, .value = value, .partition = 0}));
  must(producer.close());
  const std::chrono::duration<double> took = env::program_now() - began;
  const std::chrono::duration<double, std::micro> cpu = env::program_cpu() - before;
  if (acknowledged != records) must(Result<void>(fail(Errc::closed, "records were not stored")));
  return {{"cpu_us_per_record", cpu.count() / static_cast<double>(records)},
          {"records_per_second", static_cast<double>(records) / took.count()}};
}

}  // namespace ropewalk::bench
