#include "tests/integration/tracked_producer.h"

#include <chrono>
#include <utility>

#include "common/records/batch_builder.h"
#include "common/wire/errors.h"
#include "ropewalk/v1/producer_id.pb.h"

namespace ropewalk::support {
namespace {

using namespace std::chrono_literals;

std::uint64_t next_random(std::uint64_t& state) {  // splitmix64
  std::uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

std::string tracked_value(std::int32_t partition, std::int64_t number, std::size_t padding) {
  return std::to_string(partition) + ":" + std::to_string(number) + std::string(padding, '.');
}

TrackedProducer::TrackedProducer(Options options)
    : options_(std::move(options)), random_(options_.seed), thread_([this] { run(); }) {}

TrackedProducer::~TrackedProducer() { finish(); }

void TrackedProducer::finish() {
  finishing_ = true;
  if (thread_.joinable()) thread_.join();
}

void TrackedProducer::abandon() {
  abandoned_ = true;
  finish();
}

void TrackedProducer::run() {
  while (fault_.empty() && !abandoned_) {
    if (finishing_ && unanswered_.empty()) return;
    const std::uint16_t port = options_.port();
    auto outcome = port == 0 ? Result<void>(fail(Errc::closed, "no broker")) : talk(port);
    if (outcome) return;
    if (port != 0) disturbance_ = to_string(outcome.error());
    const Errc code = outcome.error().code;
    // request_timed_out: a batch may or may not be stored, and is sent again like the others.
    if (!is_retriable(code) && code != Errc::request_timed_out) {
      fault_ =
          "partition " + std::to_string(options_.partition) + ": " + to_string(outcome.error());
      return;
    }
    std::this_thread::sleep_for(2ms);  // The broker is restarting; there is nothing to wait on.
  }
}

// Sends until the work is done or the connection breaks.
Result<void> TrackedProducer::talk(std::uint16_t port) {
  TRY(auto client, NativeClient::connect(port, 20s));
  if (producer_id_ < 0) {
    TRY(const auto made, client.call<v1::InitProducerIdResponse>(v1::API_INIT_PRODUCER_ID,
                                                                 v1::InitProducerIdRequest()));
    producer_id_ = made.producer_id();
    producer_epoch_ = made.producer_epoch();
  }
  for (const auto& batch : unanswered_) {
    resent_++;
    TRY_VOID(client.send(batch.frame));
  }
  while (!abandoned_) {
    while (!finishing_ && unanswered_.size() < kInFlight) {
      unanswered_.push_back(make_batch());
      TRY_VOID(client.send(unanswered_.back().frame));
    }
    if (unanswered_.empty()) return {};
    TRY_VOID(take_answer(client));
  }
  return {};
}

TrackedProducer::Batch TrackedProducer::make_batch() {
  Batch batch{.first_number = next_number_,
              .count = static_cast<std::int64_t>(1 + next_random(random_) % 40),
              .frame = {}};
  BatchBuilder builder;
  for (std::int64_t i = 0; i < batch.count; i++) {
    const std::string value = tracked_value(options_.partition, next_number_++, options_.padding);
    builder.append({.timestamp = 1'700'000'000'000 + i, .key = {}, .value = as_bytes(value)});
  }
  const ProducerStamp stamp{.id = ProducerId(producer_id_),
                            .epoch = ProducerEpoch(static_cast<std::int16_t>(producer_epoch_)),
                            .base_sequence = static_cast<std::int32_t>(batch.first_number)};
  const auto sealed = builder.finish(Codec::none, stamp);
  ENSURE(sealed, "building a batch: {}", sealed.error());
  batch.frame = encode_produce({.correlation_id = batch.first_number,
                                .topic_id = options_.topic_id,
                                .partition = options_.partition,
                                .acks = v1::ACKS_ALL},
                               sealed->span());
  return batch;
}

Result<void> TrackedProducer::take_answer(NativeClient& client) {
  TRY(const auto frame, client.receive());
  if (frame.header.has_error()) return std::unexpected(wire::from_proto(frame.header.error()));
  v1::ProduceResponse response;
  TRY_VOID(wire::parse(frame.body.span(), response));
  if (response.partitions_size() != 1) return fail(Errc::invalid_request, "no result");
  const auto& result = response.partitions(0);
  if (result.has_error()) return std::unexpected(wire::from_proto(result.error()));
  const Batch& oldest = unanswered_.front();
  if (frame.header.correlation_id() != oldest.first_number)
    return fail(Errc::invalid_request, "answers of one partition came out of order");
  acked_.push_back({oldest.first_number, oldest.count, result.base_offset()});
  unanswered_.pop_front();
  if (options_.acknowledged) options_.acknowledged();
  return {};
}

}  // namespace ropewalk::support
