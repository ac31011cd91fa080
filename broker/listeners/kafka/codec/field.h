// What a message's description says of a field, beyond its name and its C++ type.
//
// A struct of the protocol describes itself once, in `fields(self, visit)`: a call of `visit` for
// every field, in wire order. Readers and writers are visitors. The C++ type says the wire type:
//
//   bool, std::int8_t ... std::int64_t   as they are, big-endian
//   Uuid                                 16 bytes
//   std::string, optional<std::string>   length and bytes; nullable
//   std::vector<T>, optional<vector<T>>  count and elements; nullable
//   Records, RecordChunks                length and record batches; nullable
//   a struct with `fields`               its fields
//
// A member's initialiser is the field's default: what it has where a version lacks it. A tagged
// field is an optional or a vector; absent or empty, it is not written.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/env/network.h"

namespace ropewalk::kafka {

struct Field {
  // The versions that have it: [since, until].
  std::int16_t since = 0;
  std::int16_t until = std::numeric_limits<std::int16_t>::max();
  // Of an optional: earlier versions have no null.
  std::int16_t nullable_since = 0;
  // Its number where it is a tagged field.
  std::int16_t tag = -1;
  // A two-byte length also in flexible versions: the client id.
  bool never_compact = false;

  constexpr bool in(std::int16_t version) const { return since <= version && version <= until; }
  constexpr bool is_tagged() const { return tag >= 0; }
};

// Records that came in: a slice of the frame, which it keeps alive.
using Records = std::optional<SharedBytes>;
// Records that go out: pieces of memory and ranges of files, in order. None is copied.
using RecordChunks = std::optional<std::vector<env::Chunk>>;

// A message's or a header's name and look, while it is read or written.
struct Shape {
  std::string_view message;  // "Fetch"
  std::string_view kind;     // "request"
  std::int16_t version = 0;
  bool is_flexible = false;
};

namespace detail {
struct AnyVisitor {
  template <class T>
  void operator()(std::string_view, T&, Field = {}) {}
};
}  // namespace detail

// A struct that describes its fields.
template <class T>
concept Described = requires(T& self, detail::AnyVisitor& visit) { T::fields(self, visit); };

// What has no null on the wire can be absent only as a tagged field.
template <class T>
inline constexpr bool kOnlyTagged = false;
template <class T>
  requires std::integral<T> || Described<T>
inline constexpr bool kOnlyTagged<std::optional<T>> = true;

}  // namespace ropewalk::kafka
