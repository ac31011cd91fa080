// A map that is cheap to copy and to change a little: buckets, shared until somebody changes one.
//
// A copy costs kBuckets pointers; a change of a copy costs the copy of one bucket, once for each
// editor. Immutable while shared: only a CowMap::Editor changes anything, and only buckets that it
// made itself. Iteration goes bucket by bucket in an order that depends on the keys alone, so that
// it is the same in every process. Key needs operator< and an overload of bucket_hash().
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>

#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::metadata {

// FNV-1a: the order of buckets must not differ between builds or runs.
constexpr std::uint64_t bucket_hash(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
  return hash;
}
constexpr std::uint64_t bucket_hash(const TopicId& id) { return id.bytes[15]; }
constexpr std::uint64_t bucket_hash(BrokerId id) { return static_cast<std::uint64_t>(id.value()); }

template <class Key, class Value>
class CowMap {
 public:
  static constexpr std::size_t kBuckets = 64;
  using Bucket = std::map<Key, Value, std::less<>>;
  class Editor;

  // Null if there is none. Good as long as this map is.
  template <class K>
  const Value* find(const K& key) const {
    const auto& bucket = buckets_[bucket_hash(key) % kBuckets];
    if (!bucket) return nullptr;
    auto found = bucket->find(key);
    return found == bucket->end() ? nullptr : &found->second;
  }
  std::size_t size() const { return size_; }

  template <class F>
  void for_each(F&& visit) const {
    for (const auto& bucket : buckets_) {
      if (!bucket) continue;
      for (const auto& [key, value] : *bucket) visit(key, value);
    }
  }

  // Calls visit(key, before, after) for each key whose value differs; a side that has none is null.
  // Buckets that both share are not looked at.
  template <class F>
  static void for_each_change(const CowMap& before, const CowMap& after, F&& visit) {
    for (std::size_t i = 0; i < kBuckets; i++) {
      if (before.buckets_[i] == after.buckets_[i]) continue;
      static const Bucket kEmpty;
      const Bucket& left = before.buckets_[i] ? *before.buckets_[i] : kEmpty;
      const Bucket& right = after.buckets_[i] ? *after.buckets_[i] : kEmpty;
      for (const auto& [key, value] : left) {
        auto other = right.find(key);
        if (other == right.end())
          visit(key, &value, static_cast<const Value*>(nullptr));
        else if (!(other->second == value))
          visit(key, &value, &other->second);
      }
      for (const auto& [key, value] : right)
        if (!left.contains(key)) visit(key, static_cast<const Value*>(nullptr), &value);
    }
  }

 private:
  std::array<std::shared_ptr<const Bucket>, kBuckets> buckets_;
  std::size_t size_ = 0;
};

// Changes one map. Lives no longer than it.
template <class Key, class Value>
class CowMap<Key, Value>::Editor {
 public:
  explicit Editor(CowMap& map) : map_(map) {}

  void set(const Key& key, Value value) {
    auto [_, fresh] = own(key).insert_or_assign(key, std::move(value));
    if (fresh) map_.size_++;
  }
  void erase(const Key& key) { map_.size_ -= own(key).erase(key); }

 private:
  Bucket& own(const Key& key) {
    const std::size_t index = bucket_hash(key) % kBuckets;
    if (!mine_[index]) {
      const auto& shared = map_.buckets_[index];
      mine_[index] = shared ? std::make_shared<Bucket>(*shared) : std::make_shared<Bucket>();
      map_.buckets_[index] = mine_[index];
    }
    return *mine_[index];
  }

  CowMap& map_;
  std::array<std::shared_ptr<Bucket>, kBuckets> mine_;
};

}  // namespace ropewalk::metadata
