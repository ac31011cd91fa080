#include "broker/node/controller_requests.h"

#include <utility>

#include "broker/metadata/controller_codec.h"

namespace ropewalk::node {

ControllerRequests::ControllerRequests(env::Environment& environment,
                                       metadata::ControllerPort& local)
    : environment_(environment),
      local_(local),
      self_(std::make_shared<ControllerRequests*>(this)),
      tasks_(environment.control_core()) {}

ControllerRequests::~ControllerRequests() = default;

void ControllerRequests::handle(const SharedBytes& body, env::MonotonicTime deadline, Reply reply) {
  auto event = metadata::decode_event(body.text());
  if (!event) return reply(metadata::encode_answer(fail(std::move(event).error())));
  environment_.control_core().post([weak = std::weak_ptr(self_), event = std::move(*event),
                                    deadline, reply = std::move(reply)]() mutable {
    if (auto self = weak.lock())
      (*self)->start(std::move(event), deadline, std::move(reply));
    else
      reply(metadata::encode_answer(fail(Errc::shutting_down, "this broker stops")));
  });
}

void ControllerRequests::start(metadata::ControllerEvent event, env::MonotonicTime deadline,
                               Reply reply) {
  if (tasks_.stopping())
    return reply(metadata::encode_answer(fail(Errc::shutting_down, "this broker stops")));
  tasks_.spawn("decide", decide(std::move(event), deadline, std::move(reply)));
}

Task<void> ControllerRequests::decide(metadata::ControllerEvent event, env::MonotonicTime deadline,
                                      Reply reply) {
  auto answer = co_await local_.propose(std::move(event), deadline);
  // Of this task, not of the event: that may go on.
  if (!answer && answer.error().code == Errc::cancelled)
    answer = fail(Errc::outcome_unknown, "this broker stops");
  reply(metadata::encode_answer(answer));
}

}  // namespace ropewalk::node
