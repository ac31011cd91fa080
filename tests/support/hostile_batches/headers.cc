// Record batches: every field of the header wrong in every way that means something.
#include "common/records/batch_header.h"
#include "tests/support/hostile_batches/hostile_batches.h"

namespace ropewalk::support {
namespace {

class Batches {
 public:
  HostileBatches all() {
    add_sizes();
    add_magic_and_checksum();
    add_attributes();
    add_counts();
    add_producers();
    add_times();
    return std::move(table_);
  }

 private:
  void bad(std::string name, std::string_view records, Errc code) {
    table_.push_back({"batch: " + name, std::string(records), code});
  }
  template <class T>
  static std::string with(std::size_t at, T value) {
    std::string batch = good_batch();
    store_be(reinterpret_cast<std::byte*>(batch.data()) + at, value);
    return batch;
  }
  // The checksum is right.
  template <class T>
  void sealed(std::string name, std::size_t at, T value, Errc code) {
    bad(std::move(name), resealed(with(at, value)), code);
  }
  // The bytes as they are; they stand in front of the checksum, or are it.
  template <class T>
  void plain(std::string name, std::size_t at, T value, Errc code) {
    bad(std::move(name), with(at, value), code);
  }

  void add_sizes() {
    const auto invalid = Errc::invalid_record;
    const std::string good = good_batch();
    const auto length = static_cast<std::int32_t>(good.size() - kBatchPrefixBytes);
    bad("one byte", good.substr(0, 1), invalid);
    bad("the prefix alone", good.substr(0, kBatchPrefixBytes), invalid);
    bad("all of the header but a byte", good.substr(0, kBatchHeaderBytes - 1), invalid);
    bad("the header alone", good.substr(0, kBatchHeaderBytes), invalid);
    bad("all but the last byte", good.substr(0, good.size() - 1), invalid);
    bad("a byte more", good + "x", invalid);
    bad("two batches", good + good, invalid);
    bad("text", std::string(200, 't'), invalid);
    bad("zeros", std::string(200, '\0'), invalid);
    bad("ones", std::string(200, '\xff'), invalid);
    plain("length 0", batch_at::kBatchLength, std::int32_t{0}, invalid);
    plain("length -1", batch_at::kBatchLength, std::int32_t{-1}, invalid);
    plain("the smallest length", batch_at::kBatchLength, INT32_MIN, invalid);
    plain("the largest length", batch_at::kBatchLength, INT32_MAX, invalid);
    plain("length one too small", batch_at::kBatchLength, length - 1, invalid);
    plain("length one too large", batch_at::kBatchLength, length + 1, invalid);
    plain("a length below the header's", batch_at::kBatchLength, std::int32_t{48}, invalid);
    bad("more than max.message.bytes", resealed(good + std::string(1'048'588, 'x')),
        Errc::message_too_large);
    plain("base offset 1", batch_at::kBaseOffset, std::int64_t{1}, invalid);
    plain("base offset -1", batch_at::kBaseOffset, std::int64_t{-1}, invalid);
    plain("the largest base offset", batch_at::kBaseOffset, INT64_MAX, invalid);
    plain("a leader epoch, which is the broker's to write", batch_at::kLeaderEpoch,
          std::int32_t{77}, Errc::none);
  }

  void add_magic_and_checksum() {
    for (const int magic : {0, 1, 3, 127, -128})
      plain(fmt::format("format {}", magic), batch_at::kMagic, static_cast<std::int8_t>(magic),
            Errc::invalid_record);
    const auto corrupt = Errc::corrupt_message;
    plain("checksum 0", batch_at::kCrc, std::uint32_t{0}, corrupt);
    plain("checksum of ones", batch_at::kCrc, ~std::uint32_t{0}, corrupt);
    const std::string good = good_batch();
    const auto sum =
        load_be<std::uint32_t>(reinterpret_cast<const std::byte*>(good.data()) + batch_at::kCrc);
    plain("one bit of the checksum", batch_at::kCrc, sum ^ 1, corrupt);
    plain("the checksum in the other byte order", batch_at::kCrc, std::byteswap(sum), corrupt);
    for (const std::size_t at :
         {batch_at::kAttributes, batch_at::kBaseTimestamp, batch_at::kProducerId,
          batch_at::kBaseSequence, batch_at::kRecords, good.size() - 1}) {
      std::string flipped = good;
      flipped[at] = static_cast<char>(flipped[at] ^ 0x40);
      bad(fmt::format("a bit of byte {} under the checksum", at), flipped, corrupt);
    }
  }

