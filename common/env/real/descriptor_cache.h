// Which logical files have a descriptor: the most recently used ones, up to a limit.
//
// Whoever uses a descriptor holds a DescriptorPtr; one that falls out of the cache meanwhile is
// closed when the last holder lets go. So the limit may be passed by what is in use, never by what
// is idle. Any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>

#include <unistd.h>

#include "common/error.h"

namespace ropewalk::env::real {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};
using DescriptorPtr = std::shared_ptr<const Descriptor>;

class DescriptorCache {
 public:
  explicit DescriptorCache(std::size_t limit) : limit_(limit) {}

  // A logical file's place in the cache; member of the file. The cache must outlive it.
  class Place {
   public:
    explicit Place(DescriptorCache& cache) : cache_(cache) {}
    ~Place() { cache_.drop(*this); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    friend class DescriptorCache;
    DescriptorCache& cache_;
    std::mutex opening_;  // One thread opens, others wait for it.
    DescriptorPtr descriptor_;
    std::list<Place*>::iterator in_list_;
    bool listed_ = false;  // Else: not open, or kept.
    bool kept_ = false;
  };

  using Open = std::function<Result<int>()>;

  // The descriptor if it is open, else null.
  DescriptorPtr find(Place& place);
  // The descriptor, opened by `open` if it is not there.
  Result<DescriptorPtr> use(Place& place, const Open& open);
  // Gives the place a descriptor that was just opened.
  void put(Place& place, int fd);
  // As use(), and from now on it stays open: the file has no name any more to open it by.
  Result<void> keep(Place& place, const Open& open);

  std::size_t idle_count();  // Descriptors under the limit's rule, for tests.

 private:
  void drop(Place& place);
  DescriptorPtr insert(Place& place, int fd);

  const std::size_t limit_;
  std::mutex mutex_;
  std::list<Place*> places_;  // Most recently used first.
};

}  // namespace ropewalk::env::real
