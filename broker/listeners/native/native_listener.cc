#include "broker/listeners/native/native_listener.h"

#include <memory>
#include <string>
#include <utility>

#include <google/protobuf/stubs/logging.h>

#include "broker/listeners/native/apis.h"
#include "broker/listeners/native/native_session.h"

namespace ropewalk::native {
namespace {

// "list_offsets" for API_LIST_OFFSETS.
std::string name_of(std::int32_t api_key) {
  std::string name = v1::ApiKey_Name(static_cast<v1::ApiKey>(api_key)).substr(4);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

}  // namespace

NativeListener::NativeListener(env::Environment& environment, service::UseCases& uses,
                               NativeOptions options)
    : shared_{environment, uses, std::move(options),
              telemetry::RequestMetrics(environment, "native"), env::CoreGroups(environment)} {
  // Protobuf writes a line to stderr for every text that is not UTF-8; whoever can connect could
  // fill the disk with those. Its verdict reaches us as a malformed frame anyway.
  google::protobuf::SetLogHandler(nullptr);
  for (const wire::ApiRange& api : served_apis())
    shared_.metrics.count_api(api.api_key, name_of(api.api_key));
}

rpc::SessionFactory NativeListener::sessions() {
  return [this](const rpc::Accepted& accepted) -> std::unique_ptr<rpc::Session> {
    return std::make_unique<NativeSession>(shared_, accepted);
  };
}

}  // namespace ropewalk::native
