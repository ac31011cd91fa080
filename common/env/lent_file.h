// Files that are lent for a send, and that their owner may want back before it is over.
//
// Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "common/env/file.h"
#include "common/env/network.h"

namespace ropewalk::env {

class FileLender {
 public:
  virtual ~FileLender() = default;
  // One that was lent in that turn is no longer held.
  virtual void give_back(std::uint32_t turn) = 0;
  // The owner has waited long enough for what was lent in that turn: whoever holds it up should be
  // cut off.
  virtual bool wants_back(std::uint32_t turn) const = 0;
};

// The deleter of a file that is lent: it tells the lender, which keeps the file itself.
struct LentFile {
  std::shared_ptr<FileLender> lender;
  std::uint32_t turn;

  void operator()(File* /*file*/) const { lender->give_back(turn); }
};

// `file` for as long as the result is held; tells `lender` then. Pre: the lender keeps the file.
inline FilePtr lend(File& file, std::shared_ptr<FileLender> lender, std::uint32_t turn) {
  return {&file, LentFile{std::move(lender), turn}};
}

// Whether what sends these bytes stands in the way of the file's owner. False for bytes in memory.
inline bool is_wanted_back(const Chunk& chunk) {
  const auto* range = std::get_if<FileRange>(&chunk);
  if (range == nullptr) return false;
  const auto* lent = std::get_deleter<LentFile>(range->file);
  return lent != nullptr && lent->lender->wants_back(lent->turn);
}

}  // namespace ropewalk::env
