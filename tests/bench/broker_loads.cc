#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ranges>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>

#include "common/records/batch_header.h"
#include "common/wire/errors.h"
#include "common/wire/records_last.h"
#include "ropewalk/v1/metadata.pb.h"
#include "ropewalk/v1/offsets.pb.h"
#include "tests/bench/batches.h"
#include "tests/bench/loads.h"
#include "tests/bench/must.h"
#include "tests/support/native_client.h"
#include "tests/support/process.h"

namespace ropewalk::bench {
namespace {

using namespace std::chrono_literals;
using support::NativeClient;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = 30s;

NativeClient dial(const Arguments& arguments) {
  return must(
      NativeClient::connect(static_cast<std::uint16_t>(arguments.number("port")), kPatience));
}

std::string topic_id_of(NativeClient& client, const std::string& name) {
  v1::MetadataRequest request;
  request.add_topic_names(name);
  const auto reply = must(client.call<v1::MetadataResponse>(v1::API_METADATA, request));
  if (reply.topics_size() != 1 || reply.topics(0).has_error())
    must(Result<void>(fail(Errc::unknown_topic_or_partition, "{}", name)));
  return reply.topics(0).topic_id();
}

// A topic exists before its replicas are open.
void wait_for_leaders(NativeClient& client, const std::string& topic_id, std::int64_t partitions) {
  v1::ListOffsetsRequest request;
  for (std::int64_t p = 0; p < partitions; p++) {
    auto& asked = *request.add_partitions();
    asked.set_topic_id(topic_id);
    asked.set_partition(static_cast<std::int32_t>(p));
  }
  const auto give_up = Clock::now() + kPatience;
  for (;;) {
    const auto reply = must(client.call<v1::ListOffsetsResponse>(v1::API_LIST_OFFSETS, request));
    const auto closed = std::ranges::find_if(reply.partitions(),
                                             [](const auto& listed) { return listed.has_error(); });
    if (closed == reply.partitions().end()) return;
    if (Clock::now() > give_up) must(Result<void>(fail(wire::from_proto(closed->error()))));
    std::this_thread::sleep_for(1ms);
  }
}

std::int64_t since(Clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin).count();
}

// Ends the program unless the reply says that the batch was stored. Replies of one partition come
// in order, but nothing here depends on it.
void check_produced(NativeClient& client) {
  const auto frame = must(client.receive());
  if (frame.header.has_error())
    must(Result<void>(std::unexpected(wire::from_proto(frame.header.error()))));
  v1::ProduceResponse response;
  must(wire::parse(frame.body.span(), response));
  if (response.partitions(0).has_error())
    must(Result<void>(std::unexpected(wire::from_proto(response.partitions(0).error()))));
}

struct Shape {
  std::int64_t record_bytes;
  std::int64_t records;  // In a batch.
  std::int64_t batches;
  Codec codec = Codec::none;
  double payload_gb() const { return static_cast<double>(record_bytes * records * batches) / 1e9; }
};

void produce_all(NativeClient& client, const std::string& topic_id, const Shape& shape,
                 std::int64_t in_flight) {
  const auto batch = build_batch(shape.records, shape.record_bytes, shape.codec);
  std::vector<std::vector<std::byte>> frames;
  for (std::int64_t i = 0; i < in_flight; i++)
    frames.push_back(
        support::encode_produce({.correlation_id = i + 1, .topic_id = topic_id}, batch.span()));
  std::int64_t answered = 0;
  for (std::int64_t sent = 0; sent < shape.batches; sent++) {
    if (sent - answered == in_flight) {
      check_produced(client);
      answered++;
    }
    must(client.send(frames[static_cast<std::size_t>(sent % in_flight)]));
  }
  for (; answered < shape.batches; answered++) check_produced(client);
}

void consume_all(NativeClient& client, const std::string& topic_id, const Shape& shape,
                 std::int64_t fetch_bytes) {
  std::int64_t next = 0;
  while (next < shape.records * shape.batches) {
    v1::FetchRequest request;
    request.set_session_epoch(-1);
    request.set_max_bytes(static_cast<std::int32_t>(fetch_bytes));
    request.set_max_wait_ms(1000);
    auto* wanted = request.add_partitions();
    wanted->set_topic_id(topic_id);
    wanted->set_fetch_offset(next);
    const auto frame = must(client.exchange(v1::API_FETCH, request));
    auto body = must((wire::slice_body<v1::FetchResponse, v1::FetchedPartition>(frame.body, 1)));
    if (body.parts.front().fields.has_error())
      must(Result<void>(std::unexpected(wire::from_proto(body.parts.front().fields.error()))));
    ByteSpan rest = body.parts.front().records.span();
    while (!rest.empty()) {
      const auto header = must(BatchHeader::parse(rest));
      next = header.next_offset().value();
      rest = rest.subspan(header.size());
    }
  }
}

// Separated by commas.
std::vector<pid_t> process_ids(const std::string& text) {
  std::vector<pid_t> ids;
  for (const auto one : std::views::split(text, ','))
    ids.push_back(std::atoi(std::string(one.begin(), one.end()).c_str()));
  return ids;
}

double cpu_seconds_of(const std::vector<pid_t>& processes) {
  double sum = 0;
  for (const pid_t process : processes) sum += support::cpu_seconds(process);
  return sum;
}

}  // namespace

