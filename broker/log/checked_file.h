// The envelope of small binary files: magic, version, length and checksum in front of the content.
//
//   magic 8 bytes | version u32 | content length u32 | crc32c(content) u32 | content
//
// Big-endian. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.h"

namespace ropewalk::log {

struct CheckedContent {
  std::uint32_t version = 0;
  std::string content;
};

// Pre: magic.size() == 8.
std::string seal_content(std::string_view magic, std::uint32_t version, std::string_view content);
// Errors: corrupt (not that magic, cut short, followed by more, wrong checksum),
// unsupported_version (above `version_max`).
Result<CheckedContent> open_content(std::string_view magic, std::uint32_t version_max,
                                    std::string_view bytes);

}  // namespace ropewalk::log
