#include "common/settings/broker_settings.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "common/settings/annotated.h"

namespace ropewalk {
namespace {

using settings::Definition;
using settings::HostPort;
using settings::Schema;
using settings::SettingType;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Millis = std::chrono::milliseconds;

constexpr std::int64_t kKiB = 1LL << 10;
constexpr std::int64_t kMiB = 1LL << 20;
constexpr std::int64_t kGiB = 1LL << 30;
constexpr std::int64_t kTiB = 1LL << 40;

Result<BrokerId> parse_broker_id(std::string_view text) {
  std::int32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id < 0)
    return fail(Errc::invalid_setting, "'{}' is no broker id", text);
  return BrokerId(id);
}

// Errors: invalid_setting, also for the id of all zeros, which stands for none.
Result<Uuid> parse_id(std::string_view text) {
  auto id = Uuid::from_base64(text);
  if (!id) return fail(Errc::invalid_setting, "{}", id.error().context);
  if (id->is_none())
    return fail(Errc::invalid_setting, "'{}' is all zeros and names nothing", text);
  return *id;
}

// Errors: invalid_setting, also for what nobody can connect to.
Result<HostPort> reachable_address(std::string_view item, std::string_view address) {
  TRY(HostPort parsed, HostPort::parse(address));
  if (parsed.port == 0 || parsed.host == "0.0.0.0" || parsed.host == "::")
    return fail(Errc::invalid_setting, "'{}': nobody can connect to {}", item, parsed.to_string());
  return parsed;
}

// ID@HOST:PORT, or ID@HOST:PORT:DIRECTORY_ID.
Result<QuorumVoter> parse_voter(std::string_view text) {
  QuorumVoter voter;
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos)
    return fail(Errc::invalid_setting, "'{}' is not ID@HOST:PORT", text);
  TRY(voter.id, parse_broker_id(text.substr(0, at)));
  std::string_view address = text.substr(at + 1);
  constexpr std::size_t kIdLength = 22;
  const std::string_view tail =
      address.substr(address.size() - std::min(address.size(), kIdLength));
  const bool inside_ipv6 = tail.find_first_of(":]") != std::string_view::npos;
  if (address.size() > kIdLength && address[address.size() - kIdLength - 1] == ':' &&
      !inside_ipv6) {
    TRY(const Uuid directory, parse_id(tail));
    voter.directory = DirectoryId(directory);
    address.remove_suffix(kIdLength + 1);
  }
  TRY(voter.address, reachable_address(text, address));
  return voter;
}

bool is_listener_name(std::string_view name) {
  return name == "native" || name == "broker" || name == "kafka" || name == "admin" ||
         name == "kinesis";
}

std::string show(const std::vector<QuorumVoter>& voters) {
  std::vector<std::string> items;
  for (const QuorumVoter& voter : voters)
    items.push_back(fmt::format("{}@{}", voter.id, voter.address.to_string()));
  return fmt::format("{}", fmt::join(items, ","));
}

std::string show(const std::map<std::string, std::vector<HostPort>>& advertised) {
  std::vector<std::string> items;
  for (const auto& [listener, addresses] : advertised)
    for (const HostPort& address : addresses)
      items.push_back(fmt::format("{}={}", listener, address.to_string()));
  return fmt::format("{}", fmt::join(items, ","));
}

