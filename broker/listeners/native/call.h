// One request that is being served: on whose behalf, until when, and where its reply goes.
//
// A value, made by the session and used on the connection's core. It may outlive the connection:
// its reply is dropped then.
#pragma once

#include <cstdint>
#include <memory>

#include <google/protobuf/message_lite.h>

#include "broker/rpc/session.h"
#include "broker/security/request_context.h"
#include "broker/telemetry/request_metrics.h"
#include "common/error.h"
#include "common/ids.h"
#include "ropewalk/v1/header.pb.h"

namespace ropewalk::native {

struct Call {
  std::weak_ptr<rpc::Outbox> outbox;
  std::int64_t correlation_id = 0;
  security::RequestContext context;
  Offset least_metadata_offset{0};
  telemetry::RequestClock clock;

  v1::ResponseHeader header() const;
  void reply(const google::protobuf::MessageLite& body, Offset metadata_offset = Offset(0)) const;
  // The same where parts of it may have failed: how the first one did, for the metrics.
  void reply_in_part(const google::protobuf::MessageLite& body, const Error* first_error,
                     Offset metadata_offset = Offset(0)) const;
  // The request as a whole failed; the connection goes on.
  void fail(const Error& error) const;
  // The same, and the connection closes once everything before has left.
  void fail_and_close(const Error& error) const;

 private:
  void send_body(const google::protobuf::MessageLite& body, Offset metadata_offset) const;
};

}  // namespace ropewalk::native
