// Bodies: fields that are absent, of the wrong length or out of range, and names of nothing.
#include "ropewalk/v1/cluster.pb.h"
#include "ropewalk/v1/fetch.pb.h"
#include "ropewalk/v1/metadata.pb.h"
#include "ropewalk/v1/offsets.pb.h"
#include "ropewalk/v1/produce.pb.h"
#include "ropewalk/v1/producer_id.pb.h"
#include "ropewalk/v1/topics.pb.h"
#include "tests/unit/broker/listeners/native/hostile/hostile.h"

namespace ropewalk::native {
namespace {

constexpr std::string_view kNoTopicId = "0123456789abcdef";

class Requests {
 public:
  explicit Requests(const HostileWorld& world) : id_(world.topic.to_bytes()) {}

  HostileTable all() {
    add_encodings();
    add_metadata();
    add_describe();
    add_create();
    add_delete();
    add_set_config();
    add_init_producer();
    add_produce();
    add_produce_encodings();
    add_fetch();
    add_list_offsets();
    return std::move(table_);
  }

 private:
  Hostile& add(std::int32_t api, std::string name, std::string sent, Errc request, Errc item) {
    table_.push_back(
        {.name = std::move(name), .sent = std::move(sent), .request = request, .item = item});
    table_.back().api = api;
    return table_.back();
  }
  // The request fails as a whole and the connection goes on.
  void whole(std::int32_t api, std::string name, const google::protobuf::MessageLite& body,
             Errc code) {
    add(api, std::move(name), request(api, body), code, Errc::none);
  }
  void item(std::int32_t api, std::string name, const google::protobuf::MessageLite& body,
            Errc code) {
    add(api, std::move(name), request(api, body), Errc::none, code);
  }
  void closes(std::int32_t api, std::string name, std::string_view body, Errc code) {
    add(api, std::move(name), raw_request(api, body), code, Errc::none).after = After::closes;
  }

  void add_encodings() {
    for (const std::int32_t api :
         {v1::API_METADATA, v1::API_DESCRIBE_CLUSTER, v1::API_CREATE_TOPIC, v1::API_DELETE_TOPIC,
          v1::API_DESCRIBE_TOPICS, v1::API_SET_TOPIC_CONFIG, v1::API_INIT_PRODUCER_ID,
          v1::API_PRODUCE, v1::API_FETCH, v1::API_LIST_OFFSETS, v1::API_ELECT_LEADERS,
          v1::API_ALTER_REASSIGNMENTS, v1::API_LIST_REASSIGNMENTS, v1::API_DESCRIBE_REPLICAS,
          v1::API_PLAN_DRAIN, v1::API_UNREGISTER_BROKER, v1::API_SET_DRAINED, v1::API_CHANGE_VOTERS,
          v1::API_UPDATE_FEATURE}) {
      closes(api, fmt::format("api {}: a body that is cut off", api), "\x0a\x7f",
             Errc::malformed_frame);
      closes(api, fmt::format("api {}: a body of zeros", api), std::string(16, '\0'),
             Errc::malformed_frame);
    }
    closes(v1::API_METADATA, "metadata: a body of a megabyte",
           bytes_field(99, std::string(1 << 20, 'x')), Errc::frame_too_large);
  }

  void add_metadata() {
    constexpr auto kApi = v1::API_METADATA;
    const auto with_id = [](std::string_view id) {
      v1::MetadataRequest message;
      message.add_topic_ids(std::string(id));
      return message;
    };
    const auto with_name = [](std::string name) {
      v1::MetadataRequest message;
      message.add_topic_names(std::move(name));
      return message;
    };
    v1::MetadataRequest all = with_name("there");
    all.set_all_topics(true);
    whole(kApi, "metadata: all topics and one", all, Errc::invalid_request);
    whole(kApi, "metadata: an id of 15 bytes", with_id(std::string(15, 'i')),
          Errc::invalid_request);
    whole(kApi, "metadata: an id of 17 bytes", with_id(std::string(17, 'i')),
          Errc::invalid_request);
    item(kApi, "metadata: an empty id", with_id(""), Errc::invalid_topic);
    item(kApi, "metadata: an id of zeros", with_id(std::string(16, '\0')), Errc::invalid_topic);
    item(kApi, "metadata: an id of nothing", with_id(kNoTopicId), Errc::unknown_topic_id);
    item(kApi, "metadata: a name of nothing", with_name("nowhere"),
         Errc::unknown_topic_or_partition);
    item(kApi, "metadata: an empty name", with_name(""), Errc::invalid_topic);
    item(kApi, "metadata: a name with a slash", with_name("../there"), Errc::invalid_topic);
    item(kApi, "metadata: a name of 250 bytes", with_name(std::string(250, 'n')),
         Errc::invalid_topic);
    item(kApi, "metadata: a name with a zero", with_name(std::string("a\0b", 3)),
         Errc::invalid_topic);
    closes(kApi, "metadata: a name that is not UTF-8", bytes_field(1, "\xe4\xf6"),
           Errc::malformed_frame);
  }

