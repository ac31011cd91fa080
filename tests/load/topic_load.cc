#include "tests/load/topic_load.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace ropewalk::load {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kBurstEvery = 50ms;

std::string value_of(std::int64_t number) {
  // Of several sizes, and nothing that compresses to nothing.
  std::string value = fmt::format("{}:", number);
  std::uint64_t state = static_cast<std::uint64_t>(number) * 0x9e3779b97f4a7c15 + 1;
  const std::size_t size = 60 + static_cast<std::size_t>(number % 7) * 120;
  while (value.size() < size) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    value += fmt::format("{:x}", state & 0xffffff);
  }
  return value;
}

std::string key_of(std::int64_t number) { return fmt::format("k{}", number % 1000); }

std::optional<std::int64_t> number_in(std::string_view value) {
  std::int64_t number = -1;
  const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr == value.data() + value.size() || *parsed.ptr != ':')
    return std::nullopt;
  return number;
}

}  // namespace

// A machine that stands still for a while is no fault of the broker's.
ClientOptions patient_client(const std::string& broker, std::string id) {
  return {.brokers = {broker},
          .client_id = std::move(id),
          .connect_timeout = 2min,
          .request_timeout = 5min};
}

TopicLoad::TopicLoad(TopicPlan plan, std::string broker, Verdict& verdict)
    : plan_(std::move(plan)), broker_(std::move(broker)), verdict_(verdict) {
  threads_.emplace_back([this] { produce(); });
  threads_.emplace_back([this] { follow(); });
  threads_.emplace_back([this] { read_again_and_again(); });
}

TopicLoad::~TopicLoad() {
  finishing_ = true;
  for (std::thread& each : threads_)
    if (each.joinable()) each.join();
}

void TopicLoad::finish() {
  finishing_ = true;
  for (std::thread& each : threads_) each.join();
  threads_.clear();
  read_all();
}

void TopicLoad::fault(const std::string& kind, const std::string& words) {
  verdict_.fault(kind, fmt::format("{}: {}", plan_.name, words));
}

void TopicLoad::produce() {
  auto client = Client::connect(patient_client(broker_, "producer"));
  if (!client) return fault("connect", to_string(client.error()));
  ProducerOptions options;
  options.acks = plan_.acks;
  options.compression = plan_.compression;
  options.block_max = options.delivery_timeout = 10min;
  options.on_delivered = [this](const PartitionName&, const Result<Delivered>& delivered) {
    if (!delivered) fault("not delivered", to_string(delivered.error()));
    verdict_.count("records delivered");
  };
  Producer producer(*client, options);
  const std::int64_t burst = std::max<std::int64_t>(1, plan_.records_a_second * kBurstEvery / 1s);
  auto next = Clock::now();
  while (!finishing_ && !verdict_.ended()) {
    for (std::int64_t i = 0; i < burst; i++) {
      const auto partition = static_cast<std::int32_t>(i % kPartitions);
      const std::int64_t number = sent_[static_cast<std::size_t>(partition)]++;
      Record record;
      record.topic = plan_.name;
      record.partition = partition;
      record.key = key_of(number);
      record.value = value_of(number);
      record.headers = {{"n", std::to_string(number)}, {"nothing", std::nullopt}};
      static_cast<void>(producer.send(std::move(record)));
    }
    next = std::max(next + kBurstEvery, Clock::now());
    std::this_thread::sleep_until(next);
  }
  if (const auto closed = producer.close(5min); !closed)
    fault("close of a producer", to_string(closed.error()));
}

// Each record is at the offset that is its number; one that nobody waited for may have been lost
// with its connection.
bool TopicLoad::may_be_at(std::int64_t number, const ConsumedRecord& record) const {
  return plan_.acks == Acks::none ? number >= record.offset : number == record.offset;
}

