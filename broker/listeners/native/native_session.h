// One connection of the native listener: reads headers, holds to the rules of the conversation and
// hands requests on. On the connection's core.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "broker/listeners/native/call.h"
#include "broker/listeners/native/shared.h"
#include "broker/rpc/session.h"
#include "broker/security/request_context.h"
#include "broker/service/produce.h"
#include "common/bytes.h"
#include "common/env/task_group.h"
#include "common/wire/conversation.h"
#include "common/wire/frame.h"

namespace ropewalk::native {

class NativeSession final : public rpc::Session {
 public:
  NativeSession(Shared& shared, const rpc::Accepted& accepted);
  ~NativeSession() override;

  void on_frames(std::span<const SharedBytes> frames) override;
  void on_broken(const Error& error) override;
  std::optional<env::MonotonicTime> owes_since() const override {
    if (conversation_.stage() != wire::Stage::fresh) return std::nullopt;
    return made_;
  }
  bool is_busy() const override { return tasks_->size() > 0 || *produces_ > 0; }
  void on_closed() override;

 private:
  void on_frame(const SharedBytes& frame);
  void dispatch(wire::RequestFrame request, Call call);
  Call call_for(const v1::RequestHeader& header);
  void negotiate(const SharedBytes& body, const Call& call);
  void produce(const SharedBytes& body, Call call);
  template <class Message>
  void start(const SharedBytes& body, Call call);
  // The rest of what arrives cannot be served.
  void break_off(const Call& call, const Error& error);

  Shared& shared_;
  const env::MonotonicTime made_;
  const std::weak_ptr<rpc::Outbox> outbox_;
  wire::ServerConversation conversation_;
  std::shared_ptr<const security::Caller> caller_;
  service::ProduceTurn turn_;
  std::shared_ptr<std::size_t> produces_ = std::make_shared<std::size_t>(0);  // Unanswered.
  std::shared_ptr<env::TaskGroup> tasks_;
  std::shared_ptr<std::size_t> plain_bytes_ = std::make_shared<std::size_t>(0);  // In these.
  bool broken_ = false;
};

}  // namespace ropewalk::native
