#include "broker/listeners/native/native_listener.h"

#include <utility>

#include <google/protobuf/stubs/logging.h>

#include "broker/listeners/native/native_session.h"
#include "common/env/crossing.h"

namespace ropewalk::native {

NativeListener::NativeListener(env::Environment& environment, service::UseCases& uses,
                               NativeOptions options)
    : shared_{environment, uses, std::move(options), NativeMetrics(environment)} {
  // Protobuf writes a line to stderr for every text that is not UTF-8; whoever can connect could
  // fill the disk with those. Its verdict reaches us as a malformed frame anyway.
  google::protobuf::SetLogHandler(nullptr);
  for (std::size_t index = 0; index < environment.core_count(); index++) {
    closing_.push_back(std::make_unique<env::TaskGroup>(environment.core(index)));
  }
}

rpc::SessionFactory NativeListener::sessions() {
  return [this](const rpc::Accepted& accepted) -> std::unique_ptr<rpc::Session> {
    return std::make_unique<NativeSession>(shared_, accepted, *closing_[accepted.core.index()]);
  };
}

Task<void> NativeListener::stop() {
  for (const auto& group : closing_) co_await env::on(group->core(), group->stop());
}

}  // namespace ropewalk::native
