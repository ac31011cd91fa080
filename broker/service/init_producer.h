// Use case: an identity for an idempotent producer.
#pragma once

#include <string>

#include "broker/security/request_context.h"
#include "broker/service/producer_ids.h"
#include "broker/service/service.h"
#include "common/env/task.h"

namespace ropewalk::service {

struct InitProducerRequest {
  std::string transactional_id;  // Must be empty until transactions exist.
  // Both or none: the identity that the producer has and wants the next epoch of.
  ProducerId producer = kNoProducer;
  ProducerEpoch epoch = kNoProducerEpoch;
};

struct InitProducerResponse {
  ProducerId producer = kNoProducer;
  ProducerEpoch epoch = kNoProducerEpoch;
};

class InitProducer {
 public:
  InitProducer(const Parts& parts, ProducerIds& ids) : parts_(parts), ids_(ids) {}
  // A new id with epoch 0; or the next epoch of the given id (a new id once epochs are used up).
  // Errors: invalid_request, unknown_producer_id (never given out), cluster_authorization_failed,
  // request_timed_out, those of ControllerPort.
  Task<Result<InitProducerResponse>> handle(security::RequestContext context,
                                            InitProducerRequest request);

 private:
  const Parts& parts_;
  ProducerIds& ids_;
};

}  // namespace ropewalk::service
