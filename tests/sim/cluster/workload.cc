#include "tests/sim/cluster/workload.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "common/log.h"

namespace ropewalk::testing {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kReaders = 2;

std::vector<PartitionName> partitions_of(const std::vector<std::string>& topics,
                                         std::int32_t of_each) {
  std::vector<PartitionName> partitions;
  for (const std::string& topic : topics)
    for (std::int32_t p = 0; p < of_each; p++) partitions.push_back({topic, p});
  return partitions;
}

}  // namespace

Workload::Workload(SimCluster& cluster, WorkloadOptions options)
    : cluster_(cluster),
      options_(options),
      random_(sim::derive_seed(options.seed, "workload")),
      topics_(random_.chance(0.3) ? std::vector<std::string>{"orders", "stock"}
                                  : std::vector<std::string>{"orders"}),
      partitions_(partitions_of(topics_, static_cast<std::int32_t>(1 + random_.below(3)))),
      history_(partitions_.size(), [&cluster] { return cluster.world().now(); }) {
  admin_ = std::make_unique<Admin>(add_client("admin"));
  Client& reading = add_client("reader");
  // With one replica, nobody else can take over: what the leader has is all there is.
  const Promise leader = options.replication_factor == 1 ? Promise::kept : Promise::leader;
  for (const Promise promise : {Promise::once, Promise::once, Promise::kept, leader}) {
    Writer writer;
    writer.client = &add_client(fmt::format("writer-{}", writers_.size() + 1));
    writer.promise = promise;
    writers_.push_back(std::move(writer));
  }
  for (Writer& writer : writers_) renew(writer);
  for (std::size_t i = 0; i < kReaders; i++) readers_.push_back(make_reader(reading));
  operator_ = std::make_unique<Operator>(cluster_, add_client("operator"), partitions_,
                                         static_cast<std::size_t>(options.replication_factor),
                                         env::Random(sim::derive_seed(options.seed, "operator")));
}

Workload::~Workload() = default;

Client& Workload::add_client(const std::string& node) {
  ClientOptions options;
  options.request_timeout = std::chrono::milliseconds(1000 + below(9000));
  options.connect_timeout = std::chrono::milliseconds(500 + below(4500));
  nodes_.push_back(node);
  clients_.push_back(&cluster_.add_client(node, std::move(options)));
  return *clients_.back();
}

std::vector<std::string> Workload::client_nodes() const { return nodes_; }

Result<void> Workload::create_topics() {
  std::vector<TopicSetting> settings = {{"retention.ms", "-1"},
                                        {"message.timestamp.after.max.ms", "9223372036854775807"}};
  if (options_.replicated) settings.push_back({"durability", "replicated"});
  for (const std::string& topic : topics_) {
    const auto count = std::ranges::count(partitions_, topic, &PartitionName::topic);
    for (;;) {
      const auto made = admin_->create_topic({.name = topic,
                                              .partitions = static_cast<std::int32_t>(count),
                                              .replication_factor = options_.replication_factor,
                                              .settings = settings});
      if (made || made.error().code == Errc::topic_already_exists) break;
      const Errc code = made.error().code;
      if (!is_retriable(code) && code != Errc::outcome_unknown) return fail(made.error());
    }
  }
  return {};
}

// The one before is given up in the middle, as by a program that ends: what it had under way may be
// stored or not.
void Workload::renew(Writer& writer) {
  writer.producer.reset();
  writer.number = history_.add_producer(writer.promise);
  ProducerOptions options;
  const bool last = &writer == &writers_.back();
  options.acks = last ? Acks::leader : Acks::all;
  options.idempotent = writer.promise == Promise::once;
  options.linger = std::chrono::milliseconds(below(20));
  options.compression = random_.chance(0.3) ? Compression::lz4 : Compression::none;
  options.batch_bytes = std::size_t{1} << (9 + below(6));
  options.requests_in_flight_max = 1 + below(5);
  constexpr std::chrono::milliseconds kPatience[] = {4s, 30s, 120s};
  options.delivery_timeout = kPatience[below(3)];
  writer.producer = std::make_unique<Producer>(*writer.client, options);
}

Workload::Reader Workload::make_reader(Client& client) {
  ConsumerOptions options;
  options.offset_reset = OffsetReset::fail;
  options.fetch_wait_max = std::chrono::milliseconds(50 + below(500));
  options.partition_fetch_bytes_max = std::size_t{1} << (10 + below(8));
  Reader reader{history_.add_reader(), std::make_unique<Consumer>(client, options)};
  const auto assigned = reader.consumer->assign(partitions_);
  ENSURE(assigned, "{}", assigned.error());
  for (const PartitionName& partition : partitions_) {
    const auto sought = reader.consumer->seek(partition, 0);
    ENSURE(sought, "{}", sought.error());
  }
  return reader;
}

std::size_t Workload::number_of(std::string_view topic, std::int32_t partition) const {
  const auto found = std::ranges::find_if(partitions_, [&](const PartitionName& name) {
    return name.topic == topic && name.partition == partition;
  });
  ENSURE(found != partitions_.end(), "{}-{}: asked for by nobody", topic, partition);
  return static_cast<std::size_t>(found - partitions_.begin());
}