  void add_describe() {
    constexpr auto kApi = v1::API_DESCRIBE_TOPICS;
    v1::DescribeTopicsRequest message;
    message.set_all_topics(true);
    message.add_topic_ids(id_);
    whole(kApi, "describe: all topics and one", message, Errc::invalid_request);
    message.Clear();
    message.add_topic_ids("short");
    whole(kApi, "describe: an id of 5 bytes", message, Errc::invalid_request);
    message.Clear();
    message.add_names("nowhere");
    item(kApi, "describe: a name of nothing", message, Errc::unknown_topic_or_partition);
  }

  void add_create() {
    constexpr auto kApi = v1::API_CREATE_TOPIC;
    const auto bad = [&](std::string name, Errc code, auto change) {
      v1::CreateTopicRequest message;
      message.set_name("fresh");
      message.set_partitions(1);
      change(message);
      whole(kApi, "create: " + name, message, code);
    };
    const auto named = [&](std::string what, std::string name) {
      bad(std::move(what), Errc::invalid_topic, [&](auto& m) { m.set_name(name); });
    };
    named("an empty name", "");
    named("the name ..", "..");
    named("a name of 250 bytes", std::string(250, 'n'));
    named("a name with a slash", "a/b");
    named("a name with a blank", "a b");
    named("a name with an umlaut", "\xc3\xa4");
    bad("a name that is taken", Errc::topic_already_exists,
        [](auto& m) { m.set_name(std::string(kHostileTopic)); });
    for (const std::int32_t count : {-1, INT32_MIN, INT32_MAX})
      bad(fmt::format("{} partitions", count), Errc::invalid_partitions,
          [count](auto& m) { m.set_partitions(count); });
    for (const std::int32_t factor : {-1, 2, INT32_MAX, INT32_MIN})
      bad(fmt::format("replication factor {}", factor), Errc::invalid_replication_factor,
          [factor](auto& m) { m.set_replication_factor(factor); });
    const auto setting = [&](std::string what, std::string key, std::string value) {
      bad(std::move(what), Errc::invalid_config, [&](auto& m) {
        m.add_settings()->set_name(key);
        m.mutable_settings(0)->set_value(value);
      });
    };
    setting("a setting that is none", "no.such", "1");
    setting("a setting without a name", "", "1");
    setting("a setting without a value", "retention.ms", "");
    setting("a setting out of range", "retention.ms", "-2");
    setting("a setting beyond 64 bits", "retention.ms", "99999999999999999999");
    bad("a setting twice", Errc::invalid_config, [](auto& m) {
      for (int i = 0; i < 2; i++) {
        auto& setting = *m.add_settings();
        setting.set_name("retention.ms");
        setting.set_value("1000");
      }
    });
  }

  void add_delete() {
    constexpr auto kApi = v1::API_DELETE_TOPIC;
    v1::DeleteTopicRequest message;
    whole(kApi, "delete: no topic", message, Errc::invalid_request);
    message.set_name("there");
    message.set_topic_id(id_);
    whole(kApi, "delete: name and id", message, Errc::invalid_request);
    message.Clear();
    message.set_name("nowhere");
    whole(kApi, "delete: a name of nothing", message, Errc::unknown_topic_or_partition);
    message.set_name("no where");
    whole(kApi, "delete: a name that cannot be", message, Errc::invalid_topic);
    message.Clear();
    message.set_topic_id("abc");
    whole(kApi, "delete: an id of 3 bytes", message, Errc::invalid_request);
    message.set_topic_id(std::string(kNoTopicId));
    whole(kApi, "delete: an id of nothing", message, Errc::unknown_topic_id);
    message.set_topic_id(std::string(16, '\0'));
    whole(kApi, "delete: an id of zeros", message, Errc::invalid_topic);
  }

