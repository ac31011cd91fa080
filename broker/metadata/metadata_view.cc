#include "broker/metadata/metadata_view.h"

namespace ropewalk::metadata {

MetadataView::MetadataView(env::Environment& environment)
    : environment_(environment), published_(environment, std::make_shared<const Image>()) {
  for (std::size_t i = 0; i <= environment.core_count(); i++)
    waiters_.push_back(std::make_shared<Waiters>(environment.core(i)));
}

void MetadataView::publish(ImagePtr image) {
  ENSURE(image->offset() >= get()->offset(), "image {} after {}", image->offset(), get()->offset());
  published_.publish(std::move(image));
  // Posted behind the job that brings the image, so that whoever wakes sees it.
  for (std::size_t i = 0; i < waiters_.size(); i++) {
    environment_.core(i).post([waiters = waiters_[i]] {
      if (waiters->count == 0) return;
      waiters->changed.set();
      waiters->changed.reset();
    });
  }
}

Task<Result<ImagePtr>> MetadataView::wait_for(Offset least, env::MonotonicTime deadline) {
  auto waiters = waiters_[environment_.current_core().index()];
  while (get()->offset() < least) {
    waiters->count++;
    auto woken = co_await waiters->changed.wait_until(deadline);
    waiters->count--;
    if (!woken)
      co_return within(fmt::format("waiting for metadata offset {}", least),
                       std::move(woken).error());
  }
  co_return get();
}

}  // namespace ropewalk::metadata
