#include "common/wire/records_last.h"

#include <google/protobuf/io/coded_stream.h>

#include "common/wire/fields.h"
#include "common/wire/frame.h"
#include "common/wire/varint.h"

namespace ropewalk::wire {
namespace {

using google::protobuf::MessageLite;

constexpr std::uint32_t kRecordsTag = field_tag(kRecordsField, WireType::length_delimited);
constexpr std::size_t kRecordsTagBytes = varint_size(kRecordsTag);

struct PartSizes {
  std::size_t fields = 0;
  std::size_t message = 0;
};

PartSizes sizes_of(const PartToWrite& part) {
  PartSizes sizes;
  sizes.fields = part.fields->ByteSizeLong();
  sizes.message = sizes.fields;
  // Protobuf leaves empty bytes out.
  if (part.records_bytes != 0) {
    sizes.message += kRecordsTagBytes + varint_size(part.records_bytes) + part.records_bytes;
  }
  return sizes;
}

std::byte* write_message(std::byte* to, const MessageLite& message) {
  auto* raw = reinterpret_cast<std::uint8_t*>(to);
  return reinterpret_cast<std::byte*>(message.SerializeWithCachedSizesToArray(raw));
}

// Merges the bytes into the message: concatenated runs of fields are a message again.
Result<void> merge(ByteSpan bytes, MessageLite& into) {
  if (bytes.empty()) return {};
  bool good = bytes.size() <= kFrameBytesCeiling;
  if (good) {
    google::protobuf::io::CodedInputStream input(
        reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<int>(bytes.size()));
    good = into.MergeFromCodedStream(&input) && input.ConsumedEntireMessage();
  }
  if (!good)
    return fail(Errc::malformed_frame, "{} bytes are no {}", bytes.size(), into.GetTypeName());
  return {};
}

// Calls `take` with each value of field 1000 and merges the runs in between.
template <class Take>
Result<void> split(ByteSpan message, MessageLite& rest, Take take) {
  rest.Clear();
  FieldWalker walker(message);
  std::size_t run_begin = 0;
  while (!walker.at_end()) {
    auto field = walker.next();
    if (!field) return within(rest.GetTypeName(), std::move(field).error());
    if (field->number != kRecordsField) continue;
    if (!field->length_delimited) {
      return fail(Errc::malformed_frame, "field {} of {} is no bytes", kRecordsField,
                  rest.GetTypeName());
    }
    TRY_VOID(merge(message.subspan(run_begin, field->begin - run_begin), rest));
    run_begin = field->end;
    TRY_VOID(take(field->value_begin, field->end - field->value_begin));
  }
  return merge(message.subspan(run_begin), rest);
}

}  // namespace

RecordsLastFrame write_records_last(const MessageLite& header, const MessageLite& body,
                                    std::span<const PartToWrite> parts) {
  const std::size_t header_bytes = header.ByteSizeLong();
  const std::size_t body_bytes = body.ByteSizeLong();
  std::size_t frame_bytes = varint_size(header_bytes) + header_bytes + body_bytes;
  std::size_t records_bytes = 0;
  std::vector<PartSizes> sizes;
  sizes.reserve(parts.size());
  for (const auto& part : parts) {
    sizes.push_back(sizes_of(part));
    const std::size_t message = sizes.back().message;
    frame_bytes += kRecordsTagBytes + varint_size(message) + message;
    records_bytes += part.records_bytes;
  }
  ENSURE(header_bytes <= kHeaderBytesMax && frame_bytes < kFrameBytesCeiling,
         "a frame of {} bytes with a header of {}", frame_bytes, header_bytes);

  const std::size_t small_bytes = kLengthBytes + frame_bytes - records_bytes;
  std::vector<std::byte> buffer(small_bytes);
  std::byte* const begin = buffer.data();
  store_be(begin, static_cast<std::uint32_t>(frame_bytes));
  std::byte* to = write_varint(begin + kLengthBytes, header_bytes);
  to = write_message(to, header);
  to = write_message(to, body);
  std::vector<std::pair<std::size_t, std::size_t>> cuts;  // (end in the buffer, part)
  cuts.reserve(parts.size() + 1);
  for (std::size_t i = 0; i < parts.size(); i++) {
    to = write_varint(to, kRecordsTag);
    to = write_varint(to, sizes[i].message);
    to = write_message(to, *parts[i].fields);
    if (parts[i].records_bytes == 0) continue;
    to = write_varint(to, kRecordsTag);
    to = write_varint(to, parts[i].records_bytes);
    cuts.emplace_back(static_cast<std::size_t>(to - begin), i);
  }
  ENSURE(static_cast<std::size_t>(to - begin) == small_bytes, "wrote {} bytes of {}", to - begin,
         small_bytes);
  if (cuts.empty() || cuts.back().first != small_bytes) {
    cuts.emplace_back(small_bytes, RecordsLastFrame::kNoPart);
  }

  RecordsLastFrame frame;
  frame.whole_bytes = kLengthBytes + frame_bytes;
  frame.pieces.reserve(cuts.size());
  const SharedBytes small(std::move(buffer));
  std::size_t from = 0;
  for (const auto& [end, part] : cuts) {
    frame.pieces.push_back({small.slice(from, end - from), part});
    from = end;
  }
  return frame;
}

Result<void> split_parts(const SharedBytes& message, MessageLite& rest, std::size_t limit,
                         std::vector<SharedBytes>& parts) {
  auto take = [&](std::size_t begin, std::size_t length) -> Result<void> {
    if (parts.size() == limit) {
      return fail(Errc::invalid_request, "{} with more than {} partitions", rest.GetTypeName(),
                  limit);
    }
    parts.push_back(message.slice(begin, length));
    return {};
  };
  parts.clear();
  return split(message.span(), rest, take);
}

Result<SharedBytes> split_records(const SharedBytes& part, MessageLite& rest) {
  SharedBytes records;
  auto take = [&](std::size_t begin, std::size_t length) -> Result<void> {
    records = part.slice(begin, length);
    return {};
  };
  TRY_VOID(split(part.span(), rest, take));
  return records;
}

}  // namespace ropewalk::wire
