// One connection of the admin port: answers its requests in their order, one at a time. On the
// connection's core.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "broker/listeners/admin/http.h"
#include "broker/rpc/session.h"
#include "common/env/environment.h"
#include "common/env/task.h"
#include "common/env/task_group.h"
#include "common/error.h"

namespace ropewalk::admin {

// What there is to show. Called on core 0.
struct AdminPages {
  std::function<Task<std::string>()> metrics;  // In the format of telemetry::Page.
  std::function<Result<void>()> ready;         // Or why this broker does not serve.
};

// Of all sessions of a listener; outlives them.
struct Shared {
  env::Environment& environment;
  const AdminPages pages;
  env::TaskGroup& tasks;  // Takes answers that take time, beyond the end of a connection.
};

class AdminSession final : public rpc::Session {
 public:
  AdminSession(Shared& shared, const rpc::Accepted& accepted);
  ~AdminSession() override;

  void on_frames(std::span<const SharedBytes> pieces) override;
  void on_broken(const Error& error) override;
  std::optional<env::MonotonicTime> owes_since() const override;
  bool is_busy() const override;
  void on_closed() override;

 private:
  struct Talk;
  const std::shared_ptr<Talk> talk_;  // Answers under way hold it too.
};

}  // namespace ropewalk::admin
