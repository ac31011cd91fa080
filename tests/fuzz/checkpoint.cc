// The `checkpoint` file of a partition, and the producer state in it.
#include "broker/log/checkpoint.h"

#include "broker/log/checked_file.h"
#include "broker/replication/producer_state.h"
#include "tests/fuzz/target.h"

namespace ropewalk::fuzz {
namespace {

constexpr std::size_t kProducersMax = 100;

void use_epochs(const log::Checkpoint& checkpoint, Input numbers) {
  for (int i = 0; i < 4; i++) {
    const std::int64_t number = numbers.number();
    std::ignore = checkpoint.epochs.epoch_at(Offset(number));
    std::ignore =
        checkpoint.epochs.end_of(LeaderEpoch(static_cast<std::int32_t>(number)), checkpoint.offset);
    log::EpochStarts epochs = checkpoint.epochs;
    epochs.trim(Offset(number));
    epochs.truncate(Offset(numbers.number()));
    std::ignore = epochs.last();
  }
}

void use_producers(std::string_view bytes, Input numbers) {
  replication::ProducerState state(kProducersMax);
  if (!state.decode(bytes)) return;
  const Offset everything(INT64_MAX);
  replication::ProducerState again(kProducersMax);
  ENSURE(again.decode(state.encode(everything)).has_value(), "a state that was read can be stored");
  for (int i = 0; i < 4; i++) {
    const replication::Sequenced batch{
        .producer = ProducerId(numbers.byte()),
        .epoch = ProducerEpoch(numbers.byte()),
        .first_sequence = static_cast<std::int32_t>(numbers.number() & INT32_MAX),
        .record_count = 1 + numbers.byte()};
    const auto checked = state.check(batch);
    if (checked && !*checked)
      state.record(batch, {Offset(1'000'000 + 1000 * i), -1, batch.record_count});
  }
  state.keep(everything);
  std::ignore = state.truncate_to(Offset(numbers.number()));
}

std::string with_state() {
  replication::ProducerState state(kProducersMax);
  for (int i = 0; i < 3; i++) {
    const replication::Sequenced batch{ProducerId(i % 2), ProducerEpoch(1), 5 * i, 5};
    state.record(batch, {Offset(100 + 5 * i), -1, 5});
  }
  state.keep(Offset(200));
  const log::Checkpoint checkpoint{
      Offset(120), Offset(7), Offset(110),
      log::EpochStarts({{LeaderEpoch(1), Offset(0)}, {LeaderEpoch(4), Offset(60)}}),
      state.encode(Offset(120))};
  return log::encode(checkpoint);
}

}  // namespace

std::vector<Seed> seeds() {
  const std::string numbers("\x07\x3c\x6e\x78\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c", 16);
  const std::string content = log::open_content("RWCHKPNT", 1, with_state()).value().content;
  const std::string plain = log::encode(log::Checkpoint{});
  return {{"as_it_is", std::string(1, '\0') + numbers + with_state()},
          {"sealed", "\x01" + numbers + content},
          {"without_anything", std::string(1, '\0') + numbers + plain}};
}

}  // namespace ropewalk::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  using namespace ropewalk::fuzz;
  Input input(data, size);
  const bool seal = input.byte() % 2 == 1;
  const std::string_view head = input.take(16);
  const Input numbers(reinterpret_cast<const std::uint8_t*>(head.data()), head.size());
  const std::string bytes =
      seal ? log::seal_content("RWCHKPNT", 1, input.rest()) : std::string(input.rest());
  const auto checkpoint = log::decode_checkpoint(bytes);
  if (!checkpoint) return 0;
  ENSURE(log::encode(*checkpoint) == bytes, "a checkpoint that was read is another when stored");
  use_epochs(*checkpoint, numbers);
  use_producers(checkpoint->producer_state, numbers);
  return 0;
}