void TopicLoad::check(const ConsumedRecord& record, Consumer& consumer, Seen& seen) {
  const auto number = number_in(record.value.value_or(""));
  if (!number || record.value != value_of(*number) || !may_be_at(*number, record))
    return fault("content", fmt::format("record {} of {} at offset {}", number.value_or(-1),
                                        record.partition, record.offset));
  if (record.key != key_of(*number) || record.headers.size() != 2 ||
      record.headers[0].value != std::to_string(*number) || record.headers[1].value)
    fault("key or headers", fmt::format("at {} of {}", record.offset, record.partition));
  auto& next = seen.try_emplace(record.partition, -1).first->second;
  if (next >= 0 && record.offset < next)
    fault("doubled or out of order",
          fmt::format("{} of {}, {} was expected", record.offset, record.partition, next));
  if (next >= 0 && record.offset > next) {
    // Only what retention has let go may be missing.
    const auto begin = consumer.beginning_offsets({{plan_.name, record.partition}});
    if (!begin)
      fault("offsets", to_string(begin.error()));
    else if (begin->front() < record.offset)
      fault("lost", fmt::format("{}..{} of {}, which begins at {}", next, record.offset,
                                record.partition, begin->front()));
    verdict_.count("jumps over what retention took");
  }
  next = record.offset + 1;
}

// False: it cannot go on.
bool TopicLoad::read_some(Consumer& consumer, Seen& seen) {
  const auto records = consumer.poll(200ms);
  if (!records) {
    fault("poll", to_string(records.error()));
    return false;
  }
  for (const ConsumedRecord& record : *records) check(record, consumer, seen);
  verdict_.count("records consumed", records->size());
  return true;
}

void TopicLoad::follow() {
  auto client = Client::connect(patient_client(broker_, "consumer"));
  if (!client) return fault("connect", to_string(client.error()));
  Consumer consumer(*client);
  const auto assigned = consumer.assign_topic(plan_.name);
  if (!assigned) return fault("assign", to_string(assigned.error()));
  for (const PartitionName& partition : consumer.assignment())
    if (const auto sought = consumer.seek_to_end(partition); !sought)
      return fault("seek", to_string(sought.error()));
  Seen seen;
  while (!finishing_ && !verdict_.ended())
    if (!read_some(consumer, seen)) return;
}

// From the start to the end that it sees, by a client of its own; another time some of it only.
void TopicLoad::read_again_and_again() {
  for (int round = 0; !finishing_ && !verdict_.ended(); round++) {
    auto client = Client::connect(patient_client(broker_, "reader"));
    if (!client) return fault("connect", to_string(client.error()));
    Consumer consumer(*client);
    const auto assigned = consumer.assign_topic(plan_.name);
    if (!assigned) return fault("assign", to_string(assigned.error()));
    Seen seen;
    const auto until = Clock::now() + (round % 3 == 0 ? 300ms : 2s);
    while (!finishing_ && !verdict_.ended() && Clock::now() < until)
      if (!read_some(consumer, seen)) return;
    verdict_.count("readers come and gone");
    std::this_thread::sleep_for(500ms);
  }
}

void TopicLoad::read_all() {
  auto client = Client::connect(patient_client(broker_, "consumer"));
  if (!client) return fault("connect", to_string(client.error()));
  Consumer consumer(*client);
  const auto assigned = consumer.assign_topic(plan_.name);
  if (!assigned) return fault("assign", to_string(assigned.error()));
  const auto ends = consumer.end_offsets(consumer.assignment());
  if (!ends) return fault("offsets", to_string(ends.error()));
  Seen seen;
  for (std::size_t i = 0; i < ends->size(); i++)
    if ((*ends)[i] != sent_[i] && (plan_.acks != Acks::none || (*ends)[i] > sent_[i]))
      fault("end", fmt::format("partition {} ends at {}, {} were sent", i, (*ends)[i], sent_[i]));
  const auto patience = Clock::now() + 5min;
  const auto done = [&](std::size_t i) {
    const auto at = consumer.position({plan_.name, static_cast<std::int32_t>(i)});
    return at && *at >= (*ends)[i];
  };
  while (!done(0) || !done(1)) {
    if (Clock::now() > patience) return fault("end", "could not be read to it within minutes");
    if (!read_some(consumer, seen)) return;
  }
}

}  // namespace ropewalk::load
