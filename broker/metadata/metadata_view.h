// The image as every core of this broker sees it, and waiting for it to catch up.
//
// One a broker. The state machine of the metadata log publishes on the control core; get() and
// wait_for() work on every core. A core may see a new image a moment after another.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "broker/metadata/image.h"
#include "common/env/environment.h"
#include "common/env/event.h"
#include "common/env/published.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::metadata {

class MetadataView {
 public:
  // Shows an empty image at offset 0 at first.
  explicit MetadataView(env::Environment& environment);

  // On any core: the image there. The reference is good until the core's next job.
  const ImagePtr& get() const { return published_.get(); }

  // On the control core: the next image. Pre: it is not older than the last.
  void publish(ImagePtr image);

  // Until the calling core's image has reached the offset; that image. On any core. Errors:
  // request_timed_out, cancelled.
  Task<Result<ImagePtr>> wait_for(Offset least, env::MonotonicTime deadline);

 private:
  // The waiters of one core; touched there only.
  struct Waiters {
    explicit Waiters(env::Core& core) : changed(core) {}
    std::size_t count = 0;
    env::Event changed;
  };

  env::Environment& environment_;
  env::Published<Image> published_;
  std::vector<std::shared_ptr<Waiters>> waiters_;  // By core.
};

}  // namespace ropewalk::metadata
