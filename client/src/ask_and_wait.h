// For Admin: one question to any broker, and its answer.
#pragma once

#include <memory>
#include <utility>

#include "client/src/shell.h"

namespace ropewalk::client {

// Blocks, at most for the client's request_timeout. A `change` is not repeated once it may have
// been carried out.
template <class Response, class Request>
Result<Response> ask_and_wait(const std::shared_ptr<Shell>& shell, v1::ApiKey api, bool change,
                              Request request) {
  return shell->run<Response>([shell, api, change, request = std::move(request)] {
    const Shell::Question question{
        .api = api, .change = change, .deadline = shell->now() + shell->options().request_timeout};
    return Shell::ask<Response>(shell, question, request);
  });
}

}  // namespace ropewalk::client
