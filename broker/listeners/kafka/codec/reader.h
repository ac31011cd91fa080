// Reads structs of the protocol out of a frame, by their descriptions.
//
// The first fault stays and everything after it is nothing, so that a description needs no checks
// between its fields. Nothing is allocated that the bytes at hand could not fill: a count of more
// elements than fit into what is left is a fault, and so are lists that take more than
// kElementBytesMax in memory all together. Record bytes are slices of the frame.
#pragma once

#include <algorithm>
#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/listeners/kafka/codec/field.h"
#include "broker/listeners/kafka/codec/least_bytes.h"
#include "common/bytes.h"
#include "common/error.h"
#include "common/uuid.h"

namespace ropewalk::kafka {

class Reader {
 public:
  static constexpr std::size_t kElementBytesMax = 16 << 20;

  // Reads `frame`, which must outlive the reader, from `at` on.
  Reader(const SharedBytes& frame, std::size_t at, Shape shape)
      : frame_(frame), at_(at), end_(frame.size()), shape_(shape) {}

  template <Described T>
  void read(T& into) {
    PlainFields plain{*this};
    T::fields(into, plain);
    if (shape_.is_flexible) read_tagged(into);
  }

  // Where the next byte is.
  std::size_t position() const { return at_; }
  // Errors: invalid_request, with message, field and position, if anything read so far was not
  // there or not right.
  Result<void> result() const;
  // Errors: invalid_request also if bytes follow.
  Result<void> end();

 private:
  struct PlainFields {
    Reader& reader;
    template <class T>
    void operator()(std::string_view name, T& value, Field field = {}) {
      if constexpr (!kOnlyTagged<T>) {
        if (reader.fault_ || field.is_tagged() || !field.in(reader.shape_.version)) return;
        reader.field_ = name;
        reader.value(value, field);
      }
    }
  };
  // The one field of number `tag`, if the version has it.
  struct TaggedField {
    Reader& reader;
    std::uint32_t tag;
    bool is_known = false;
    template <class T>
    void operator()(std::string_view name, T& value, Field field = {}) {
      if (!field.is_tagged() || static_cast<std::uint32_t>(field.tag) != tag ||
          !field.in(reader.shape_.version)) {
        return;
      }
      is_known = true;
      reader.field_ = name;
      reader.tagged_value(value, field);
    }
  };

  template <Described T>
  void read_tagged(T& into) {
    field_ = "tagged fields";
    std::uint32_t left = tagged_count();
    for (; left > 0 && !fault_; left--) {
      field_ = "tagged fields";
      const std::uint32_t tag = unsigned_varint();
      const std::size_t end_before = end_;
      if (!narrow_to(unsigned_varint())) return;
      TaggedField known{*this, tag};
      T::fields(into, known);
      if (!known.is_known) at_ = end_;
      if (at_ != end_) fail("bytes are left over in the tagged field");
      end_ = end_before;
    }
  }

  template <std::integral T>
  void value(T& into, Field) {
    const std::byte* const from = take(sizeof(T));
    if (from == nullptr) return;
    if constexpr (std::same_as<T, bool>)
      into = *from != std::byte{0};
    else
      into = load_be<T>(from);
  }
  void value(Uuid& into, Field);
  void value(std::string& into, Field field);
  void value(std::optional<std::string>& into, Field field);
  void value(Records& into, Field field);
  void value(RecordChunks& into, Field field);
  template <Described T>
  void value(T& into, Field) {
    read(into);
  }
  template <class T>
  void value(std::vector<T>& into, Field) {
    const auto some = count(LeastBytes(shape_.version, shape_.is_flexible).of<T>(), false);
    if (some) elements(into, *some);
  }
  template <class T>
  void value(std::optional<std::vector<T>>& into, Field field) {
    const auto some =
        count(LeastBytes(shape_.version, shape_.is_flexible).of<T>(), is_nullable(field));
    if (!some)
      into.reset();
    else
      elements(into.emplace(), *some);
  }
  template <class T>
  void elements(std::vector<T>& into, std::size_t some) {
    const std::string_view field = field_;
    into.clear();
    if (!may_hold(some * sizeof(T))) return;
    into.reserve(some);
    for (std::size_t i = 0; i < some && !fault_; i++) {
      field_ = field;
      value(into.emplace_back(), Field{});
    }
  }
  template <class T>
  void tagged_value(T& into, Field field) {
    value(into, field);
  }
  // There, it is not null: only what has a null of its own can be.
  template <class T>
    requires kOnlyTagged<std::optional<T>>
  void tagged_value(std::optional<T>& into, Field field) {
    value(into.emplace(), field);
  }

  bool is_nullable(Field field) const { return shape_.version >= field.nullable_since; }
  // Null if so many bytes are not there.
  const std::byte* take(std::size_t bytes);
  std::uint32_t unsigned_varint();
  // Of a string, bytes or elements of at least `least` bytes each. None: null, or a fault.
  std::optional<std::size_t> count(std::size_t least, bool nullable);
  std::optional<std::size_t> string_length(Field field, bool nullable);
  std::optional<std::size_t> fitting(std::int64_t some, std::size_t least, bool nullable);
  std::uint32_t tagged_count();
  bool may_hold(std::size_t bytes);
  bool narrow_to(std::uint32_t bytes);
  void fail(std::string what);

  const SharedBytes& frame_;
  std::size_t at_;
  std::size_t end_;
  Shape shape_;
  std::string_view field_;         // Which is being read.
  std::size_t element_bytes_ = 0;  // In memory, of all lists so far.
  std::optional<Error> fault_;
};

}  // namespace ropewalk::kafka
