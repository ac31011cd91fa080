// One request that is being served: on whose behalf, until when, in which version, and the place of
// its reply.
//
// A value, made by the session and used on the connection's core. It may outlive the connection:
// its reply is dropped then.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "broker/listeners/kafka/codec/codec.h"
#include "broker/listeners/kafka/exchange/replies.h"
#include "broker/security/request_context.h"
#include "broker/telemetry/request_metrics.h"
#include "common/env/network.h"
#include "common/error.h"

namespace ropewalk::kafka {

struct Exchange {
  std::shared_ptr<Replies> replies;
  Replies::Place place = 0;
  std::int16_t version = 0;
  std::int32_t correlation_id = 0;
  security::RequestContext context;
  telemetry::RequestClock clock;

  // `first_error`: how the first part of it that failed did, for the metrics; null: none did.
  template <Message M>
  void reply(const M& message, const Error* first_error = nullptr) const {
    auto frame = write_frame<M>({.correlation_id = correlation_id}, version, message);
    if (!frame) return close(frame.error());
    reply_frame(std::move(*frame), first_error);
  }
  // The same for a frame that was written already.
  void reply_frame(std::vector<env::Chunk> frame, const Error* first_error) const {
    clock.answered(first_error);
    replies->fill(place, std::move(frame));
  }
  // There is no reply.
  void no_reply() const {
    clock.answered(nullptr);
    replies->skip(place);
  }
  // There is no reply that could say it: the connection closes.
  void close(const Error& error) const {
    clock.answered(&error);
    replies->close(place, error);
  }
};

}  // namespace ropewalk::kafka