void define_identity(Schema& schema, BrokerSettings& s) {
  schema.section("Identity");
  schema.add({.key = "data_dir",
              .help = "Where the data lives: a directory, or several (one a disk) separated by "
                      "commas. The first also holds the metadata of the cluster. Must be set.",
              .accepts = "one or more directories",
              .initial = fmt::format("{}", fmt::join(s.data_dirs, ",")),
              .is_directory = true,
              .type = SettingType::list,
              .assign = [&s](std::string_view text) -> Result<void> {
                s.data_dirs = settings::split_list(text);
                if (s.data_dirs.empty()) return fail(Errc::invalid_setting, "no directory named");
                return {};
              }});
  schema.add({.key = "broker_id",
              .help = "The number of this broker in its cluster. Never changes: the data "
                      "directories remember it.",
              .accepts = "a number from 0 to 2147483647",
              .initial = fmt::format("{}", s.broker_id),
              .type = SettingType::int32,
              .assign = [&s](std::string_view text) -> Result<void> {
                TRY(s.broker_id, parse_broker_id(text));
                return {};
              }});
  schema.add({.key = "cluster_id",
              .help = "The cluster that this broker belongs to. Unset on a broker alone, which "
                      "makes up its own on its first start.",
              .accepts = "22 characters of base64url, as `ropewalk cluster status` and `ropewalkd "
                         "new-id` print them",
              .initial = s.cluster_id ? fmt::format("{}", *s.cluster_id) : "",
              .assign = [&s](std::string_view text) -> Result<void> {
                TRY(const Uuid id, parse_id(text));
                s.cluster_id = ClusterId(id);
                return {};
              }});
  schema.text(s.rack,
              {"rack",
               "Where this broker stands: what one failure takes away together has one name. The "
               "replicas of a partition are placed in different racks."},
              "a name, or nothing");
  schema.add({.key = "quorum_voters",
              .help = "Where to look for the brokers that keep the metadata. Unset on a broker "
                      "alone. `ropewalkd format` makes them the first voters, and wants to know "
                      "their directory ids; afterwards who votes is decided by the metadata "
                      "itself, not here.",
              .accepts = "ID@HOST:PORT or ID@HOST:PORT:DIRECTORY_ID, separated by commas",
              .initial = show(s.quorum_voters),
              .type = SettingType::list,
              .assign = [&s](std::string_view text) -> Result<void> {
                std::vector<QuorumVoter> voters;
                for (const std::string& item : settings::split_list(text)) {
                  TRY(QuorumVoter voter, parse_voter(item));
                  for (const QuorumVoter& other : voters)
                    if (other.id == voter.id)
                      return fail(Errc::invalid_setting, "broker {} stands there twice", voter.id);
                    else if (other.address == voter.address)
                      return fail(Errc::invalid_setting, "brokers {} and {} are both at {}",
                                  other.id, voter.id, voter.address.to_string());
                  voters.push_back(std::move(voter));
                }
                s.quorum_voters = std::move(voters);
                return {};
              }});
}

