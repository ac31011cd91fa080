// A load whose calls fail measures nothing: it ends.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <type_traits>
#include <utility>

#include "common/error.h"

namespace ropewalk::bench {

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "rw_bench_load: %s\n", to_string(result.error()).c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace ropewalk::bench
