#include "tests/support/native_client.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "common/wire/errors.h"
#include "common/wire/records_last.h"
#include "ropewalk/v1/metadata.pb.h"
#include "ropewalk/v1/negotiate.pb.h"
#include "ropewalk/v1/topics.pb.h"
#include "tests/support/loopback.h"

namespace ropewalk::support {
namespace {

constexpr std::size_t kFrameBytesMax = 256u << 20;
constexpr std::size_t kReadBytes = 256u << 10;

}  // namespace

Result<NativeClient> NativeClient::connect(std::uint16_t port, std::chrono::milliseconds patience) {
  TRY(const int made, connect_loopback(port, patience));
  NativeClient client(made);
  v1::NegotiateRequest request;
  request.set_software_name("ropewalk-test");
  request.set_software_version("1");
  TRY_VOID(client.exchange(v1::API_NEGOTIATE, request));
  return client;
}

NativeClient::~NativeClient() {
  if (socket_ >= 0) ::close(socket_);
}

NativeClient::NativeClient(NativeClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      next_id_(other.next_id_),
      buffer_(std::move(other.buffer_)),
      buffer_begin_(other.buffer_begin_),
      buffer_end_(other.buffer_end_) {}

NativeClient& NativeClient::operator=(NativeClient&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(next_id_, other.next_id_);
  std::swap(buffer_, other.buffer_);
  std::swap(buffer_begin_, other.buffer_begin_);
  std::swap(buffer_end_, other.buffer_end_);
  return *this;
}

Result<void> NativeClient::send(ByteSpan frame) {
  while (!frame.empty()) {
    const ssize_t sent = ::send(socket_, frame.data(), frame.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      frame = frame.subspan(static_cast<std::size_t>(sent));
    } else if (errno != EINTR) {
      return broken("sending");
    }
  }
  return {};
}

Result<void> NativeClient::read_exactly(std::byte* to, std::size_t size) {
  while (size > 0) {
    if (buffer_begin_ < buffer_end_) {
      const std::size_t part = std::min(size, buffer_end_ - buffer_begin_);
      std::memcpy(to, buffer_.data() + buffer_begin_, part);
      buffer_begin_ += part;
      to += part;
      size -= part;
      continue;
    }
    const bool direct = size >= kReadBytes;
    if (!direct) buffer_.resize(kReadBytes);
    const ssize_t got =
        direct ? ::recv(socket_, to, size, 0) : ::recv(socket_, buffer_.data(), buffer_.size(), 0);
    if (got == 0) return fail(Errc::closed, "the broker closed the connection");
    if (got < 0) {
      if (errno == EINTR) continue;
      return broken("receiving");
    }
    if (direct) {
      to += got;
      size -= static_cast<std::size_t>(got);
    } else {
      buffer_begin_ = 0;
      buffer_end_ = static_cast<std::size_t>(got);
    }
  }
  return {};
}

Result<wire::ResponseFrame> NativeClient::receive() {
  std::byte length_bytes[wire::kLengthBytes];
  TRY_VOID(read_exactly(length_bytes, sizeof length_bytes));
  TRY(const std::size_t length, wire::decode_length(length_bytes, kFrameBytesMax));
  auto bytes = std::make_shared_for_overwrite<std::byte[]>(length);
  TRY_VOID(read_exactly(bytes.get(), length));
  const ByteSpan span(bytes.get(), length);
  return wire::decode_response(SharedBytes(std::move(bytes), span));
}

Result<wire::ResponseFrame> NativeClient::exchange(v1::ApiKey api,
                                                   const google::protobuf::MessageLite& request) {
  v1::RequestHeader header;
  header.set_api_key(api);
  header.set_api_version(1);
  header.set_correlation_id(next_id_++);
  header.set_client_id("ropewalk-test");
  TRY_VOID(send(wire::encode_frame(header, request).span()));
  TRY(auto frame, receive());
  if (frame.header.has_error()) return std::unexpected(wire::from_proto(frame.header.error()));
  if (frame.header.correlation_id() != header.correlation_id())
    return fail(Errc::malformed_frame, "a reply to another request");
  return frame;
}

Result<std::string> NativeClient::create_topic(const NewTopic& topic) {
  v1::CreateTopicRequest create;
  create.set_name(topic.name);
  create.set_partitions(topic.partitions);
  create.set_replication_factor(1);
  auto* setting = create.add_settings();
  setting->set_name("durability");
  setting->set_value(topic.durability);
  TRY(const auto created, call<v1::CreateTopicResponse>(v1::API_CREATE_TOPIC, create));
  v1::MetadataRequest ask;
  ask.add_topic_ids(created.topic_id());
  for (int attempt = 0; attempt < 1000; attempt++) {
    TRY(const auto metadata, call<v1::MetadataResponse>(v1::API_METADATA, ask));
    const auto led = [](const v1::PartitionMetadata& partition) {
      return partition.leader_id() >= 0;
    };
    if (metadata.topics_size() == 1 && !metadata.topics(0).has_error() &&
        metadata.topics(0).partitions_size() == topic.partitions &&
        std::ranges::all_of(metadata.topics(0).partitions(), led))
      return created.topic_id();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return fail(Errc::leader_not_available, "topic {} got no leaders", topic.name);
}

std::vector<std::byte> encode_produce(const ProduceFrame& frame, ByteSpan batch) {
  v1::RequestHeader header;
  header.set_api_key(v1::API_PRODUCE);
  header.set_api_version(1);
  header.set_correlation_id(frame.correlation_id);
  v1::ProduceRequest body;
  body.set_acks(frame.acks);
  v1::ProducePartition part;
  part.set_topic_id(frame.topic_id);
  part.set_partition(frame.partition);
  const wire::PartToWrite parts[] = {{&part, batch.size()}};
  const auto written = wire::write_records_last(header, body, parts);
  std::vector<std::byte> whole;
  whole.reserve(written.whole_bytes);
  for (const auto& piece : written.pieces) {
    const auto small = piece.small.span();
    whole.insert(whole.end(), small.begin(), small.end());
    if (piece.part != wire::RecordsLastFrame::kNoPart)
      whole.insert(whole.end(), batch.begin(), batch.end());
  }
  return whole;
}

}  // namespace ropewalk::support
