// Byte ranges and the numbers in them.
//
// ByteSpan borrows; SharedBytes keeps what it points at alive, so that a frame sliced out of a
// receive page, a record batch on its way to the file and a reply on its way to the socket need no
// copy. Both are values; a SharedBytes may cross threads, its bytes are immutable once shared.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ropewalk {

using ByteSpan = std::span<const std::byte>;
using MutableByteSpan = std::span<std::byte>;

inline ByteSpan as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class SharedBytes {
 public:
  SharedBytes() = default;
  // `owner` keeps `bytes` alive.
  SharedBytes(std::shared_ptr<const void> owner, ByteSpan bytes)
      : owner_(std::move(owner)), bytes_(bytes) {}
  explicit SharedBytes(std::string text) {
    auto held = std::make_shared<const std::string>(std::move(text));
    bytes_ = as_bytes(*held);
    owner_ = std::move(held);
  }
  explicit SharedBytes(std::vector<std::byte> data) {
    auto held = std::make_shared<const std::vector<std::byte>>(std::move(data));
    bytes_ = *held;
    owner_ = std::move(held);
  }
  static SharedBytes copy_of(ByteSpan bytes) {
    return SharedBytes(std::vector<std::byte>(bytes.begin(), bytes.end()));
  }

  ByteSpan span() const { return bytes_; }
  const std::byte* data() const { return bytes_.data(); }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  std::string_view text() const { return as_text(bytes_); }
  // Pre: offset + length <= size().
  SharedBytes slice(std::size_t offset, std::size_t length) const {
    return {owner_, bytes_.subspan(offset, length)};
  }
  const std::shared_ptr<const void>& owner() const { return owner_; }

 private:
  std::shared_ptr<const void> owner_;
  ByteSpan bytes_;
};

// Big-endian numbers, as Kafka's formats and our frames have them. Pre: sizeof(T) bytes are there.
template <class T>
T load_be(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::little && sizeof(T) > 1)
    value = std::byteswap(value);
  return value;
}
template <class T>
void store_be(std::byte* to, T value) {
  if constexpr (std::endian::native == std::endian::little && sizeof(T) > 1)
    value = std::byteswap(value);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace ropewalk
