#include "tests/integration/changes.h"

#include <chrono>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "common/records/batch_builder.h"
#include "common/uuid.h"
#include "common/wire/errors.h"
#include "ropewalk/v1/offsets.pb.h"
#include "ropewalk/v1/records.pb.h"
#include "ropewalk/v1/topics.pb.h"

namespace ropewalk::support {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSetting = "max.message.bytes";
constexpr std::int64_t kSettingFrom = 1'000'000;
constexpr std::int32_t kPartitionsOfATopic = 3;
constexpr int kRecordsOfATopic = 3;

template <class Part>
Result<void> outcome_of(const Part& part) {
  if (part.has_error()) return std::unexpected(wire::from_proto(part.error()));
  return {};
}

Result<void> produce_once(NativeClient& client, ByteSpan frame) {
  TRY_VOID(client.send(frame));
  TRY(const auto answer, client.receive());
  TRY_VOID(outcome_of(answer.header));
  v1::ProduceResponse response;
  TRY_VOID(wire::parse(answer.body.span(), response));
  if (response.partitions_size() != 1) return fail(Errc::invalid_request, "no result");
  return outcome_of(response.partitions(0));
}

// Asks again while the partition is not led yet, as after a start.
template <class Ask>
auto until_led(Ask ask) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  for (;;) {
    auto told = ask();
    const Errc code = told ? Errc::none : told.error().code;
    if ((code != Errc::leader_not_available && code != Errc::not_leader_or_follower) ||
        std::chrono::steady_clock::now() > until)
      return told;
    std::this_thread::sleep_for(2ms);  // Nothing tells.
  }
}

Result<Bounds> bounds_once(NativeClient& client, const std::string& topic_id,
                           std::int32_t partition) {
  v1::ListOffsetsRequest ask;
  for (const auto query : {v1::OFFSET_EARLIEST, v1::OFFSET_LATEST}) {
    auto* one = ask.add_partitions();
    one->set_topic_id(topic_id);
    one->set_partition(partition);
    one->set_query(query);
  }
  TRY(const auto told, client.call<v1::ListOffsetsResponse>(v1::API_LIST_OFFSETS, ask));
  if (told.partitions_size() != 2) return fail(Errc::invalid_request, "no offsets");
  TRY_VOID(outcome_of(told.partitions(0)));
  TRY_VOID(outcome_of(told.partitions(1)));
  return Bounds{told.partitions(0).offset(), told.partitions(1).offset()};
}

Result<v1::DescribeTopicsResponse> describe_all(NativeClient& client) {
  v1::DescribeTopicsRequest ask;
  ask.set_all_topics(true);
  return client.call<v1::DescribeTopicsResponse>(v1::API_DESCRIBE_TOPICS, ask);
}

}  // namespace

std::string folder_name(const std::string& topic_id) {
  const auto id = Uuid::from_bytes(topic_id);
  return id ? id->to_hex() : "?";
}

Result<Bounds> bounds_of(NativeClient& client, const std::string& topic_id,
                         std::int32_t partition) {
  return until_led([&] { return bounds_once(client, topic_id, partition); });
}

Result<std::map<std::string, std::int32_t>> all_topics(NativeClient& client) {
  TRY(const auto told, describe_all(client));
  std::map<std::string, std::int32_t> all;
  for (const auto& topic : told.topics())
    all[folder_name(topic.topic_id())] = topic.partitions_size();
  return all;
}

Result<void> set_topic(NativeClient& client, const std::string& topic_id,
                       const std::map<std::string, std::string>& settings) {
  v1::SetTopicConfigRequest set;
  set.set_topic_id(topic_id);
  for (const auto& [name, value] : settings) {
    auto* change = set.add_changes();
    change->set_name(name);
    change->set_value(value);
  }
  TRY_VOID(client.call<v1::SetTopicConfigResponse>(v1::API_SET_TOPIC_CONFIG, set));
  return {};
}

Changes::Changes(Options options) : options_(std::move(options)) {
  for (const Step step : {&Changes::come_and_go, &Changes::set, &Changes::delete_some})
    threads_.emplace_back([this, step] { work(step); });
}

Changes::~Changes() { finish(); }

void Changes::finish() {
  finishing_ = true;
  for (std::thread& each : threads_)
    if (each.joinable()) each.join();
  counts_.unanswered = unanswered_;
}

void Changes::work(Step step) {
  std::optional<NativeClient> client;
  std::uint16_t connected = 0;
  while (!finishing_) {
    {
      std::shared_lock at_it(idle_);
      const std::uint16_t port = options_.port();
      if (port != 0 && (!client || port != connected)) {
        auto made = NativeClient::connect(port, 20s);
        client.reset();
        if (made) client.emplace(std::move(*made));
        connected = port;
      }
      if (port != 0 && client && !(this->*step)(*client)) {
        unanswered_++;
        client.reset();
      }
    }
    std::this_thread::sleep_for(1ms);  // Nothing to wait on: the broker may be restarting.
  }
}

