// How a thread waits for the I/O thread, and whom a failed callback is told: the shell implements
// it over its environment.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace ropewalk::client {

class Waiting {
 public:
  virtual ~Waiting() = default;
  // Returns ready(), at the latest when the timeout has passed. Must not be called on the I/O
  // thread (in a callback): ENSURE.
  virtual bool wait(const std::function<bool()>& ready, std::chrono::nanoseconds timeout) = 0;
  // An exception left a callback: the client logs and counts it.
  virtual void callback_threw(std::string_view which, const std::string& words) {
    (void)which;
    (void)words;
  }
};

}  // namespace ropewalk::client
