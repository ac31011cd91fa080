// Runs code of the program's. What leaves it as an exception comes back in words.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace ropewalk::client {

template <class F>
std::optional<std::string> words_of_exception(F&& run) {
  try {
    std::forward<F>(run)();
    return std::nullopt;
  } catch (const std::exception& exception) {
    return std::string(exception.what());
  } catch (...) {
    return std::string("an exception that is no std::exception");
  }
}

}  // namespace ropewalk::client