void define_listeners(Schema& schema, BrokerSettings& s) {
  schema.section("Listeners");
  schema.listener(s.native_listen, {"native_listen", "Where clients connect."}, true);
  schema.listener(
      s.broker_listen,
      {"broker_listen", "Where the other brokers connect. Not needed on a broker alone."}, true);
  schema.listener(s.kafka_listen, {"kafka_listen", "Where clients of Apache Kafka connect."}, true);
  schema.listener(s.admin_listen,
                  {"admin_listen", "HTTP for monitors: /metrics, /healthz, /readyz."}, true);
  schema.listener(s.kinesis_listen, {"kinesis_listen", "Where clients of Amazon Kinesis connect."},
                  false);
  schema.add({.key = "advertised",
              .help = "The addresses that clients and brokers are told, where they differ from "
                      "the one that was reached: behind address translation. Of several for one "
                      "listener each client is told the one whose host has the address that it "
                      "reached (names are looked up at the start; of those the one with the port "
                      "that it reached), or else the first. Brokers of a cluster name their "
                      "networks in the same order.",
              .accepts = "LISTENER=HOST:PORT, separated by commas (LISTENER: native, broker, "
                         "kafka, admin, kinesis)",
              .initial = show(s.advertised),
              .type = SettingType::list,
              .assign = [&s](std::string_view text) -> Result<void> {
                std::map<std::string, std::vector<HostPort>> addresses;
                for (const std::string& item : settings::split_list(text)) {
                  const std::size_t equals = item.find('=');
                  const std::string name = item.substr(0, equals);
                  if (equals == std::string::npos || !is_listener_name(name))
                    return fail(Errc::invalid_setting, "'{}' is not LISTENER=HOST:PORT", item);
                  TRY(HostPort address,
                      reachable_address(item, std::string_view(item).substr(equals + 1)));
                  std::vector<HostPort>& others = addresses[name];
                  if (std::ranges::find(others, address) != others.end())
                    return fail(Errc::invalid_setting, "{} stands there twice", item);
                  others.push_back(std::move(address));
                }
                s.advertised = std::move(addresses);
                return {};
              }});
  schema.text(
      s.broker_tls_cert,
      {"broker_tls_cert",
       "Brokers prove to each other who they are, and encrypt what they say to each other: the "
       "file with the certificate of this one, in PEM. The common name in it is broker-N, N being "
       "broker_id. `ropewalkd certs` makes such files. Together with the next two, on all brokers "
       "or on none."},
      "a file, or nothing");
  schema.text(s.broker_tls_key,
              {"broker_tls_key",
               "The file with the key of that certificate, in PEM, without a passphrase. Not for "
               "everybody to read."},
              "a file, or nothing");
  schema.text(s.broker_tls_ca,
              {"broker_tls_ca",
               "The file with the certificate of the authority that signs those of this cluster's "
               "brokers, in PEM: no others are believed. Several while one follows another."},
              "a file, or nothing");
  schema.toggle(
      s.allow_insecure,
      {"allow_insecure",
       "Allow listeners that other machines reach, although this version knows neither "
       "authentication nor encryption for clients: whoever reaches the port may read, "
       "write and delete everything. broker_listen does not need it with broker_tls_cert."});
}

