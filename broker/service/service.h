// What the use cases work with: handed in by the composition root, which owns all of it.
//
// Everything here outlives the use cases and the requests in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "broker/quota/byte_budget.h"
#include "broker/service/advertised.h"
#include "common/ids.h"
#include "common/settings/shown_setting.h"
#include "common/uuid.h"

namespace ropewalk::env {
class Environment;
}
namespace ropewalk::metadata {
class ControllerPort;
class MetadataView;
}  // namespace ropewalk::metadata
namespace ropewalk::replication {
class ReplicaManager;
}
namespace ropewalk::security {
class Authorizer;
}

namespace ropewalk::service {

struct ServiceMetrics;

struct Limits {
  // Of a batch's records, decompressed: what walking them once may cost.
  std::size_t uncompressed_bytes_max = 64u << 20;
  // A batch that decompresses to more is walked in the pool (architecture, D3).
  std::size_t walk_in_place_bytes_max = 256u << 10;
  // Of one fetch, whatever the client asks for.
  std::size_t fetch_bytes_max = 50u << 20;
  // A fetch waits no longer for data, whatever the client asks for.
  std::chrono::milliseconds fetch_wait_max = std::chrono::minutes(5);
  // Of fetch sessions, and of what they remember; over all cores, in equal parts. No session: 0.
  std::size_t fetch_sessions_max = 1000;
  std::size_t fetch_session_bytes_max = 64u << 20;
  // Of a batch as it is sent, whatever its topic's max.message.bytes says.
  std::size_t batch_bytes_max = 32u << 20;
};

struct Parts {
  env::Environment& environment;
  metadata::MetadataView& metadata;
  replication::ReplicaManager& replicas;
  metadata::ControllerPort& controller;
  security::Authorizer& authorizer;
  quota::ByteBudget& produce_budget;  // Bytes of produces that are not answered yet.
  quota::ByteBudget& fetch_budget;    // Bytes read into memory for answers that are not sent yet.
  ServiceMetrics& metrics;
  ClusterId cluster_id;
  BrokerId self;
  // Of listeners that the settings name none for each client is told the address that it reached.
  Advertised advertised = {};
  // Who decides on changes now; kNoBroker when it is not known. Any core.
  std::function<BrokerId()> controller_id;
  // R8: whether this broker's lease holds, by the clock of this moment. Without it nothing is
  // produced or fetched. Any core.
  std::function<bool()> lease_holds;
  Limits limits;
  // Whether clients that ask about a topic which is not there make it.
  bool auto_create_topics = false;
  // Why directories of the settings take no part in this life; empty: all do.
  std::string lost_directories = {};
  // What this broker does where neither topic nor cluster say segment.bytes.
  std::int64_t segment_bytes = std::int64_t{1} << 30;
  std::vector<settings::ShownSetting> settings = {};  // This broker's, for descriptions.
};

}  // namespace ropewalk::service
