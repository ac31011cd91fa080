// Two more visitors of the messages' descriptions: one that fills them by chance, one that shows
// them.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "broker/listeners/kafka/codec/field.h"
#include "common/env/random.h"

namespace ropewalk::kafka {

// Fills what the version has with anything that it can say.
class FillByChance {
 public:
  FillByChance(env::Random& random, std::int16_t version) : random_(random), version_(version) {}

  template <Described T>
  void fill(T& into) {
    T::fields(into, *this);
  }
  template <class T>
  void operator()(std::string_view, T& into, Field field = {}) {
    if (field.in(version_)) value(into, version_ >= field.nullable_since);
  }

 private:
  template <std::integral T>
  void value(T& into, bool) {
    into = static_cast<T>(random_.chance(0.2) ? random_.below(2) : random_());
  }
  void value(Uuid& into, bool) { into = random_.uuid(); }
  void value(std::string& into, bool) {
    into.resize(random_.below(random_.chance(0.1) ? 300 : 12));
    for (char& c : into) c = static_cast<char>(random_());
  }
  void value(SharedBytes& into, bool) {
    std::string text;
    value(text, false);
    into = SharedBytes(std::move(text));
  }
  void value(env::Chunk& into, bool) { value(into.emplace<SharedBytes>(), false); }
  template <Described T>
  void value(T& into, bool) {
    fill(into);
  }
  template <class T>
  void value(std::vector<T>& into, bool) {
    into.resize(random_.below(random_.chance(0.05) ? 150 : 4));
    for (auto& element : into) value(element, false);
  }
  template <class T>
  void value(std::optional<T>& into, bool may_be_null) {
    if (may_be_null && random_.chance(0.3))
      into.reset();
    else
      value(into.emplace(), false);
  }

  env::Random& random_;
  std::int16_t version_;
};

// All fields with their values, whether the version has them or not.
class Show {
 public:
  template <Described T>
  static std::string all(const T& from) {
    Show show;
    T::fields(from, show);
    return "{" + show.text_ + "}";
  }
  template <class T>
  void operator()(std::string_view name, const T& from, Field = {}) {
    text_ += fmt::format("{}={} ", name, value(from));
  }

 private:
  template <std::integral T>
  static std::string value(T from) {
    return std::to_string(from);
  }
  static std::string value(const Uuid& from) { return from.to_hex(); }
  static std::string value(const std::string& from) {
    std::string text = "'";
    for (const char c : from) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return text + "'";
  }
  static std::string value(const SharedBytes& from) { return value(std::string(from.text())); }
  // However it is cut.
  static std::string value(const std::vector<env::Chunk>& from) {
    std::string text;
    for (const auto& chunk : from) text += std::get<SharedBytes>(chunk).text();
    return value(text);
  }
  template <Described T>
  static std::string value(const T& from) {
    return all(from);
  }
  template <class T>
  static std::string value(const std::vector<T>& from) {
    std::string text = "[";
    for (const auto& element : from) text += value(element) + " ";
    return text + "]";
  }
  template <class T>
  static std::string value(const std::optional<T>& from) {
    return from ? value(*from) : "null";
  }

  std::string text_;
};

}  // namespace ropewalk::kafka