void Workload::step() {
  cluster_.world().run_for(std::chrono::milliseconds(below(30)));
  switch (below(16)) {
    case 0:
      return look_at_ends();
    case 1:
      return look_at_leaders();
    case 2:
      if (random_.chance(0.05)) renew(writers_[below(writers_.size())]);
      if (random_.chance(0.05)) {
        Reader& reader = readers_[below(readers_.size())];
        reader = make_reader(*clients_[1]);
      }
      return;
    case 3:
      if (random_.chance(0.15)) operator_->step();
      return;
    case 4:
    case 5:
    case 6:
    case 7:
      return send_burst();
    default:
      return poll(readers_[below(readers_.size())], std::chrono::milliseconds(below(200)));
  }
}

void Workload::send(Writer& writer, std::size_t partition) {
  const std::string value =
      history_.send(writer.number, partition, below(below(20) == 0 ? 3000 : 100));
  const PartitionName& where = partitions_[partition];
  writer.producer->send({.topic = where.topic, .value = value, .partition = where.partition})
      .then([this, value](const Result<Delivered>& result) { history_.decided(value, result); });
}

void Workload::send_burst() {
  Writer& writer = writers_[below(writers_.size())];
  for (std::uint64_t i = 1 + below(8); i > 0; i--) send(writer, below(partitions_.size()));
}

void Workload::poll(Reader& reader, sim::Duration timeout) {
  const auto records = reader.consumer->poll(timeout);
  if (!records) return history_.reading_failed(reader.number, records.error());
  for (const ConsumedRecord& record : *records)
    history_.read(reader.number, number_of(record.topic, record.partition), record.offset,
                  record.value.value_or(""));
}

std::optional<std::vector<std::int64_t>> Workload::ends() {
  const auto told = readers_.front().consumer->end_offsets(partitions_);
  if (!told) return std::nullopt;
  return *told;
}

void Workload::look_at_ends() {
  const sim::Duration asked = cluster_.world().now();
  const auto told = ends();
  if (!told) return;
  for (std::size_t i = 0; i < told->size(); i++) history_.end_told(i, (*told)[i], asked);
}

void Workload::look_at_leaders() {
  const auto topics = admin_->describe_topics(topics_);
  if (!topics) return;
  for (const DescribedTopic& topic : *topics)
    for (const DescribedPartition& partition : topic.partitions)
      history_.leader_told(number_of(topic.name, partition.partition), partition.leader_epoch,
                           partition.leader);
}

bool Workload::lacks_a_leader() {
  const auto topics = admin_->describe_topics(topics_);
  return topics && std::ranges::any_of(*topics, [](const DescribedTopic& topic) {
           return std::ranges::any_of(topic.partitions, [](const DescribedPartition& partition) {
             return partition.leader < 0;
           });
         });
}

bool Workload::all_in_sync() {
  const auto topics = admin_->describe_topics(topics_);
  if (!topics) return false;
  for (const DescribedTopic& topic : *topics)
    for (const DescribedPartition& partition : topic.partitions)
      if (partition.leader < 0 || partition.in_sync_replicas.size() != partition.replicas.size())
        return false;
  return true;
}

// Whether each producer got a new record through to each partition, and nothing is left from
// before.
bool Workload::write_everywhere(sim::Duration until) {
  const auto left = [&] { return until - cluster_.world().now(); };
  while (left() > 0s && history_.wrong().empty()) {
    const std::uint64_t failed = history_.failed();
    for (Writer& writer : writers_)
      for (std::size_t partition = 0; partition < partitions_.size(); partition++)
        send(writer, partition);
    const bool decided = cluster_.world().run_until(
        [&] { return history_.undecided() == 0 || !history_.wrong().empty(); }, left());
    // One that was given up in this time may have waited since before.
    if (decided && history_.failed() == failed) return true;
  }
  return false;
}

bool Workload::make_progress(sim::Duration limit) {
  const sim::Duration until = cluster_.world().now() + limit;
  if (!write_everywhere(until)) return false;
  while (cluster_.world().now() < until && !ends()) {
  }
  look_at_ends();
  look_at_leaders();
  for (Reader& reader : readers_) {
    const auto is_behind = [&] {
      for (std::size_t p = 0; p < partitions_.size(); p++)
        if (history_.next_offset(reader.number, p) < history_.end(p)) return true;
      return false;
    };
    while (is_behind() && cluster_.world().now() < until && history_.wrong().empty())
      poll(reader, 200ms);
    if (is_behind()) return false;
  }
  return true;
}

bool Workload::read_all(sim::Duration limit) {
  const sim::Duration until = cluster_.world().now() + limit;
  Reader reader = make_reader(*clients_[1]);
  const sim::Duration asked = cluster_.world().now();
  std::optional<std::vector<std::int64_t>> told;
  while (!told && cluster_.world().now() < until) told = ends();
  if (!told) return false;
  for (std::size_t p = 0; p < partitions_.size(); p++) {
    history_.end_told(p, (*told)[p], asked);
    while (history_.next_offset(reader.number, p) < (*told)[p]) {
      if (cluster_.world().now() >= until || !history_.wrong().empty()) return false;
      poll(reader, 200ms);
    }
  }
  return true;
}

}  // namespace ropewalk::testing
