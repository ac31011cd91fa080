// `<data>/replicas`: opened, it says the same when it is opened again, and takes marks.
#include "broker/log/replicas_journal.h"

#include "broker/log/checked_file.h"
#include "common/env/sim/simulation.h"
#include "common/records/crc32c.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

constexpr std::size_t kEntryBytes = 32;
constexpr std::size_t kCrcAt = 28;

std::string head() { return log::seal_content("RWREPLIC", 1, ""); }

// Whole entries get their checksums.
std::string mended(std::string_view entries) {
  std::string text(entries);
  auto* const begin = reinterpret_cast<std::byte*>(text.data());
  for (std::size_t at = 0; at + kEntryBytes <= text.size(); at += kEntryBytes)
    store_be(begin + at + kCrcAt, crc32c(ByteSpan(begin + at, kCrcAt)));
  return head() + text;
}

std::string entry(std::uint8_t partition, std::uint8_t mark, std::uint8_t group) {
  std::string text(kEntryBytes, '\0');
  text[0] = 't';
  text[19] = static_cast<char>(partition);
  text[20] = static_cast<char>(mark);
  text[27] = static_cast<char>(group);
  return text;
}

std::unique_ptr<log::ReplicasJournal> open(sim::Simulation& world, env::FileSystem& files,
                                           env::Core& core) {
  auto journal = world.run(core, log::ReplicasJournal::open(files, core));
  return journal ? std::move(*journal) : nullptr;
}

void use(sim::Simulation& world, sim::Node& node) {
  const auto files = node.environment().open_file_system({"/d"}).value();
  env::Core& core = node.environment().core(0);
  auto journal = open(world, *files, core);
  if (!journal) return;
  const auto replicas = journal->replicas();
  journal = open(world, *files, core);
  ENSURE(journal && journal->replicas() == replicas, "another journal the second time");
  TopicPartition fresh{{}, 77};
  fresh.topic.bytes.fill(9);
  const auto marked = world.run(core, journal->mark(fresh, log::ReplicaMark::has_data));
  ENSURE(marked.has_value(), "{}", to_string(marked.error()));
  journal = open(world, *files, core);
  ENSURE(journal && journal->replicas().contains(fresh), "a mark is lost");
}

}  // namespace

std::vector<Seed> seeds() {
  const std::string some = entry(1, 1, 0) + entry(2, 2, 0) + entry(3, 1, 1) + entry(1, 3, 2);
  const std::string zero(1, '\0');
  return {{"sealed", "\x01" + some},
          {"as_it_is", zero + mended(some)},
          {"torn", zero + mended(some).substr(0, head().size() + 3 * kEntryBytes + 10)},
          {"damaged", zero + head() + some},
          {"empty", "\x01"}};
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const bool mend = input.byte() % 2 == 1;
  sim::Simulation world(1);
  sim::Node& node = world.add_node("a");
  auto file = node.disk("/d").create("replicas");
  const std::string bytes = mend ? mended(input.rest()) : std::string(input.rest());
  (*file)->write(0, as_bytes(bytes));
  use(world, node);
  node.kill();
  return 0;
}
