// Writes structs of the protocol by their descriptions: the small fields into one buffer, the
// records by reference between pieces of it.
//
// The first fault stays, as with the reader. Fields that a version lacks are left out.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/listeners/kafka/codec/field.h"
#include "common/bytes.h"
#include "common/env/network.h"
#include "common/error.h"
#include "common/uuid.h"

namespace ropewalk::kafka {

class Writer {
 public:
  // Begins a frame; its length is filled in by finish().
  Writer();

  template <Described T>
  void write(const T& from, Shape shape) {
    shape_ = shape;
    structure(from);
  }

  // The whole frame, length and all.
  // Errors: unknown_server_error (a string longer than its length can say, a null that the version
  // does not have, a frame of more than 2 GiB): no reply can be made of that.
  Result<std::vector<env::Chunk>> finish() &&;

 private:
  struct PlainFields {
    Writer& writer;
    template <class T>
    void operator()(std::string_view name, const T& value, Field field = {}) {
      if constexpr (!kOnlyTagged<T>) {
        if (writer.fault_ || field.is_tagged() || !field.in(writer.shape_.version)) return;
        writer.field_ = name;
        writer.value(value, field);
      }
    }
  };
  struct CountTagged {
    std::int16_t version;
    std::uint32_t count = 0;
    template <class T>
    void operator()(std::string_view, const T& value, Field field = {}) {
      if constexpr (requires { is_there(value); })
        if (field.is_tagged() && field.in(version) && is_there(value)) count++;
    }
  };
  struct TaggedFields {
    Writer& writer;
    template <class T>
    void operator()(std::string_view name, const T& value, Field field = {}) {
      if constexpr (requires { is_there(value); }) {
        if (!field.is_tagged() || !field.in(writer.shape_.version) || !is_there(value)) return;
        writer.field_ = name;
        writer.unsigned_varint(static_cast<std::uint32_t>(field.tag));
        const std::size_t begin = writer.small_.size();
        writer.tagged_value(value, field);
        writer.prefix_size(begin);
      }
    }
  };
  template <class T>
  static bool is_there(const std::optional<T>& value) {
    return value.has_value();
  }
  template <class T>
  static bool is_there(const std::vector<T>& value) {
    return !value.empty();
  }

  template <Described T>
  void structure(const T& from) {
    PlainFields plain{*this};
    T::fields(from, plain);
    if (!shape_.is_flexible) return;
    CountTagged tagged{shape_.version};
    T::fields(from, tagged);
    unsigned_varint(tagged.count);
    if (tagged.count == 0) return;
    TaggedFields fields{*this};
    T::fields(from, fields);
  }

  template <std::integral T>
  void value(T from, Field) {
    store_be(grow(sizeof(T)), from);
  }
  void value(const Uuid& from, Field);
  void value(const std::string& from, Field field);
  void value(const std::optional<std::string>& from, Field field);
  void value(const Records& from, Field field);
  void value(const RecordChunks& from, Field field);
  template <Described T>
  void value(const T& from, Field) {
    structure(from);
  }
  template <class T>
  void value(const std::vector<T>& from, Field) {
    count(from.size());
    for (const auto& element : from) value(element, Field{});
  }
  template <class T>
  void value(const std::optional<std::vector<T>>& from, Field field) {
    if (from)
      value(*from, field);
    else if (may_be_null(field))
      count(std::nullopt);
  }
  template <class T>
  void tagged_value(const T& from, Field field) {
    value(from, field);
  }
  template <class T>
    requires kOnlyTagged<std::optional<T>>
  void tagged_value(const std::optional<T>& from, Field field) {
    value(*from, field);
  }

  std::byte* grow(std::size_t bytes);
  void unsigned_varint(std::uint32_t number);
  // Of bytes or elements; none is null.
  void count(std::optional<std::size_t> some);
  void string(std::optional<std::string_view> text, Field field);
  // Puts the size of what was written since `begin` in front of it.
  void prefix_size(std::size_t begin);
  bool may_be_null(Field field);
  void fail(std::string what);

  // Records stand between the small bytes before `at` and those from there on.
  struct Insert {
    std::size_t at;
    env::Chunk chunk;
  };

  std::vector<std::byte> small_;
  std::vector<Insert> inserts_;
  std::size_t inserted_bytes_ = 0;
  Shape shape_;
  std::string_view field_;
  std::optional<Error> fault_;
};

}  // namespace ropewalk::kafka
