// One broker's replicas in the simulation: one directory, one partition, no listener, no metadata
// log. Killed and started again on the same disk.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/log/log_directory.h"
#include "broker/log/log_read.h"
#include "broker/metadata/image.h"
#include "broker/replication/replica_manager.h"
#include "common/records/batch_builder.h"
#include "tests/support/node_rig.h"

namespace ropewalk::replication {

// Answers to produces, by item.
class ProduceLog final : public ProduceSink {
 public:
  std::vector<std::optional<Result<Appended>>> answers;
  std::size_t answered = 0;

  void produced(std::uint32_t item, Result<Appended> outcome) override {
    if (answers.size() <= item) answers.resize(item + 1);
    ENSURE(!answers[item], "item {} is answered twice", item);
    answers[item] = std::move(outcome);
    answered++;
  }
};

class FetchLog final : public FetchSink {
 public:
  std::optional<Looked> found;
  int moves = 0;
  void looked(std::uint32_t, Looked looked) override { found = std::move(looked); }
  void moved(std::uint32_t) override { moves++; }
};

struct TestBatch {
  std::int32_t records = 1;
  std::int64_t producer = -1;
  std::int16_t epoch = 0;
  std::int32_t sequence = 0;
  Acks acks = Acks::all;
  std::size_t value_bytes = 20;
  std::optional<LeaderEpoch> expected_epoch = {};
};

inline ProduceItem item_of(const TestBatch& batch) {
  BatchBuilder builder;
  const std::string value(batch.value_bytes, 'v');
  for (std::int32_t i = 0; i < batch.records; i++) {
    NewRecord record;
    record.timestamp = 1;
    record.value = as_bytes(value);
    builder.append(record);
  }
  ProducerStamp stamp;
  if (batch.producer >= 0)
    stamp = {.id = ProducerId(batch.producer),
             .epoch = ProducerEpoch(batch.epoch),
             .base_sequence = batch.sequence};
  ProduceItem item;
  item.batch = builder.finish(Codec::none, stamp).value();
  item.sequenced = {.producer = stamp.id,
                    .epoch = stamp.epoch,
                    .first_sequence = stamp.base_sequence,
                    .record_count = batch.records};
  item.acks = batch.acks;
  item.expected_epoch = batch.expected_epoch;
  return item;
}

class ReplicaRig : public NodeRig {
 public:
  explicit ReplicaRig(std::uint64_t seed, std::size_t cores = 1) : NodeRig(seed, cores) {
    id.topic.bytes.fill(7);
    start();
  }
  ~ReplicaRig() {
    if (node.alive()) node.kill();
    end();
  }

  void start() {
    files = environment().open_file_system({.root = "/data", .threads = 4}).value();
    log::LogDirectoryOptions options;
    options.expected.cluster.bytes.fill(1);
    options.expected.broker = BrokerId(1);
    options.may_format = true;
    options.space = space_limits;
    options.unsynced_bytes_max = unsynced_bytes_max;
    directory =
        world.run(core(), log::LogDirectory::open(environment(), *files, core(), options)).value();
    on_core([this] {
      std::vector<log::LogDirectory*> directories{directory.get()};
      manager =
          std::make_unique<ReplicaManager>(environment(), std::move(directories), manager_options);
    });
    opened = world.run(core(), manager->open_all());
  }
  void kill() {
    node.kill();
    end();
  }
  void power_cut() {
    node.power_cut();
    end();
  }
  void restart() {
    start();
    lead(LeaderEpoch(epoch.value() + 1));
  }

