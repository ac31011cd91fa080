// How `consume` prints a record: a format in the spirit of kcat's, read once. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include <ropewalk/types.h>

namespace ropewalk::cli {

class RecordFormat {
 public:
  // Errors: invalid_request, with the directives or escapes that there are.
  static Result<RecordFormat> parse(std::string_view text);

  // Bytes come as they are. A missing key or value has no bytes, and length -1.
  void append(std::string& out, const ConsumedRecord& record) const;

 private:
  struct Piece {
    char directive = 0;  // 0: the text.
    std::string text;
  };
  std::vector<Piece> pieces_;
};

}  // namespace ropewalk::cli