Result<void> Changes::come_and_go(NativeClient& client) {
  const std::string name = fmt::format("passing-{}", next_topic_++);
  Topic& topic = topics_[name];
  TRY(const auto id, client.create_topic({.name = name, .partitions = kPartitionsOfATopic}));
  topic.made = true;
  counts_.made++;
  TRY_VOID(fill(client, id));
  topic.filled = true;
  if (next_topic_ % 4 == 0) return {};  // Some stay.
  topic.removal_asked = true;
  v1::DeleteTopicRequest remove;
  remove.set_name(name);
  TRY_VOID(client.call<v1::DeleteTopicResponse>(v1::API_DELETE_TOPIC, remove));
  topic.removed = true;
  counts_.removed++;
  return {};
}

Result<void> Changes::fill(NativeClient& client, const std::string& topic_id) {
  // Of now: the default retention must not take it.
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  BatchBuilder builder;
  for (int i = 0; i < kRecordsOfATopic; i++)
    builder.append({.timestamp = now, .key = {}, .value = as_bytes("passing")});
  TRY(const auto batch, builder.finish(Codec::none));
  for (std::int32_t partition = 0; partition < kPartitionsOfATopic; partition++) {
    const auto frame = encode_produce({.correlation_id = 1 + partition,
                                       .topic_id = topic_id,
                                       .partition = partition,
                                       .acks = v1::ACKS_ALL},
                                      batch.span());
    TRY_VOID(until_led([&] { return produce_once(client, frame); }));
  }
  return {};
}

Result<void> Changes::set(NativeClient& client) {
  const std::int64_t next = ++setting_asked_;
  TRY_VOID(set_topic(client, options_.topic_id, {{kSetting, std::to_string(kSettingFrom + next)}}));
  setting_answered_ = next;
  counts_.set++;
  return {};
}

Result<void> Changes::delete_some(NativeClient& client) {
  TRY(const auto bounds, bounds_of(client, options_.topic_id, 0));
  v1::DeleteRecordsRequest ask;
  auto* one = ask.add_partitions();
  one->set_topic_id(options_.topic_id);
  one->set_partition(0);
  one->set_before_offset(bounds.begin + (bounds.end - bounds.begin) / 5);
  TRY(const auto told, client.call<v1::DeleteRecordsResponse>(v1::API_DELETE_RECORDS, ask));
  TRY_VOID(outcome_of(told.partitions(0)));
  begin_answered_ = std::max(begin_answered_, told.partitions(0).log_start());
  counts_.deleted_up_to++;
  return {};
}

std::string Changes::judge(NativeClient& client) {
  std::unique_lock nobody_is(idle_);
  std::string wrong = judge_topics(client);
  return wrong.empty() ? judge_begin(client) : wrong;
}

std::string Changes::judge_topics(NativeClient& client) {
  const auto told = describe_all(client);
  if (!told) return to_string(told.error());
  std::map<std::string, const v1::TopicDescription*> there;
  for (const auto& topic : told->topics()) there[topic.name()] = &topic;
  for (const auto& [name, topic] : topics_) {
    const auto found = there.find(name);
    if (found != there.end() && topic.removed) return name + " is back";
    if (found == there.end() && topic.made && !topic.removal_asked) return name + " is gone";
    if (found == there.end() || !topic.filled) continue;
    for (std::int32_t partition = 0; partition < kPartitionsOfATopic; partition++) {
      const auto bounds = bounds_of(client, found->second->topic_id(), partition);
      if (!bounds) return fmt::format("{}: {}", name, bounds.error());
      if (bounds->begin != 0 || bounds->end != kRecordsOfATopic)
        return fmt::format("{}-{} has {}..{}", name, partition, bounds->begin, bounds->end);
    }
  }
  for (const auto& topic : told->topics()) {
    if (topic.topic_id() != options_.topic_id) continue;
    for (const auto& setting : topic.settings()) {
      if (setting.name() != kSetting || setting_answered_ == 0) continue;
      const std::int64_t value = std::stoll(setting.value()) - kSettingFrom;
      if (value < setting_answered_ || value > setting_asked_)
        return fmt::format("{} is {}; {} was answered, {} asked for", kSetting, value,
                           setting_answered_, setting_asked_);
    }
  }
  return "";
}

std::string Changes::judge_begin(NativeClient& client) {
  const auto bounds = bounds_of(client, options_.topic_id, 0);
  if (!bounds) return to_string(bounds.error());
  if (bounds->begin < begin_answered_)
    return fmt::format("it begins at {}, and at {} after records were deleted", bounds->begin,
                       begin_answered_);
  return "";
}

}  // namespace ropewalk::support
