// Where the bytes of one connection go, and in which pieces its session gets them. Without I/O.
//
// Used on the connection's core.
#pragma once

#include <cstddef>
#include <vector>

#include "broker/rpc/receive_slab.h"
#include "common/bytes.h"
#include "common/error.h"

namespace ropewalk::rpc {

class Reader {
 public:
  virtual ~Reader() = default;

  // Where the next read goes; good until filled().
  virtual MutableByteSpan prepare() = 0;

  // `count` bytes were read there. Appends the pieces that are whole now to `pieces`, in order.
  // Errors: malformed_frame, frame_too_large, both with words for the peer; pieces before the bad
  // one are there. Nothing more may be read after an error.
  virtual Result<void> filled(std::size_t count, std::vector<SharedBytes>& pieces) = 0;

  // Memory for a piece is not to be had now: read nothing until unblock() says true.
  virtual bool blocked() const = 0;
  virtual bool unblock() = 0;

  // The length of the piece of which only a part is here; 0 if it is a small one, or none.
  virtual std::size_t large_piece_bytes() const { return 0; }
};

// Every read is a piece: for protocols whose sessions find the ends by themselves.
class StreamReader final : public Reader {
 public:
  explicit StreamReader(ReceiveSlab& slab) : slab_(slab) {}
  MutableByteSpan prepare() override { return slab_.prepare(); }
  Result<void> filled(std::size_t count, std::vector<SharedBytes>& pieces) override {
    pieces.push_back(slab_.commit(count));
    return {};
  }
  bool blocked() const override { return false; }
  bool unblock() override { return true; }

 private:
  ReceiveSlab& slab_;
};

}  // namespace ropewalk::rpc