Figures create_topic(const Arguments& arguments) {
  auto client = dial(arguments);
  const auto partitions = arguments.number("partitions", 1);
  must(client.create_topic({.name = arguments.text("topic"),
                            .partitions = static_cast<std::int32_t>(partitions),
                            .durability = arguments.text("durability", "replicated")}));
  wait_for_leaders(client, topic_id_of(client, arguments.text("topic")), partitions);
  return {};
}

Figures throughput(const Arguments& arguments) {
  auto client = dial(arguments);
  const auto topic_id = topic_id_of(client, arguments.text("topic"));
  Shape shape{.record_bytes = arguments.number("bytes"),
              .records = arguments.number("records"),
              .batches = 0,
              .codec = codec_of(arguments)};
  shape.batches = arguments.number("mb") * 1'000'000 / shape.record_bytes / shape.records;
  const auto brokers = process_ids(arguments.text("pid"));
  Figures figures;
  const auto measure = [&](const std::string& name, const auto& work) {
    const double cpu = cpu_seconds_of(brokers);
    const auto begin = Clock::now();
    work();
    const double seconds = static_cast<double>(since(begin)) / 1e9;
    figures[name + "_cpu_s_gb"] = (cpu_seconds_of(brokers) - cpu) / shape.payload_gb();
    figures[name + "_mb_s"] = shape.payload_gb() * 1e3 / seconds;
  };
  measure("produce",
          [&] { produce_all(client, topic_id, shape, arguments.number("inflight", 8)); });
  measure("consume",
          [&] { consume_all(client, topic_id, shape, arguments.number("fetch", 1 << 20)); });
  return figures;
}

Figures latency(const Arguments& arguments) {
  auto client = dial(arguments);
  const auto topic_id = topic_id_of(client, arguments.text("topic"));
  const auto batch = build_batch(1, arguments.number("bytes", 100));
  const auto frame =
      support::encode_produce({.correlation_id = 1, .topic_id = topic_id}, batch.span());
  const auto length = std::chrono::seconds(arguments.number("seconds", 3));
  std::vector<std::int64_t> times;
  const auto begin = Clock::now();
  while (Clock::now() - begin < length) {
    const auto one = Clock::now();
    must(client.send(frame));
    check_produced(client);
    times.push_back(since(one));
  }
  Figures figures{
      {"per_second", static_cast<double>(times.size()) * 1e9 / static_cast<double>(since(begin))}};
  add_percentiles(figures, times);
  return figures;
}

Figures many(const Arguments& arguments) {
  const auto producers = static_cast<std::size_t>(arguments.number("producers", 64));
  const auto partitions = arguments.number("partitions", 1);
  const auto length = std::chrono::seconds(arguments.number("seconds", 3));
  const auto batch = build_batch(1, arguments.number("bytes", 100));
  std::vector<NativeClient> clients;
  std::vector<pollfd> waiting;
  std::vector<std::vector<std::byte>> frames;
  std::vector<Clock::time_point> begun(producers);
  std::vector<std::int64_t> times;
  std::string topic_id;
  for (std::size_t i = 0; i < producers; i++) {
    clients.push_back(dial(arguments));
    if (i == 0) topic_id = topic_id_of(clients[0], arguments.text("topic"));
    waiting.push_back({clients[i].socket(), POLLIN, 0});
    frames.push_back(support::encode_produce(
        {.correlation_id = 1,
         .topic_id = topic_id,
         .partition = static_cast<std::int32_t>(static_cast<std::int64_t>(i) % partitions)},
        batch.span()));
  }
  const auto begin = Clock::now();
  const auto send = [&](std::size_t i) {
    begun[i] = Clock::now();
    must(clients[i].send(frames[i]));
  };
  for (std::size_t i = 0; i < producers; i++) send(i);
  std::size_t open = producers;
  while (open > 0) {
    poll(waiting.data(), waiting.size(), 1000);
    for (std::size_t i = 0; i < producers; i++) {
      if (waiting[i].revents == 0) continue;
      check_produced(clients[i]);
      times.push_back(since(begun[i]));
      if (Clock::now() - begin < length) {
        send(i);
      } else {
        waiting[i].fd = -1;
        open--;
      }
    }
  }
  Figures figures{
      {"records", static_cast<double>(times.size())},
      {"per_second", static_cast<double>(times.size()) * 1e9 / static_cast<double>(since(begin))}};
  add_percentiles(figures, times);
  return figures;
}

}  // namespace ropewalk::bench
