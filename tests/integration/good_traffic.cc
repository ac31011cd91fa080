#include "tests/integration/good_traffic.h"

#include <chrono>
#include <utility>

#include "tests/support/fetch_records.h"

namespace ropewalk::support {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 120s;  // Machines were seen to stand still for a minute.
// At 40 records a batch at most: batches of up to 160 KB.
constexpr std::size_t kPadding[GoodTraffic::kPartitions] = {0, 4000};
constexpr std::int32_t kFetchBytes[GoodTraffic::kPartitions] = {8 << 10, 1 << 20};

}  // namespace

GoodTraffic::GoodTraffic(std::uint16_t port, std::string topic_id)
    : port_(port), topic_id_(std::move(topic_id)) {
  for (std::int32_t partition = 0; partition < kPartitions; partition++) {
    auto& pair = *pairs_.emplace_back(std::make_unique<Pair>());
    pair.partition = partition;
    const auto acknowledged = [this, &pair] {
      const std::lock_guard lock(mutex_);
      pair.acked_batches++;
      changed_.notify_all();
    };
    pair.producer = std::make_unique<TrackedProducer>(
        TrackedProducer::Options{.topic_id = topic_id_,
                                 .partition = partition,
                                 .seed = static_cast<std::uint64_t>(partition),
                                 .port = [this] { return port_; },
                                 .acknowledged = acknowledged,
                                 .padding = kPadding[partition]});
    pair.consumer = std::thread([this, &pair] { consume(pair); });
  }
}

GoodTraffic::~GoodTraffic() {
  for (const auto& pair : pairs_) pair->producer->abandon();
  stopping_ = true;
  for (const auto& pair : pairs_)
    if (pair->consumer.joinable()) pair->consumer.join();
}

void GoodTraffic::consume(Pair& pair) {
  const auto outcome = consume_all(pair);
  if (outcome) return;
  const std::lock_guard lock(mutex_);
  pair.fault = to_string(outcome.error());
  changed_.notify_all();
}

Result<void> GoodTraffic::consume_all(Pair& pair) {
  TRY(auto client, NativeClient::connect(port_, kPatience));
  std::int64_t next = 0;
  while (!stopping_) {
    const auto fetched = fetch_records(client, {.topic_id = topic_id_,
                                                .partition = pair.partition,
                                                .offset = next,
                                                .bytes_max = kFetchBytes[pair.partition],
                                                .wait_max = 100ms});
    // To be asked again; whether it ever succeeds, progress() finds out.
    if (!fetched && is_retriable(fetched.error().code) && fetched.error().code != Errc::closed)
      continue;
    if (!fetched) return fail(fetched.error());
    for (const StoredRecord& record : fetched->records) {
      if (record.offset != next ||
          record.value != tracked_value(pair.partition, next, kPadding[pair.partition]))
        return fail(Errc::corrupt, "{} at {} where {} was expected", record.value.substr(0, 30),
                    record.offset, next);
      next++;
    }
    const std::lock_guard lock(mutex_);
    pair.consumed = next;
    changed_.notify_all();
  }
  return {};
}

bool GoodTraffic::reach(const Pair& pair, std::int64_t batches, std::int64_t records) {
  std::unique_lock lock(mutex_);
  const auto there = [&] { return pair.acked_batches >= batches && pair.consumed >= records; };
  changed_.wait_for(lock, kPatience, [&] { return there() || !pair.fault.empty(); });
  return there();
}

std::string GoodTraffic::progress(int batches) {
  std::vector<std::pair<std::int64_t, std::int64_t>> goals;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& pair : pairs_)
      goals.emplace_back(pair->acked_batches + batches, pair->consumed + batches);
  }
  std::string stuck;
  for (std::size_t i = 0; i < pairs_.size(); i++) {
    const Pair& pair = *pairs_[i];
    const auto [acked, read] = goals[i];
    if (reach(pair, acked, read)) continue;
    const std::lock_guard lock(mutex_);
    stuck += fmt::format("partition {}: {} of {} batches acknowledged, {} of {} records read; {}\n",
                         i, pair.acked_batches, acked, pair.consumed, read, pair.fault);
  }
  return stuck;
}

std::string GoodTraffic::finish() {
  std::string wrong;
  for (const auto& pair : pairs_) {
    TrackedProducer& producer = *pair->producer;
    producer.finish();
    if (!producer.fault().empty()) wrong += producer.fault() + '\n';
    if (!producer.disturbance().empty())
      wrong += fmt::format("partition {}: its producer had to connect again: {}\n", pair->partition,
                           producer.disturbance());
    if (!reach(*pair, 0, producer.sent_records()))
      wrong += fmt::format("partition {}: not all of {} records were read\n", pair->partition,
                           producer.sent_records());
  }
  stopping_ = true;
  for (const auto& pair : pairs_) {
    pair->consumer.join();
    wrong += pair->fault;
  }
  return wrong;
}

}  // namespace ropewalk::support
