#include "tests/bench/arguments.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace ropewalk::bench {
namespace {

[[noreturn]] void wrong(const std::string& what) {
  std::fprintf(stderr, "rw_bench_load: %s\n", what.c_str());
  std::exit(2);
}

}  // namespace

Arguments::Arguments(int count, char** values) {
  for (int i = 2; i < count; i += 2) {
    const std::string_view name = values[i];
    if (!name.starts_with("--") || i + 1 == count) wrong("no value for " + std::string(name));
    values_[std::string(name.substr(2))] = values[i + 1];
  }
}

std::string Arguments::text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) wrong("--" + name + " is needed");
  return found->second;
}

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

std::int64_t Arguments::number(const std::string& name) const {
  return std::atoll(text(name).c_str());
}

std::int64_t Arguments::number(const std::string& name, std::int64_t otherwise) const {
  return values_.contains(name) ? number(name) : otherwise;
}

}  // namespace ropewalk::bench
