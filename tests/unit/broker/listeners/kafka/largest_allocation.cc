#include "tests/unit/broker/listeners/kafka/largest_allocation.h"

#include <algorithm>
#include <cstdlib>
#include <new>

// A sanitizer's runtime has its own `operator new` (TSan's cannot be replaced) and calls hooks.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ROPEWALK_ALLOCATION_HOOKS 1
#include <sanitizer/allocator_interface.h>
#endif

namespace {

std::size_t largest = 0;

}  // namespace

#ifdef ROPEWALK_ALLOCATION_HOOKS
namespace {

const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, std::size_t size) { largest = std::max(largest, size); },
    [](const volatile void*) {});

}  // namespace
#else
void* operator new(std::size_t size) {
  largest = std::max(largest, size);
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  largest = std::max(largest, size);
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif

namespace ropewalk::kafka {

void forget_allocations() { largest = 0; }
std::size_t largest_allocation() { return largest; }

}  // namespace ropewalk::kafka
