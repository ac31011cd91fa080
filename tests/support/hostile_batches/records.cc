// What stands inside a batch: records that do not fit, and compressed bytes that are none.
#include <optional>

#include "common/records/batch_header.h"
#include "common/records/compression.h"
#include "common/records/varint.h"
#include "tests/support/hostile_batches/hostile_batches.h"

namespace ropewalk::support {
namespace {

// Kafka's zigzag numbers.
std::string zigzag_number(std::int64_t value) {
  std::string text(varint_size(value), '\0');
  write_varint(reinterpret_cast<std::byte*>(text.data()), value);
  return text;
}
std::string text_field(std::string_view text) {
  return zigzag_number(static_cast<std::int64_t>(text.size())) + std::string(text);
}

// The pieces of a record, each of which may be replaced.
struct Pieces {
  std::string attributes = std::string(1, '\0');
  std::string time = zigzag_number(0);
  std::string offset = zigzag_number(0);
  std::string key = text_field("key");
  std::string value = text_field("value");
  std::string headers = zigzag_number(0);
  std::optional<std::string> length = {};

  std::string text() const {
    const std::string inside = attributes + time + offset + key + value + headers;
    return length.value_or(zigzag_number(static_cast<std::int64_t>(inside.size()))) + inside;
  }
};

std::string batch_of(std::string_view records, std::int32_t count, int codec = 0) {
  std::string batch = good_batch().substr(0, kBatchHeaderBytes);
  auto* at = reinterpret_cast<std::byte*>(batch.data());
  store_be(at + batch_at::kAttributes, static_cast<std::int16_t>(codec));
  store_be(at + batch_at::kRecordsCount, count);
  store_be(at + batch_at::kLastOffsetDelta, count - 1);
  return resealed(batch + std::string(records));
}

std::string compressed(Codec codec, std::string_view text) {
  std::vector<std::byte> out;
  ENSURE(compress(codec, as_bytes(text), out).has_value(), "no codec");
  return std::string(as_text(out));
}

}  // namespace

HostileBatches hostile_records() {
  HostileBatches table;
  const auto batch = [&](std::string name, std::string_view records, std::int32_t count,
                         Errc code) {
    table.push_back({"record: " + std::move(name), batch_of(records, count), code});
  };
  const auto bad = [&](std::string name, auto change, Errc code = Errc::invalid_record) {
    Pieces pieces;
    change(pieces);
    batch(std::move(name), pieces.text(), 1, code);
  };
  const auto number = zigzag_number;
  const std::string endless(5, '\xff');
  const std::string five_bytes_too_many("\xff\xff\xff\xff\x1f");
  bad("nothing wrong", [](auto&) {}, Errc::none);
  bad("any attributes", [](auto& p) { p.attributes = "\xff"; }, Errc::none);
  bad("a null key and value", [&](auto& p) { p.key = p.value = number(-1); }, Errc::none);
  bad(
      "a number longer than it need be", [](auto& p) { p.offset = std::string("\x80\x80\x00", 3); },
      Errc::none);
  bad("a length of five bytes that does not end", [&](auto& p) { p.length = endless; });
  bad("a length of more than 32 bits", [&](auto& p) { p.length = five_bytes_too_many; });
  bad("length -1", [&](auto& p) { p.length = number(-1); });
  bad("length 0", [&](auto& p) { p.length = number(0); });
  bad("length 1", [&](auto& p) { p.length = number(1); });
  bad("a length one too large", [&](auto& p) { p.length = number(15 + 1); });
  bad("a length one too small", [&](auto& p) { p.length = number(15 - 2); });
  bad("the largest length", [&](auto& p) { p.length = number(INT32_MAX); });
  bad("the smallest length", [&](auto& p) { p.length = number(INT32_MIN); });
  bad("a time of eleven bytes", [](auto& p) { p.time = std::string(10, '\xff') + "\x01"; });
  bad(
      "a time below -1", [&](auto& p) { p.time = number(-1'700'000'000'002); },
      Errc::invalid_timestamp);
  bad("a time of -1", [&](auto& p) { p.time = number(-1'700'000'000'001); }, Errc::none);
  bad(
      "the largest time delta", [&](auto& p) { p.time = number(INT64_MAX); },
      Errc::invalid_timestamp);
  bad(
      "the smallest time delta", [&](auto& p) { p.time = number(INT64_MIN); },
      Errc::invalid_timestamp);
  bad("offset 1 first", [&](auto& p) { p.offset = number(1); });
  bad("offset -1", [&](auto& p) { p.offset = number(-1); });
  bad("an offset of more than 32 bits", [&](auto& p) { p.offset = five_bytes_too_many; });
  bad("key length -2", [&](auto& p) { p.key = number(-2); });
  bad("a key beyond the record", [&](auto& p) { p.key = number(100) + "key"; });
  bad("the largest key", [&](auto& p) { p.key = number(INT32_MAX) + "key"; });
  bad("value length -2", [&](auto& p) { p.value = number(-2); });
  bad("a value beyond the record", [&](auto& p) { p.value = number(7) + "value"; });
  bad("no value", [](auto& p) { p.value = p.headers = ""; });
  bad("no header count", [](auto& p) { p.headers = ""; });
  bad("header count -1", [&](auto& p) { p.headers = number(-1); });
  bad("a header count of one, and none", [&](auto& p) { p.headers = number(1); });
  bad("the largest header count", [&](auto& p) { p.headers = number(INT32_MAX); });
  bad("a header with a null key", [&](auto& p) { p.headers = number(1) + number(-1) + number(0); });
  bad("a header without a value", [&](auto& p) { p.headers = number(1) + text_field("h"); });
  bad("a header with a value beyond the record",
      [&](auto& p) { p.headers = number(1) + text_field("h") + number(9) + "v"; });
  bad("a header value of length -2",
      [&](auto& p) { p.headers = number(1) + text_field("h") + number(-2); });
  bad("a header more than counted",
      [&](auto& p) { p.headers = number(0) + text_field("h") + text_field("v"); });
  bad(
      "a header with a null value",
      [&](auto& p) { p.headers = number(1) + text_field("h") + number(-1); }, Errc::none);
  bad(
      "a header with an empty key",
      [&](auto& p) { p.headers = number(1) + number(0) + text_field("v"); }, Errc::none);

  const auto at_offset = [&](std::int64_t offset) {
    Pieces pieces;
    pieces.offset = number(offset);
    return pieces.text();
  };
  const auto invalid = Errc::invalid_record;
  batch("offsets 0, 0", at_offset(0) + at_offset(0), 2, invalid);
  batch("offsets 0, 2", at_offset(0) + at_offset(2), 2, invalid);
  batch("offsets 1, 0", at_offset(1) + at_offset(0), 2, invalid);
  batch("two where one is said", at_offset(0) + at_offset(1), 1, invalid);
  batch("one where two are said", at_offset(0), 2, invalid);
  batch("a byte behind the last", at_offset(0) + std::string(1, '\0'), 1, invalid);
  batch("a second one that is cut off", at_offset(0) + at_offset(1).substr(0, 5), 2, invalid);
  batch("the length of a second one alone", at_offset(0) + "\x1c", 2, invalid);
  batch("zeros", std::string(100, '\0'), 1, invalid);
  return table;
}

HostileBatches hostile_codecs() {
  HostileBatches table;
  const std::string one = Pieces().text();
  const auto corrupt = Errc::corrupt_message;
  for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    const int bits = static_cast<int>(codec);
    const auto bad = [&](std::string_view name, std::string_view bytes, Errc code,
                         std::int32_t count = 1) {
      table.push_back(
          {fmt::format("{}: {}", to_string(codec), name), batch_of(bytes, count, bits), code});
    };
    // Does not become smaller, so that every part of it counts.
    std::string noise;
    for (std::uint32_t i = 1, x = 7; i <= 300; i++, x = x * 1'664'525 + 1'013'904'223)
      noise.push_back(static_cast<char>(x >> 24));
    Pieces pieces;
    pieces.value = text_field(noise);
    const std::string good = compressed(codec, pieces.text());
    bad("nothing wrong", good, Errc::none);
    bad("nothing at all", "", corrupt);
    bad("its first byte", good.substr(0, 1), corrupt);
    bad("its first half", good.substr(0, good.size() / 2), corrupt);
    bad("all but the last byte", good.substr(0, good.size() - 1), corrupt);
    bad("bytes behind its end", good + "trailing", corrupt);
    bad("records that are not compressed", pieces.text(), corrupt);
    bad("ones", std::string(64, '\xff'), corrupt);
    std::string flipped = good;
    flipped[1] = static_cast<char>(flipped[1] ^ 0x10);
    bad("a bit of its beginning", flipped, corrupt);
    const Codec other = codec == Codec::gzip ? Codec::zstd : Codec::gzip;
    bad(fmt::format("what {} wrote", to_string(other)), compressed(other, one), corrupt);
    bad("compressed twice", compressed(codec, good), Errc::invalid_record);
    bad("no records", compressed(codec, ""), Errc::invalid_record);
    bad("a record less than it says", good, Errc::invalid_record, 2);
    bad("bytes behind the records", compressed(codec, pieces.text() + "behind"),
        Errc::invalid_record);
  }
  const auto bomb = [&](Codec codec, std::string_view bytes) {
    table.push_back({fmt::format("{}: a bomb", to_string(codec)),
                     batch_of(bytes, 1, static_cast<int>(codec)), Errc::message_too_large});
  };
  const std::string zeros(kHostileDecompressedMax + 1, '\0');
  for (const Codec codec : {Codec::gzip, Codec::lz4, Codec::zstd})
    bomb(codec, compressed(codec, zeros));
  // A bare block that says how much it holds, and holds nothing.
  bomb(Codec::snappy, "\xff\xff\xff\xff\x0f" + std::string(20, '\0'));
  return table;
}

}  // namespace ropewalk::support
