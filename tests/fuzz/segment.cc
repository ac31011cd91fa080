// A partition's folder after a crash: recovery must end, with a log or with an error, and what it
// left must be recovered again to the same log.
#include "broker/log/checkpoint.h"
#include "broker/log/log.h"
#include "broker/log/recovery.h"
#include "broker/replication/producer_state.h"
#include "common/env/sim/simulation.h"
#include "common/records/batch_builder.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

constexpr std::string_view kFolder = "p";
constexpr std::size_t kProducersMax = 100;

// Bits of the first byte: which files there are, and how far they are made to fit.
constexpr unsigned kCheckpoint = 1;
constexpr unsigned kIndex = 2;
constexpr unsigned kSecondSegment = 4;
constexpr unsigned kCompacted = 8;
constexpr unsigned kRawBatches = 16;  // With the checksums that they have.
constexpr unsigned kRawFiles = 32;    // Headers, checkpoint and index too.
constexpr unsigned kWild = 64;        // Numbers that no broker would write, under a good checksum.

TopicPartition partition() {
  TopicPartition partition{{}, 3};
  partition.topic.bytes.fill(0xaa);
  return partition;
}
SegmentId segment_id() {
  SegmentId id;
  id.bytes.fill(5);
  return id;
}

// Numbers as they could be, unless the flags say that anything goes.
std::int64_t take_number(Input& input, unsigned flags) {
  return (flags & kWild) != 0 ? input.number() : std::int64_t{input.byte()};
}

// A slot says what was durable when its segment was there: at least up to its beginning.
log::DurableSlot take_slot(Input& input, unsigned flags, Offset base) {
  log::DurableSlot slot;
  slot.generation = static_cast<std::uint64_t>(take_number(input, flags));
  slot.durable_end = Offset(take_number(input, flags));
  slot.high_watermark = Offset(take_number(input, flags));
  slot.log_start = Offset(take_number(input, flags));
  if ((flags & kWild) != 0) return slot;
  slot.durable_end = std::max(slot.durable_end, base);
  slot.high_watermark = std::min(slot.high_watermark, slot.durable_end);
  slot.log_start = std::min(slot.log_start, slot.high_watermark);
  return slot;
}

log::Checkpoint take_checkpoint(Input& input, unsigned flags) {
  log::Checkpoint checkpoint;
  checkpoint.offset = Offset(take_number(input, flags));
  checkpoint.log_start = Offset(take_number(input, flags));
  checkpoint.high_watermark = Offset(take_number(input, flags));
  std::vector<log::EpochStart> epochs(input.byte() % 4);
  for (auto& entry : epochs) {
    entry.epoch = LeaderEpoch(static_cast<std::int32_t>(take_number(input, flags)));
    entry.start = Offset(take_number(input, flags));
  }
  checkpoint.epochs = log::EpochStarts(std::move(epochs));
  return checkpoint;
}

class Folder {
 public:
  explicit Folder(sim::Disk& disk) : disk_(disk) {
    ENSURE(disk_.make_directories(kFolder).has_value(), "no folder");
  }
  void put(std::string_view name, std::string_view content) {
    auto file = disk_.create(fmt::format("{}/{}", kFolder, name));
    ENSURE(file.has_value(), "{}", to_string(file.error()));
    (*file)->write(0, as_bytes(content));
  }

 private:
  sim::Disk& disk_;
};

std::string header_of(Offset base, unsigned flags, Input& input) {
  log::SegmentHeader header;
  header.identity = {partition(), base, segment_id(), {}, (flags & kCompacted) != 0};
  const unsigned slots = input.byte();
  for (unsigned i = 0; i < 2; i++) {
    if ((slots >> i & 1) != 0) header.slots[i] = take_slot(input, flags, base);
  }
  const auto block = log::encode(header);
  return std::string(as_text(ByteSpan(block)));
}

void put_index(Folder& folder, Offset base, std::uint64_t file_bytes, Input& input) {
  log::OffsetIndex index(100);
  for (int i = 0; i < 3; i++) {
    const auto delta = static_cast<std::uint64_t>(input.number());
    index.add(delta, static_cast<std::uint64_t>(input.number()), input.number());
  }
  folder.put(log::index_file_name(base),
             log::StoredIndex::encode(segment_id(), file_bytes, Offset(input.number()),
                                      index.view(), index.max_timestamp()));
}

// The input's layout behind the flags: what each file needs, then the bytes of batches.
void make_files(Folder folder, Input& input, unsigned flags) {
  if ((flags & kRawFiles) != 0) {
    const std::size_t bytes = input.byte();
    if ((flags & kCheckpoint) != 0) folder.put(log::kCheckpointFile, input.take(bytes));
    if ((flags & kIndex) != 0) folder.put(log::index_file_name(Offset(0)), input.take(bytes));
    folder.put(log::segment_file_name(Offset(0)), input.rest());
    return;
  }
  if ((flags & kCheckpoint) != 0)
    folder.put(log::kCheckpointFile, log::encode(take_checkpoint(input, flags)));
  const auto put_segment = [&](Offset base, std::size_t bytes) {
    std::string content = header_of(base, flags, input);
    Input index = input;
    if ((flags & kIndex) != 0) input.take(10);
    const std::string_view batches = input.take(bytes);
    content += (flags & kRawBatches) != 0 ? std::string(batches) : with_right_checksums(batches);
    folder.put(log::segment_file_name(base), content);
    if ((flags & kIndex) != 0) put_index(folder, base, content.size(), index);
  };
  if ((flags & kSecondSegment) != 0) {
    const auto base = static_cast<std::int64_t>(input.byte());
    const std::size_t bytes = std::size_t{2} * input.byte();
    put_segment(Offset(0), bytes);
    if (base > 0) put_segment(Offset(base), input.rest().size());
  } else {
    put_segment(Offset(0), input.rest().size());
  }
}

