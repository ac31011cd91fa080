// "--name value" pairs, and what a load prints: one JSON object of numbers.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace ropewalk::bench {

class Arguments {
 public:
  // From argv[2] on. Ends the program (status 2) when a value is missing.
  Arguments(int count, char** values);
  // Ends the program (status 2) when it is not there and has no default.
  std::string text(const std::string& name) const;
  std::string text(const std::string& name, const std::string& otherwise) const;
  std::int64_t number(const std::string& name) const;
  std::int64_t number(const std::string& name, std::int64_t otherwise) const;

 private:
  std::map<std::string, std::string> values_;
};

using Figures = std::map<std::string, double>;

}  // namespace ropewalk::bench
