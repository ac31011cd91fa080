// The fewest bytes that a value of a type takes: what bounds a count by the bytes that are left.
#pragma once

#include <concepts>

#include "broker/listeners/kafka/codec/field.h"
#include "common/uuid.h"

namespace ropewalk::kafka {

class LeastBytes {
 public:
  LeastBytes(std::int16_t version, bool is_flexible)
      : version_(version), is_flexible_(is_flexible) {}

  template <class T>
  std::size_t of() const {
    if constexpr (std::integral<T>) {
      return sizeof(T);
    } else if constexpr (std::same_as<T, Uuid>) {
      return Uuid::kSize;
    } else if constexpr (std::same_as<T, std::string> ||
                         std::same_as<T, std::optional<std::string>>) {
      return is_flexible_ ? 1 : 2;
    } else if constexpr (Described<T>) {
      LeastBytes inner(version_, is_flexible_);
      T example;
      T::fields(example, inner);
      return inner.sum_ + (is_flexible_ ? 1 : 0);  // The number of tagged fields.
    } else {
      return is_flexible_ ? 1 : 4;
    }
  }

  template <class T>
  void operator()(std::string_view, T&, Field field = {}) {
    if (field.in(version_) && !field.is_tagged()) sum_ += of<T>();
  }

 private:
  std::int16_t version_;
  bool is_flexible_;
  std::size_t sum_ = 0;
};

}  // namespace ropewalk::kafka