struct Recovered {
  Result<log::RecoveryReport> report;
  std::string producers;
};

Recovered recover(sim::Simulation& world, sim::Node& node) {
  auto files = node.environment().open_file_system({"/d"}).value();
  replication::ProducerState producers(kProducersMax);
  Offset end(0);
  log::RecoveryOptions options;
  options.partition = partition();
  options.folder = kFolder;
  options.log.index_interval_bytes = 100;
  options.on_checkpoint = [&](const log::Checkpoint& checkpoint) {
    std::ignore = producers.decode(checkpoint.producer_state);
  };
  options.on_batch = [&](const BatchHeader& header, ByteSpan batch) {
    ENSURE(header.size() == batch.size(), "a batch of another size");
    end = header.next_offset();
  };
  auto report = world.run(node.environment().core(0), log::recover(*files, std::move(options)));
  if (report) {
    const log::RecoveredLog& log = report->log;
    ENSURE(log.log_start <= log.log_end, "log {} to {}", log.log_start, log.log_end);
    ENSURE(end <= log.log_end, "a batch up to {} in a log up to {}", end, log.log_end);
    const log::Log opened({}, report->log);
    ENSURE(opened.view() != nullptr, "no view");
  }
  return {std::move(report), producers.encode(Offset(INT64_MAX))};
}

std::string batch(std::int64_t base, int records, std::int32_t epoch) {
  BatchBuilder builder;
  for (int i = 0; i < records; i++) {
    NewRecord record;
    record.timestamp = 1000 + base;
    record.value = as_bytes("value");
    builder.append(record);
  }
  std::string text(builder.finish(Codec::none).value().text());
  const MutableByteSpan bytes(reinterpret_cast<std::byte*>(text.data()), text.size());
  stamp_base_offset(bytes, Offset(base));
  stamp_leader_epoch(bytes, LeaderEpoch(epoch));
  return text;
}

}  // namespace

std::vector<Seed> seeds() {
  const std::string one = batch(0, 2, 1);
  const std::string two = batch(2, 3, 1);
  const std::string three = batch(5, 1, 2);
  const std::string all = one + two + three;
  const auto text = [](std::initializer_list<unsigned> bytes) {
    std::string made;
    for (const unsigned byte : bytes) made.push_back(static_cast<char>(byte));
    return made;
  };
  const std::string no_slots = text({0});
  const std::string slots = text({3, 1, 2, 2, 0, 2, 5, 5, 0});
  const auto half = static_cast<unsigned>((one.size() + two.size()) / 2);
  log::SegmentHeader header;
  header.identity = {partition(), Offset(0), segment_id(), {}, false};
  const auto block = log::encode(header);
  return {{"three_batches", text({0}) + no_slots + all},
          {"with_slots", text({0}) + slots + all},
          {"torn_tail", text({0}) + slots + all.substr(0, all.size() - 9)},
          {"raw_batches", text({kRawBatches}) + slots + all},
          {"checkpoint", text({kCheckpoint, 2, 0, 2, 1, 1, 0}) + slots + all},
          {"index", text({kIndex}) + slots + text({2, 200, 7, 5, 255, 7, 6, 240, 8, 6}) + all},
          {"two_segments", text({kSecondSegment, 5, half}) + slots + one + two + no_slots + three},
          {"compacted", text({kCompacted}) + no_slots + one + three},
          {"raw", text({kRawFiles, 0}) + std::string(as_text(ByteSpan(block))) + all},
          {"unwritten", text({kRawFiles, 0}) + std::string(100, '\0')}};
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  sim::Simulation world(1);
  sim::Node& node = world.add_node("a");
  const unsigned flags = input.byte();
  make_files(Folder(node.disk("/d")), input, flags);
  {
    const Recovered first = recover(world, node);
    // What contradicts itself may be found to be damaged later than at first sight.
    if (first.report && (flags & kWild) == 0) {
      const Recovered second = recover(world, node);
      ENSURE(second.report.has_value(), "after a recovery: {}", to_string(second.report.error()));
      const log::RecoveredLog& a = first.report->log;
      const log::RecoveredLog& b = second.report->log;
      ENSURE(a.log_start == b.log_start && a.log_end == b.log_end && !second.report->cut_tail,
             "{} to {}, then {} to {}: {}", a.log_start, a.log_end, b.log_start, b.log_end,
             second.report->notes);
    }
  }
  node.kill();
  return 0;
}