  void add_set_config() {
    constexpr auto kApi = v1::API_SET_TOPIC_CONFIG;
    const auto change = [](std::string topic, std::string key, std::string value) {
      v1::SetTopicConfigRequest message;
      message.set_name(std::move(topic));
      message.add_changes()->set_name(std::move(key));
      message.mutable_changes(0)->set_value(std::move(value));
      return message;
    };
    v1::SetTopicConfigRequest both = change("there", "retention.ms", "1");
    both.set_topic_id(id_);
    whole(kApi, "set: name and id", both, Errc::invalid_request);
    whole(kApi, "set: no topic", change("", "retention.ms", "1"), Errc::invalid_request);
    whole(kApi, "set: a topic of nothing", change("nowhere", "retention.ms", "1"),
          Errc::unknown_topic_or_partition);
    whole(kApi, "set: a setting that is none", change("there", "no.such", "1"),
          Errc::invalid_config);
    whole(kApi, "set: a value that is none", change("there", "durability", "perhaps"),
          Errc::invalid_config);
    whole(kApi, "set: an empty value", change("there", "retention.ms", ""), Errc::invalid_config);
  }

  void add_init_producer() {
    constexpr auto kApi = v1::API_INIT_PRODUCER_ID;
    const auto bad = [&](std::string name, Errc code, auto change) {
      v1::InitProducerIdRequest message;
      message.set_producer_id(0);
      message.set_producer_epoch(0);
      change(message);
      whole(kApi, "producer: " + name, message, code);
    };
    const auto invalid = Errc::invalid_request;
    bad("an id without its epoch", invalid, [](auto& m) { m.clear_producer_epoch(); });
    bad("an epoch without its id", invalid, [](auto& m) { m.clear_producer_id(); });
    bad("a negative id", invalid, [](auto& m) { m.set_producer_id(-1); });
    bad("a negative epoch", invalid, [](auto& m) { m.set_producer_epoch(-1); });
    bad("an epoch of 17 bits", invalid, [](auto& m) { m.set_producer_epoch(65'536); });
    bad("an id that was never given out", Errc::unknown_producer_id,
        [](auto& m) { m.set_producer_id(INT64_MAX); });
    bad("a transactional id", invalid, [](auto& m) { m.set_transactional_id("t"); });
  }

  void add_produce() {
    constexpr auto kApi = v1::API_PRODUCE;
    const auto bad = [&](std::string name, Errc request, Errc item_code, auto change) {
      v1::ProduceRequest message;
      auto& partition = *message.add_partitions();
      partition.set_topic_id(id_);
      partition.set_records(good_batch());
      change(message, partition);
      add(kApi, "produce: " + name, native::request(kApi, message), request, item_code);
    };
    const auto none = Errc::none;
    bad("no partitions", none, none, [](auto& m, auto&) { m.clear_partitions(); });
    for (const int acks : {-1, 3, INT32_MAX})
      bad(fmt::format("acks {}", acks), Errc::invalid_required_acks, none,
          [acks](auto& m, auto&) { m.set_acks(static_cast<v1::Acks>(acks)); });
    bad("a negative timeout", none, none, [](auto& m, auto&) { m.set_timeout_ms(-1); });
    bad("a transactional id", none, Errc::invalid_request,
        [](auto& m, auto&) { m.set_transactional_id("t"); });
    bad("an id of 15 bytes", Errc::invalid_request, none,
        [](auto&, auto& p) { p.set_topic_id(std::string(15, 'i')); });
    bad("no id", Errc::invalid_request, none, [](auto&, auto& p) { p.clear_topic_id(); });
    bad("an id of nothing", none, Errc::unknown_topic_id,
        [](auto&, auto& p) { p.set_topic_id(std::string(kNoTopicId)); });
    for (const std::int32_t index : {-1, 2, INT32_MIN, INT32_MAX})
      bad(fmt::format("partition {}", index), none, Errc::unknown_topic_or_partition,
          [index](auto&, auto& p) { p.set_partition(index); });
    bad("an old leader epoch", none, Errc::fenced_leader_epoch,
        [](auto&, auto& p) { p.set_leader_epoch(-1); });
    bad("a leader epoch to come", none, Errc::unknown_leader_epoch,
        [](auto&, auto& p) { p.set_leader_epoch(INT32_MAX); });
    bad("no records", none, Errc::invalid_record, [](auto&, auto& p) { p.clear_records(); });
    bad("one partition twice", Errc::invalid_request, none,
        [](auto& m, auto& p) { *m.add_partitions() = v1::ProducePartition(p); });
    bad("a partition of nothing twice", Errc::invalid_request, none, [](auto& m, auto& p) {
      p.set_topic_id(std::string(kNoTopicId));
      *m.add_partitions() = v1::ProducePartition(p);
    });
  }

  // What protobuf's own encoder would not write.
  void add_produce_encodings() {
    constexpr auto kApi = v1::API_PRODUCE;
    const std::string id = bytes_field(1, id_);
    const std::string good = bytes_field(1000, good_batch());
    const auto part = [](std::string_view fields) { return bytes_field(1000, fields); };
    const auto sent = [&](std::string name, std::string body, Errc item_code) {
      add(kApi, "produce: " + name, raw_request(kApi, body), Errc::none, item_code);
    };
    const auto broken = [&](std::string name, std::string body) {
      closes(kApi, "produce: " + name, body, Errc::malformed_frame);
    };
    broken("partitions as a number", varint_field(1000, 1));
    broken("records as a number", part(id + varint_field(1000, 1)));
    broken("a partition that is cut off", part(id + good.substr(0, good.size() - 1)));
    broken("a partition with a field 0", part(id + varint_field(0, 1) + good));
    broken("a length of records beyond 64 bits",
           part(id + raw_field(1000, 2, std::string(10, '\xff') + "\x01")));
    broken("a transactional id that is not UTF-8", bytes_field(3, "\xff") + part(id + good));
    sent("records before the id", part(good + id), Errc::none);
    sent("partitions before the acks", part(id + good) + varint_field(1, 1), Errc::none);
    sent("records twice, the last good", part(id + bytes_field(1000, "bad") + good), Errc::none);
    sent("records twice, the last bad", part(id + good + bytes_field(1000, "bad")),
         Errc::invalid_record);
    sent("unknown fields everywhere",
         varint_field(50, 1) + part(id + bytes_field(60, "x") + good + varint_field(61, 2)) +
             bytes_field(2000, "y"),
         Errc::none);
    add(kApi, "produce: the id as a number", raw_request(kApi, part(varint_field(1, 7) + good)),
        Errc::invalid_request, Errc::none);
    sent("the partition in 64 bits", part(id + varint_field(2, 1ULL << 32) + good), Errc::none);
    std::string many;
    for (int i = 0; i < 100'001; i++) many += part("");
    add(kApi, "produce: 100,001 partitions", raw_request(kApi, many), Errc::invalid_request,
        Errc::none);
    Hostile& unanswered =
        add(kApi, "produce: without acks, and to nothing",
            raw_request(kApi, varint_field(1, v1::ACKS_NONE) + part(good)), Errc::none, Errc::none);
    unanswered.after = After::hangs_up;
  }

  void add_fetch() {
    constexpr auto kApi = v1::API_FETCH;
    const auto bad = [&](std::string name, Errc request, Errc item_code, auto change) {
      v1::FetchRequest message;
      message.set_session_epoch(-1);
      auto& partition = *message.add_partitions();
      partition.set_topic_id(id_);
      partition.set_partition(1);
      change(message, partition);
      add(kApi, "fetch: " + name, native::request(kApi, message), request, item_code);
    };
    const auto none = Errc::none;
    const auto invalid = Errc::invalid_request;
    bad("nothing wrong", none, none, [](auto&, auto&) {});
    bad("no partitions", none, none, [](auto& m, auto&) { m.clear_partitions(); });
    bad("a negative wait", invalid, none, [](auto& m, auto&) { m.set_max_wait_ms(-1); });
    bad("negative least bytes", invalid, none, [](auto& m, auto&) { m.set_min_bytes(-1); });
    bad("negative bytes", invalid, none, [](auto& m, auto&) { m.set_max_bytes(INT32_MIN); });
    bad("negative bytes of a partition", invalid, none,
        [](auto&, auto& p) { p.set_max_bytes(-1); });
    bad("an isolation level that is none", invalid, none,
        [](auto& m, auto&) { m.set_isolation_level(static_cast<v1::IsolationLevel>(2)); });
    bad("a session of nothing", Errc::fetch_session_id_not_found, none, [](auto& m, auto&) {
      m.set_session_id(7);
      m.set_session_epoch(1);
    });
    bad("an id of 17 bytes", invalid, none,
        [](auto&, auto& p) { p.set_topic_id(std::string(17, 'i')); });
    bad("no id", Errc::invalid_request, none, [](auto&, auto& p) { p.clear_topic_id(); });
    bad("an id of nothing", none, Errc::unknown_topic_id,
        [](auto&, auto& p) { p.set_topic_id(std::string(kNoTopicId)); });
    for (const std::int32_t index : {-1, 2, INT32_MAX})
      bad(fmt::format("partition {}", index), none, Errc::unknown_topic_or_partition,
          [index](auto&, auto& p) { p.set_partition(index); });
    for (const std::int64_t offset :
         {std::int64_t{-1}, INT64_MIN, INT64_MAX, std::int64_t{1'000'000}})
      bad(fmt::format("offset {}", offset), none, Errc::offset_out_of_range,
          [offset](auto&, auto& p) { p.set_fetch_offset(offset); });
    bad("an old leader epoch", none, Errc::fenced_leader_epoch,
        [](auto&, auto& p) { p.set_leader_epoch(-7); });
    bad("a leader epoch to come", none, Errc::unknown_leader_epoch,
        [](auto&, auto& p) { p.set_leader_epoch(99); });
    bad("one partition twice", invalid, none,
        [](auto& m, auto& p) { *m.add_partitions() = v1::FetchPartition(p); });
    bad("the largest sizes", none, none, [](auto& m, auto& p) {
      m.set_min_bytes(INT32_MAX);
      m.set_max_bytes(INT32_MAX);
      p.set_max_bytes(INT32_MAX);
    });
  }

  void add_list_offsets() {
    constexpr auto kApi = v1::API_LIST_OFFSETS;
    const auto bad = [&](std::string name, Errc request, Errc item_code, auto change) {
      v1::ListOffsetsRequest message;
      auto& partition = *message.add_partitions();
      partition.set_topic_id(id_);
      partition.set_query(v1::OFFSET_BY_TIMESTAMP);
      change(message, partition);
      add(kApi, "offsets: " + name, native::request(kApi, message), request, item_code);
    };
    const auto none = Errc::none;
    bad("an isolation level that is none", Errc::invalid_request, none,
        [](auto& m, auto&) { m.set_isolation_level(static_cast<v1::IsolationLevel>(-1)); });
    bad("a query that is none", Errc::invalid_request, none,
        [](auto&, auto& p) { p.set_query(static_cast<v1::OffsetQuery>(4)); });
    bad("an id of 1 byte", Errc::invalid_request, none,
        [](auto&, auto& p) { p.set_topic_id("i"); });
    bad("an id of nothing", none, Errc::unknown_topic_id,
        [](auto&, auto& p) { p.set_topic_id(std::string(kNoTopicId)); });
    bad("partition -1", none, Errc::unknown_topic_or_partition,
        [](auto&, auto& p) { p.set_partition(-1); });
    bad("a leader epoch to come", none, Errc::unknown_leader_epoch,
        [](auto&, auto& p) { p.set_leader_epoch(99); });
    for (const std::int64_t time : {std::int64_t{-1}, INT64_MIN, INT64_MAX})
      bad(fmt::format("time {}", time), none, none,
          [time](auto&, auto& p) { p.set_timestamp_ms(time); });
  }

  const std::string id_;
  HostileTable table_;
};

}  // namespace

HostileTable hostile_requests(const HostileWorld& world) { return Requests(world).all(); }

}  // namespace ropewalk::native
