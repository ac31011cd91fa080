#include "broker/listeners/native/call.h"

#include <utility>
#include <vector>

#include "common/wire/errors.h"
#include "common/wire/frame.h"

namespace ropewalk::native {
namespace {

void send_one(rpc::Outbox& outbox, SharedBytes frame) {
  std::vector<env::Chunk> chunks;
  chunks.emplace_back(std::move(frame));
  outbox.send(std::move(chunks));
}

}  // namespace

v1::ResponseHeader Call::header() const {
  v1::ResponseHeader header;
  header.set_correlation_id(correlation_id);
  return header;
}

void Call::reply(const google::protobuf::MessageLite& body, Offset metadata_offset) const {
  clock.answered(nullptr);
  send_body(body, metadata_offset);
}

void Call::reply_in_part(const google::protobuf::MessageLite& body, const Error* first_error,
                         Offset metadata_offset) const {
  clock.answered(first_error);
  send_body(body, metadata_offset);
}

void Call::send_body(const google::protobuf::MessageLite& body, Offset metadata_offset) const {
  const auto to = outbox.lock();
  if (!to) return;
  v1::ResponseHeader head = header();
  head.set_metadata_offset(metadata_offset.value());
  send_one(*to, wire::encode_frame(head, body));
}

void Call::fail(const Error& error) const {
  clock.answered(&error);
  const auto to = outbox.lock();
  if (!to) return;
  v1::ResponseHeader head = header();
  wire::set_error(*head.mutable_error(), error);
  send_one(*to, wire::encode_frame(head));
}

void Call::fail_and_close(const Error& error) const {
  clock.answered(&error);
  const auto to = outbox.lock();
  if (!to) return;
  v1::ResponseHeader head = header();
  wire::set_error(*head.mutable_error(), error);
  head.set_closing(true);
  send_one(*to, wire::encode_frame(head));
  to->close_after_sending(error);
}

}  // namespace ropewalk::native
