// Who asks, from where, and until when: what every use case of broker/service is called with.
//
// A Caller is made once a connection (again after authentication) and shared by its requests; a
// RequestContext is a value of one request and cheap to copy. Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/env/network.h"
#include "common/env/time.h"

namespace ropewalk::security {

struct Caller {
  std::string principal = "User:ANONYMOUS";  // Type and name, as Kafka writes them.
  std::string name_space;                    // "" is the default one.
  std::string listener;                      // Which of our listeners it reached: "native", ...
  std::string client_id;                     // What the client calls itself; untrusted.
  env::Endpoint peer;
  env::Endpoint local;  // The address it reached: what we advertise to it may depend on it.
};

struct RequestContext {
  std::shared_ptr<const Caller> caller;
  env::MonotonicTime deadline = env::kNever;  // The answer is worth nothing to anybody after it.
  std::uint64_t trace_id = 0;                 // 0: not traced.
};

}  // namespace ropewalk::security