void define_topics(Schema& schema, BrokerSettings& s) {
  schema.section("Topics");
  schema.toggle(
      s.auto_create_topics,
      {"auto_create_topics",
       "Whether a client of the Kafka listener that asks about a topic which is not there "
       "makes it, with the cluster's defaults, as Kafka's auto.create.topics.enable does. "
       "A mistyped name makes one too."});
  schema.count(s.default_partitions,
               {"default_partitions",
                "Partitions of a topic whose maker does not say how many, as of one that is made "
                "because a client asks about it: Kafka's num.partitions. In a cluster its "
                "controller's setting counts."},
               {1, 10'000});
}

void define_machine(Schema& schema, BrokerSettings& s) {
  schema.section("Machine");
  schema.count(s.cores,
               {"cores",
                "Threads that serve clients. 0 chooses: one on machines of two cores and "
                "fewer, else one less than the machine has."},
               {0, 256});
  schema.count(s.sync_threads,
               {"sync_threads", "Files of one data directory that are synced at the same time."},
               {1, 256});
}

void define_budgets(Schema& schema, BrokerSettings& s) {
  schema.section("Budgets");
  schema.count(s.max_connections,
               {"max_connections",
                "Connections at a time; further ones are closed at once. Fewer where the process "
                "may not have two descriptors for each and some for its files (ulimit -n): the log "
                "says so."},
               {1, 1'000'000});
  schema.count(s.max_connections_per_address,
               {"max_connections_per_address",
                "Connections of one address at a time; further ones are closed at once, and those "
                "of others are taken. Clients behind one address translation share an address; "
                "IPv6 addresses that begin with the same 64 bits are one. 0: as many as "
                "max_connections."},
               {0, 1'000'000});
  schema.count(s.max_partitions,
               {"max_partitions",
                "Partitions that one broker holds; a topic that would bring more is not made. In a "
                "cluster its controller's setting counts, for each broker. Partitions that are "
                "there stay, also above it."},
               {1, 1'000'000});
  schema.bytes(s.max_frame_bytes,
               {"max_frame_bytes", "The largest request; a larger one closes its connection."},
               {64 * kKiB, kGiB});
  schema.bytes(
      s.in_flight_bytes_max,
      {"in_flight_bytes_max",
       "Bytes of requests and replies that the broker holds in memory at a time, over "
       "all connections of clients. At the limit it stops reading sockets until there is room."},
      {16 * kMiB, kTiB});
  schema.bytes(s.answer_bytes_max,
               {"answer_bytes_max",
                "Bytes of answers that clients have not taken yet, over all connections; records "
                "that are sent from files do not count. At the limit further requests are told to "
                "come again; from half of it on, those of clients that hold more than their "
                "share."},
               {kMiB, kTiB});
  schema.bytes(s.receive_buffer_bytes,
               {"receive_buffer_bytes", "What one read from a socket takes at most."},
               {16 * kKiB, 16 * kMiB});
  schema.bytes(s.fetch_bytes_max,
               {"fetch_bytes_max", "The largest reply to a fetch, whatever the client asks for."},
               {64 * kKiB, kGiB});
  schema.count(s.fetch_sessions_max,
               {"fetch_sessions_max",
                "Fetch sessions that the broker remembers, in equal parts on its cores; clients "
                "without one name all their partitions with each fetch. 0: none."},
               {0, 1'000'000});
  schema.bytes(s.fetch_session_bytes_max,
               {"fetch_session_bytes_max",
                "Memory that fetch sessions may take together, in equal parts on the cores: about "
                "500 bytes for a partition."},
               {kMiB, 16 * kGiB});
  schema.bytes(s.decompression_bytes_max,
               {"decompression_bytes_max",
                "What the batches of one produce may grow to when they are decompressed to be "
                "checked; larger ones are refused."},
               {kMiB, 16 * kGiB});
  schema.bytes(s.record_batch_bytes_max,
               {"record_batch_bytes_max",
                "The largest record batch that any topic takes, as it is sent, whatever its "
                "max.message.bytes says."},
               {kKiB, 32 * kMiB});
  schema.time(s.connection_idle_max,
              {"connection_idle_max", "Connections without a request for so long are closed."},
              {seconds(1), days(30)});
  schema.time(s.negotiation_timeout,
              {"negotiation_timeout", "How long a new connection may take to its first request."},
              {Millis(100), minutes(10)});
  schema.time(
      s.transfer_timeout,
      {"transfer_timeout",
       "A connection is closed when nothing more comes of a large request that it has begun "
       "for so long. While others wait for the memory of requests or answers, a quarter of "
       "the request must come, or of the answers be taken, within that time."},
      {seconds(1), hours(1)});
  schema.time(s.fetch_wait_max,
              {"fetch_wait_max", "How long a fetch may wait for data, whatever the client asks."},
              {Millis(100), hours(1)});
}

void define_log(Schema& schema, BrokerSettings& s) {
  schema.section("Storage");
  schema.bytes(s.segment_bytes,
               {"segment_bytes",
                "The size at which a partition's log begins a new file, in topics that do not set "
                "segment.bytes."},
               {64 * kKiB, 2 * kGiB});
  schema.bytes(s.index_interval_bytes,
               {"index_interval_bytes", "A partition's index has one entry for so many bytes."},
               {512, 16 * kMiB});
  schema.bytes(
      s.unsynced_bytes_max,
      {"unsynced_bytes_max",
       "What a data directory may have written and not synced yet, which a power cut would "
       "take in topics with durability = replicated. From half of it on every write asks "
       "for a sync at once; at the limit producers are told to send again."},
      {kMiB, kTiB});
  schema.bytes(s.disk_floor_bytes,
               {"disk_floor_bytes",
                "With less free space than this a data directory takes no more records from "
                "clients; reading and deleting go on."},
               {64 * kMiB, kTiB});
  schema.time(s.retention_check_interval,
              {"retention_check_interval",
               "How often the broker looks for records that their topic's retention.ms and "
               "retention.bytes no longer keep."},
              {seconds(1), days(1)});
}

void define_membership(Schema& schema, BrokerSettings& s) {
  schema.section("Membership");
  schema.time(s.election_timeout,
              {"election_timeout",
               "A voter that has not heard of the controller for so long asks the others to let it "
               "take its place; a controller that hears no majority for so long gives up. The same "
               "on all voters, and many times what a message between them takes. Kafka's "
               "controller.quorum.election.timeout.ms."},
              {Millis(200), minutes(1)});
  schema.time(s.session_timeout,
              {"session_timeout",
               "A broker that the controller has not heard of for so long is taken for dead."},
              {Millis(500), minutes(10)});
  schema.time(s.heartbeat_interval,
              {"heartbeat_interval", "How often a broker tells the controller that it lives."},
              {Millis(50), minutes(5)});
  schema.time(s.shutdown_timeout,
              {"shutdown_timeout",
               "How long a broker that was told to stop waits for others to lead what it led, so "
               "that no client misses it."},
              {Millis(0), minutes(10)});
  schema.time(s.leader_balance_interval,
              {"leader_balance_interval",
               "How often the controller gives leaderships back to the first replicas of "
               "partitions, once they are in sync. 0s: never."},
              {Millis(0), days(1)});
  schema.time(s.unclean_recovery_wait,
              {"unclean_recovery_wait",
               "Partitions with durability=replicated of which all replicas ended uncleanly wait "
               "so long for the others to come back before one of them leads."},
              {seconds(1), days(1)});
  schema.time(s.replica_lag_max,
              {"replica_lag_max",
               "A follower that has not caught up with its leader for so long is taken out of the "
               "in-sync set: producers no longer wait for it. Kafka's replica.lag.time.max.ms."},
              {seconds(1), hours(1)});
  schema.bytes(
      s.catch_up_rate_max,
      {"catch_up_rate_max",
       "Bytes a second that the replicas of this broker which are not in sync, or are being "
       "added, take from their leaders, all together, so that they leave room for clients. "
       "Those in sync are not held back. One that gets less than is produced never catches "
       "up. 0: no limit."},
      {0, kTiB});
}

void define_messages(Schema& schema, BrokerSettings& s) {
  schema.section("Messages");
  schema.choice({"log_format", "How messages on stderr look: lines for people or JSON."},
                {"text", "json"}, static_cast<std::size_t>(s.log_format),
                [&s](std::size_t word) { s.log_format = static_cast<LogFormat>(word); });
  schema.choice({"log_level", "The least important messages that are written."},
                {"debug", "info", "warn", "error", "off"}, static_cast<std::size_t>(s.log_level),
                [&s](std::size_t word) { s.log_level = static_cast<LogLevel>(word); });
}

}  // namespace

Schema broker_schema(BrokerSettings& settings) {
  Schema schema;
  define_identity(schema, settings);
  define_listeners(schema, settings);
  define_topics(schema, settings);
  define_machine(schema, settings);
  define_budgets(schema, settings);
  define_log(schema, settings);
  define_membership(schema, settings);
  define_messages(schema, settings);
  return schema;
}

std::vector<settings::ShownSetting> shown(const BrokerSettings& settings) {
  BrokerSettings now = settings;
  BrokerSettings defaults;
  return settings::shown(broker_schema(now), broker_schema(defaults));
}

std::string annotated_broker_settings() {
  BrokerSettings defaults;
  return settings::annotated_file(
      broker_schema(defaults),
      "Settings of ropewalkd, the broker of Ropewalk. Generated from their definitions "
      "(common/settings/broker_settings.cc); as it stands this file changes nothing.\n"
      "\n"
      "ropewalkd --config FILE reads such a file. Every key is also a flag (data_dir: "
      "--data-dir) and an environment variable (ROPEWALK_DATA_DIR). A flag beats the "
      "environment, the environment beats the file.");
}

}  // namespace ropewalk