  void add_attributes() {
    const auto attributes = [&](std::string name, int bits, Errc code) {
      sealed(std::move(name), batch_at::kAttributes, static_cast<std::int16_t>(bits), code);
    };
    const auto invalid = Errc::invalid_record;
    attributes("a control batch", batch_bit::kControl, invalid);
    attributes("a control batch of a transaction", batch_bit::kControl | batch_bit::kTransactional,
               invalid);
    attributes("a transactional batch", batch_bit::kTransactional, Errc::invalid_txn_state);
    attributes("log append time", batch_bit::kLogAppendTime, Errc::invalid_timestamp);
    attributes("a delete horizon", batch_bit::kDeleteHorizon, invalid);
    attributes("attribute bit 7", 0x80, invalid);
    attributes("attribute bit 14", 0x4000, invalid);
    attributes("attribute bit 15", -0x8000, invalid);
    for (const int codec : {5, 6, 7})
      attributes(fmt::format("codec {}", codec), codec, Errc::unsupported_compression_type);
  }

  void add_counts() {
    const auto both = [&](std::string name, std::int32_t delta, std::int32_t count) {
      std::string batch = with(batch_at::kLastOffsetDelta, delta);
      store_be(reinterpret_cast<std::byte*>(batch.data()) + batch_at::kRecordsCount, count);
      bad(std::move(name), resealed(batch), Errc::invalid_record);
    };
    both("no records in the header", 0, 0);
    both("a delta of -1 for none", -1, 0);
    both("a record more", kGoodRecords, kGoodRecords + 1);
    both("a record less", kGoodRecords - 2, kGoodRecords - 1);
    both("the largest count", INT32_MAX - 1, INT32_MAX);
    both("the smallest count", -1, INT32_MIN);
    both("a negative count", -2, -1);
    for (const std::int32_t delta : {-1, 0, kGoodRecords, INT32_MAX, INT32_MIN})
      sealed(fmt::format("last offset delta {}", delta), batch_at::kLastOffsetDelta, delta,
             Errc::invalid_record);
    for (const std::int32_t count : {-1, 0, 1, INT32_MAX, INT32_MIN})
      sealed(fmt::format("count {}", count), batch_at::kRecordsCount, count, Errc::invalid_record);
    bad("records of none", resealed(good_batch().substr(0, kBatchHeaderBytes)),
        Errc::invalid_record);
  }

  void add_producers() {
    const auto producer = [&](std::string name, std::int64_t id, std::int16_t epoch,
                              std::int32_t sequence, Errc code) {
      std::string batch = with(batch_at::kProducerId, id);
      auto* at = reinterpret_cast<std::byte*>(batch.data());
      store_be(at + batch_at::kProducerEpoch, epoch);
      store_be(at + batch_at::kBaseSequence, sequence);
      bad(std::move(name), resealed(batch), code);
    };
    const auto invalid = Errc::invalid_record;
    producer("a producer without an epoch", 4000, -1, 0, invalid);
    producer("a producer without a sequence", 4000, 0, -1, invalid);
    producer("a producer with the smallest epoch", 4000, INT16_MIN, 0, invalid);
    producer("a producer with the smallest sequence", 4000, 0, INT32_MIN, invalid);
    // As in Kafka: the broker may have forgotten the ones before.
    producer("an unknown producer in the middle", 4001, 0, 7, Errc::none);
    producer("an epoch and a sequence of nobody", -1, 3, 3, Errc::none);
    producer("a negative producer", -2, 0, 0, Errc::none);
    producer("the smallest producer", INT64_MIN, 0, 0, Errc::none);
  }

  void add_times() {
    const auto invalid = Errc::invalid_timestamp;
    sealed("base time below -1", batch_at::kBaseTimestamp, std::int64_t{-2}, invalid);
    sealed("the smallest base time", batch_at::kBaseTimestamp, INT64_MIN, invalid);
    sealed("a base time that overflows", batch_at::kBaseTimestamp, INT64_MAX, invalid);
    // The broker counts itself (D1).
    sealed("a wrong largest time", batch_at::kMaxTimestamp, std::int64_t{-5}, Errc::none);
    sealed("the largest largest time", batch_at::kMaxTimestamp, INT64_MAX, Errc::none);
  }

  HostileBatches table_;
};

}  // namespace

HostileBatches hostile_headers() { return Batches().all(); }

}  // namespace ropewalk::support
