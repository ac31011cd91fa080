// Fetches over the use cases of one broker, alone and in the background.
#pragma once

#include <gtest/gtest.h>

#include "broker/service/fetch.h"
#include "common/env/task_group.h"
#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::service {

using std::chrono::milliseconds;

class FetchTest : public testing::Test {
 protected:
  explicit FetchTest(Limits limits = {}) : rig_(1, limits) {}
  void produce(std::int32_t partition, std::size_t value_bytes = 20) {
    const auto result =
        rig_.produce_one(ServiceRig::to(topic_, partition, ServiceRig::batch(1, value_bytes)));
    ENSURE(result.error.code == Errc::none, "{}", result.error);
  }
  FetchRequest request(std::vector<FetchPartition> partitions, milliseconds wait = {}) {
    FetchRequest request;
    request.wait_max = wait;
    request.partitions = std::move(partitions);
    return request;
  }
  std::vector<FetchPartition> all_three() const {
    return {ServiceRig::from(topic_, 0, 0), ServiceRig::from(topic_, 1, 0),
            ServiceRig::from(topic_, 2, 0)};
  }
  static Task<void> fetch_into(Fetch& fetch, security::RequestContext context, FetchRequest request,
                               std::optional<FetchResponse>& into) {
    into = co_await fetch.handle(std::move(context), std::move(request));
  }
  // On the core: a fetch under way in the background.
  void spawn_fetch(FetchRequest request, std::optional<FetchResponse>& into) {
    if (!tasks_) tasks_ = std::make_unique<env::TaskGroup>(rig_.core());
    tasks_->spawn("fetch", fetch_into(rig_.use_cases->fetch, rig_.context(std::chrono::hours(1)),
                                      std::move(request), into));
  }
  ~FetchTest() override {
    if (tasks_) rig_.world.run(rig_.core(), tasks_->stop());
  }
  ServiceRig rig_;
  std::unique_ptr<env::TaskGroup> tasks_;
  const TopicId topic_ = rig_.add_topic("t", 3);
};

}  // namespace ropewalk::service
