// One connection of the Kafka listener: reads requests, hands them on, keeps their replies in
// order. On the connection's core.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "broker/listeners/kafka/codec/header.h"
#include "broker/listeners/kafka/exchange/exchange.h"
#include "broker/listeners/kafka/exchange/replies.h"
#include "broker/listeners/kafka/exchange/shared.h"
#include "broker/rpc/session.h"
#include "broker/security/request_context.h"
#include "broker/service/produce.h"
#include "common/bytes.h"
#include "common/env/task_group.h"

namespace ropewalk::kafka {

class KafkaSession final : public rpc::Session {
 public:
  KafkaSession(Shared& shared, const rpc::Accepted& accepted);
  ~KafkaSession() override;

  void on_frames(std::span<const SharedBytes> frames) override;
  void on_broken(const Error& error) override;
  std::optional<env::MonotonicTime> owes_since() const override {
    if (introduced_) return std::nullopt;
    return made_;
  }
  // Who connects is User:ANONYMOUS, as there is no authentication; and clients that know what they
  // want may begin with a large produce.
  bool is_stranger() const override { return false; }
  bool is_busy() const override { return replies_->waiting() > 0; }
  void on_closed() override { shared_.closing.wind_up(tasks_); }

 private:
  void on_frame(const SharedBytes& frame);
  Exchange exchange_for(const RequestStart& start);
  void answer_unserved(const RequestHeader& header);
  void answer_api_versions(const Exchange& exchange, const SharedBytes& frame, std::size_t body_at);
  void produce(Exchange exchange, const SharedBytes& frame, std::size_t body_at);
  template <class Request>
  void start(Exchange exchange, const SharedBytes& frame, std::size_t body_at);
  Result<void> may_start(std::size_t body_bytes) const;
  // The rest of what arrives cannot be served; what came before is.
  void break_off(Error error);

  Shared& shared_;
  const env::MonotonicTime made_;
  const std::weak_ptr<rpc::Outbox> outbox_;
  std::shared_ptr<const security::Caller> caller_;
  service::ProduceTurn turn_;
  const std::shared_ptr<Replies> replies_;
  std::shared_ptr<env::TaskGroup> tasks_;
  bool introduced_ = false;  // A whole request has come.
  bool broken_ = false;
};

}  // namespace ropewalk::kafka