  std::shared_ptr<metadata::Partition> state() const {
    auto state = std::make_shared<metadata::Partition>();
    state->index = PartitionId(id.partition);
    state->replicas = state->in_sync = {BrokerId(1)};
    state->directories = {directory->meta().directory};
    state->leader = BrokerId(1);
    state->leader_epoch = epoch;
    state->partition_epoch = PartitionEpoch(epoch.value());
    state->durability = durability;
    return state;
  }
  std::shared_ptr<metadata::Topic> topic() const {
    auto topic = std::make_shared<metadata::Topic>();
    topic->id = id.topic;
    topic->name = "t";
    if (segment_bytes) topic->configs["segment.bytes"] = std::to_string(*segment_bytes);
    topic->configs["retention.ms"] = std::to_string(retention_ms);
    return topic;
  }
  // Makes the replica if there is none, and waits until it leads.
  void lead(LeaderEpoch in) {
    epoch = in;
    on_core([this] {
      manager->become_leader(std::make_shared<metadata::Image>(), topic(), state(),
                             directory->meta().directory);
    });
    ENSURE(until([this] { return look().leader_epoch == epoch; }), "seed {}: it does not lead",
           world.seed());
  }
  std::shared_ptr<Partition> partition() {
    Result<std::shared_ptr<Partition>> found;
    on_core([&] { found = manager->find(id); });
    return found ? *found : nullptr;
  }

  // On its way; each call enters the partition once, with all the batches.
  std::shared_ptr<ProduceLog> produce(std::vector<TestBatch> batches) {
    auto sink = std::make_shared<ProduceLog>();
    auto to = partition();
    ENSURE(to != nullptr, "there is no replica");
    on_core([&] { enter(to, sink, batches); });
    return sink;
  }
  static void enter(const std::shared_ptr<Partition>& to, const std::shared_ptr<ProduceLog>& sink,
                    const std::vector<TestBatch>& batches) {
    std::vector<ProduceItem> items;
    for (const TestBatch& batch : batches) {
      items.push_back(item_of(batch));
      items.back().item = static_cast<std::uint32_t>(items.size() - 1);
    }
    to->produce(sink, std::move(items));
  }
  // Waits for the answer of one batch.
  Result<Appended> produce_one(TestBatch batch) {
    auto sink = produce({batch});
    ENSURE(until([&] { return sink->answered == 1; }), "seed {}: no answer", world.seed());
    return *sink->answers[0];
  }
  Looked look(Look how = {}) {
    auto at = partition();
    if (!at) return {};
    auto sink = std::make_shared<FetchLog>();
    on_core([&] { at->look(sink, how); });
    ENSURE(until([&] { return sink->found.has_value(); }), "no answer to a look");
    return *sink->found;
  }
  // The headers of all batches below the high watermark.
  std::vector<BatchHeader> read_all() {
    std::vector<BatchHeader> headers;
    const Looked found = look({.from = Offset(0)});
    if (!found.view) return headers;
    log::ReadLimits limits;
    limits.upper_bound = found.high_watermark;
    limits.bytes_max = std::size_t{1} << 30;
    const SharedBytes bytes =
        world.run(core(), log::read_bytes(found.view, Offset(0), limits)).value();
    for (std::size_t at = 0; at < bytes.size();) {
      headers.push_back(BatchHeader::parse(bytes.span().subspan(at)).value());
      at += headers.back().size();
    }
    return headers;
  }

  TopicPartition id;
  LeaderEpoch epoch{0};
  metadata::Durability durability = metadata::Durability::synced;
  log::SpaceLimits space_limits{.reserve_bytes = 4096};
  std::uint64_t unsynced_bytes_max = 1 << 30;
  ReplicaManagerOptions manager_options{.self = BrokerId(1)};
  std::optional<std::int64_t> segment_bytes = 1 << 30;
  std::int64_t retention_ms = -1;  // The records of the tests are of 1970.
  std::unique_ptr<env::FileSystem> files;
  std::unique_ptr<log::LogDirectory> directory;
  std::unique_ptr<ReplicaManager> manager;
  OpenedReplicas opened;

 private:
  void end() {
    manager.reset();
    directory.reset();
    files.reset();
  }
};

}  // namespace ropewalk::replication
