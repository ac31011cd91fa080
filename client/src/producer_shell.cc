#include "client/src/producer_shell.h"

#include "client/src/core/callbacks.h"

namespace ropewalk::client {
namespace {

Result<void> check_compression(const ProducerOptions& options) {
  TRY(const Codec codec, codec_of(static_cast<int>(options.compression)));
  if (!options.compression_level) return {};
  return check_level(codec, *options.compression_level);
}

}  // namespace

ProducerShell::ProducerShell(std::shared_ptr<Shell> shell, ProducerOptions options)
    : shell_(std::move(shell)),
      options_(std::move(options)),
      usable_(check_compression(options_)),
      accumulator_(options_, shell_->options(), shell_->environment().random("producer")(),
                   shell_->waiting()) {}

std::shared_ptr<ProducerShell> ProducerShell::make(std::shared_ptr<Shell> shell,
                                                   ProducerOptions options) {
  std::shared_ptr<ProducerShell> made(new ProducerShell(std::move(shell), std::move(options)));
  made->shell_->add_part(made);
  return made;
}

Delivery ProducerShell::send(Record&& record) {
  if (options_.on_send) {
    if (const auto threw = words_of_exception([&] { options_.on_send(record); }))
      return refuse(record, {Errc::invalid_record, fmt::format("on_send threw: {}", *threw)});
  }
  if (!usable_) return refuse(record, usable_.error());
  const Timestamp timestamp =
      record.timestamp ? *record.timestamp : shell_->environment().wall_now();
  std::optional<env::MonotonicTime> give_up;
  for (;;) {
    std::unique_lock lock(mutex_);
    Result<Accumulator::Taken> taken = accumulator_.append(record, timestamp, clock_);
    const bool is_earlier = taken && look_by(taken->due);
    const bool others_decided = accumulator_.has_decided();
    lock.unlock();
    if (taken) {
      if (is_earlier) wake();
      // Others may have made room for it.
      if (options_.when_full == WhenFull::drop_oldest && others_decided) complete_decided();
      return {std::move(taken->deliveries), taken->index};
    }
    const env::MonotonicTime now = shell_->now();
    if (!give_up) give_up = now + options_.block_max;
    const bool may_block = options_.when_full == WhenFull::block &&
                           shell_->environment().current_core_or_null() == nullptr;
    if (taken.error().code != Errc::budget_exceeded || !may_block || now >= *give_up)
      return refuse(record, std::move(taken).error());
    const std::function<bool()> space = [&] {
      const std::lock_guard looking(mutex_);
      return accumulator_.space_for(record);
    };
    shell_->environment().block_until(space, *give_up);
  }
}

Delivery ProducerShell::refuse(const Record& record, Error error) {
  refused_.fetch_add(1, std::memory_order_relaxed);
  Decided decided{.where = {record.topic, record.partition.value_or(-1)},
                  .deliveries = std::make_shared<DeliveryState>(shell_->waiting()),
                  .early = {},
                  .records = 1,
                  .outcome = fail(std::move(error))};
  const std::uint32_t index = decided.deliveries->add({});
  Delivery delivery(decided.deliveries, index);
  tell(decided);
  return delivery;
}

void ProducerShell::tell(Decided& decided) {
  if (options_.on_delivered) {
    Telling telling(decided.where, decided.outcome);
    for (std::uint32_t index = 0; index < decided.records; index++) {
      const auto& told = telling.of(index, decided.deliveries->timestamp_of(index));
      const auto threw = words_of_exception([&] { options_.on_delivered(decided.where, told); });
      if (threw) shell_->waiting()->callback_threw("on_delivered", *threw);
    }
  }
  decided.tell();
}

ProducerStatistics ProducerShell::statistics() {
  ProducerStatistics now;
  {
    const std::lock_guard lock(mutex_);
    now = accumulator_.statistics();
  }
  now.records_failed += refused_.load(std::memory_order_relaxed);
  now.bytes_sent = bytes_sent_.load(std::memory_order_relaxed);
  now.requests = requests_.read();
  return now;
}

Result<void> ProducerShell::flush(std::chrono::nanoseconds timeout) {
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    generation = accumulator_.begin_flush();
  }
  wake_at(shell_->now());
  std::optional<std::uint64_t> to_complete;  // Deliveries, once all is decided: told, too.
  const std::function<bool()> flushed = [&] {
    const std::lock_guard lock(mutex_);
    if (!accumulator_.flushed(generation)) return false;
    if (!to_complete) to_complete = accumulator_.decided_so_far();
    return completed_ >= *to_complete;
  };
  if (shell_->waiting()->wait(flushed, timeout)) return {};
  return fail(Errc::request_timed_out, "flushing: {} bytes are not delivered yet",
              accumulator_.held_bytes());
}

Result<void> ProducerShell::close(std::chrono::nanoseconds timeout) {
  {
    const std::lock_guard lock(mutex_);
    accumulator_.close();
  }
  auto flushed = timeout.count() > 0 ? flush(timeout) : Result<void>();
  fail_all({Errc::closed, "the producer was closed"});
  return flushed;
}

void ProducerShell::client_closes() { fail_all({Errc::closed, "the client was closed"}); }

void ProducerShell::fail_all(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    accumulator_.close();
    accumulator_.fail_all(error);
  }
  complete_decided();
}

void ProducerShell::complete_decided() {
  std::vector<Decided> decided;
  {
    const std::lock_guard lock(mutex_);
    decided = accumulator_.take_decided();
  }
  complete(std::move(decided));
}

void ProducerShell::complete(std::vector<Decided> decided) {
  if (decided.empty()) return;
  std::uint64_t told = 0;
  for (Decided& one : decided) {
    tell(one);
    told += one.records;
  }
  completed_.fetch_add(told);
  shell_->environment().notify();
}

void ProducerShell::wake_at(env::MonotonicTime due) {
  {
    const std::lock_guard lock(mutex_);
    if (!look_by(due)) return;
  }
  wake();
}

bool ProducerShell::look_by(env::MonotonicTime due) {
  if (due >= next_look_) return false;
  next_look_ = due;
  return true;
}

void ProducerShell::wake() {
  shell_->core().post([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->pump();
  });
}

}  // namespace ropewalk::client
