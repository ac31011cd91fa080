#include "common/env/real/descriptor_cache.h"

#include <utility>
#include <vector>

namespace ropewalk::env::real {

Result<DescriptorPtr> DescriptorCache::use(Place& place, const Open& open) {
  if (auto found = find(place)) return found;
  std::lock_guard opening(place.opening_);
  if (auto found = find(place)) return found;
  TRY(const int fd, open());
  return insert(place, fd);
}

void DescriptorCache::put(Place& place, int fd) { insert(place, fd); }

Result<void> DescriptorCache::keep(Place& place, const Open& open) {
  TRY_VOID(use(place, open));
  DescriptorPtr descriptor;
  {
    std::lock_guard lock(mutex_);
    if (place.listed_) {
      places_.erase(place.in_list_);
      place.listed_ = false;
    }
    place.kept_ = place.descriptor_ != nullptr;
    if (place.kept_) return {};
  }
  // Thrown out between the two steps.
  TRY(const int fd, open());
  std::lock_guard lock(mutex_);
  place.descriptor_ = std::make_shared<const Descriptor>(fd);
  place.kept_ = true;
  return {};
}

std::size_t DescriptorCache::idle_count() {
  std::lock_guard lock(mutex_);
  return places_.size();
}

DescriptorPtr DescriptorCache::find(Place& place) {
  std::lock_guard lock(mutex_);
  if (place.listed_ && place.in_list_ != places_.begin())
    places_.splice(places_.begin(), places_, place.in_list_);
  return place.descriptor_;
}

DescriptorPtr DescriptorCache::insert(Place& place, int fd) {
  auto descriptor = std::make_shared<const Descriptor>(fd);
  std::vector<DescriptorPtr> evicted;  // Closed after the lock is gone.
  std::lock_guard lock(mutex_);
  place.descriptor_ = descriptor;
  places_.push_front(&place);
  place.in_list_ = places_.begin();
  place.listed_ = true;
  auto candidate = places_.end();
  while (places_.size() > limit_ && candidate != std::next(places_.begin())) {
    --candidate;
    Place& oldest = **candidate;
    // Throwing out one that is in use would free nothing.
    if (oldest.descriptor_.use_count() > 1) continue;
    evicted.push_back(std::exchange(oldest.descriptor_, nullptr));
    oldest.listed_ = false;
    candidate = places_.erase(candidate);
  }
  return descriptor;
}

void DescriptorCache::drop(Place& place) {
  DescriptorPtr descriptor;
  std::lock_guard lock(mutex_);
  if (place.listed_) places_.erase(place.in_list_);
  place.listed_ = false;
  descriptor = std::exchange(place.descriptor_, nullptr);
}

}  // namespace ropewalk::env::real
