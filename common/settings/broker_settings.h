// The settings of one broker, typed. Used by the daemon, its offline tools and the composition
// root.
//
// The initialisers are the defaults. Read once at start; nothing changes afterwards. What all
// brokers of a cluster share (durability, retention, replication) is no setting of a broker but
// stands in the metadata log under Kafka's dotted names.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/ids.h"
#include "common/log.h"
#include "common/settings/definition.h"
#include "common/settings/host_port.h"
#include "common/settings/shown_setting.h"
#include "common/uuid.h"

namespace ropewalk {

struct QuorumVoter {
  BrokerId id;
  settings::HostPort address;
  std::optional<DirectoryId> directory;  // Only `ropewalkd format` is told it.
  auto operator<=>(const QuorumVoter&) const = default;
};

struct BrokerSettings {
  // Identity.
  std::vector<std::string> data_dirs;  // The first also holds the metadata.
  BrokerId broker_id{1};
  std::optional<ClusterId> cluster_id;
  std::string rack;  // Empty: it stands alone.
  std::vector<QuorumVoter> quorum_voters;

  // Listeners; nullopt is off.
  std::optional<settings::HostPort> native_listen = settings::HostPort{"127.0.0.1", 9192};
  std::optional<settings::HostPort> broker_listen;
  std::optional<settings::HostPort> kafka_listen = settings::HostPort{"127.0.0.1", 9092};
  std::optional<settings::HostPort> admin_listen = settings::HostPort{"127.0.0.1", 9644};
  std::optional<settings::HostPort> kinesis_listen;
  // By listener ("native", "broker", ...), each at least one, in the order in which they are named.
  std::map<std::string, std::vector<settings::HostPort>> advertised;
  bool allow_insecure = false;
  // Files of PEM, all three or none: brokers talk to each other in the clear then.
  std::string broker_tls_cert;
  std::string broker_tls_key;
  std::string broker_tls_ca;
  bool broker_tls() const { return !broker_tls_cert.empty(); }

  // Topics.
  bool auto_create_topics = true;
  std::int64_t default_partitions = 1;

  // Machine.
  std::int64_t cores = 0;  // 0: one on machines of two cores and fewer, else one less than it has.
  std::int64_t sync_threads = 16;  // A data directory.

  // Budgets (D8): what one broker holds in memory at most, and what one client may ask for.
  std::int64_t max_connections = 10'000;
  std::int64_t max_connections_per_address = 0;  // 0: as many as in all.
  std::int64_t max_partitions = 20'000;
  std::int64_t max_frame_bytes = 100LL << 20;
  std::int64_t in_flight_bytes_max = 512LL << 20;
  std::int64_t answer_bytes_max = 64LL << 20;
  std::int64_t receive_buffer_bytes = 256LL << 10;
  std::int64_t fetch_bytes_max = 64LL << 20;
  std::int64_t fetch_sessions_max = 1000;
  std::int64_t fetch_session_bytes_max = 64LL << 20;
  std::int64_t decompression_bytes_max = 256LL << 20;
  std::int64_t record_batch_bytes_max = 32LL << 20;
  std::chrono::milliseconds connection_idle_max{600'000};
  std::chrono::milliseconds negotiation_timeout{10'000};
  std::chrono::milliseconds transfer_timeout{30'000};
  std::chrono::milliseconds fetch_wait_max{300'000};

  // Log.
  std::int64_t segment_bytes = 1LL << 30;
  std::int64_t index_interval_bytes = 4096;
  std::int64_t unsynced_bytes_max = 1LL << 30;  // A data directory.
  std::int64_t disk_floor_bytes = 256LL << 20;
  std::chrono::milliseconds retention_check_interval{300'000};

  // Cluster membership.
  std::chrono::milliseconds election_timeout{1'000};
  std::chrono::milliseconds session_timeout{3'000};
  std::chrono::milliseconds heartbeat_interval{500};
  std::chrono::milliseconds shutdown_timeout{5'000};
  std::chrono::milliseconds leader_balance_interval{30'000};  // 0: never.
  std::chrono::milliseconds unclean_recovery_wait{30'000};
  std::chrono::milliseconds replica_lag_max{10'000};
  std::int64_t catch_up_rate_max = 0;  // Bytes a second; 0: no limit.

  // Messages.
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
};

// The definitions, bound to `settings`.
settings::Schema broker_schema(BrokerSettings& settings);

// What no single value shows. Errors: invalid_setting naming the keys (a heartbeat as long as the
// session, a listener off loopback without allow_insecure, two listeners on one address, ...).
Result<void> check(const BrokerSettings& settings);

// All of them as they are in force, in the order of their definitions.
std::vector<settings::ShownSetting> shown(const BrokerSettings& settings);

// The text of configs/ropewalkd.conf.
std::string annotated_broker_settings();

}  // namespace ropewalk
