#include "client/cli/move_plan.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "client/cli/table.h"
#include "client/cli/values.h"
#include "common/settings/definition.h"

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

constexpr NumberRange kInt32{0, std::numeric_limits<std::int32_t>::max()};

bool among(const BrokerIds& list, std::int32_t id) { return std::ranges::count(list, id) > 0; }

std::string ids_text(const BrokerIds& ids) {
  return ids.empty() ? "-" : fmt::format("{}", fmt::join(ids, ","));
}

json::array ids_json(const BrokerIds& ids) { return json::array(ids.begin(), ids.end()); }

Result<std::int32_t> number_at(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(json::string_view(key.data(), key.size()));
  const std::int64_t* const number = value == nullptr ? nullptr : value->if_int64();
  if (number == nullptr || *number < kInt32.least || *number > kInt32.most)
    return fail(Errc::invalid_request, "\"{}\" must be a number from 0 up", key);
  return static_cast<std::int32_t>(*number);
}

Result<BrokerIds> replicas_at(const json::object& object) {
  const json::value* const value = object.if_contains("replicas");
  if (value == nullptr || !value->is_array() || value->get_array().empty())
    return fail(Errc::invalid_request, "\"replicas\" must be a list of brokers' numbers");
  BrokerIds ids;
  for (const json::value& each : value->get_array()) {
    const std::int64_t* const number = each.if_int64();
    if (number == nullptr || *number < kInt32.least || *number > kInt32.most)
      return fail(Errc::invalid_request, "\"replicas\" must be a list of brokers' numbers");
    ids.push_back(static_cast<std::int32_t>(*number));
  }
  return ids;
}

// Which directory of a broker a replica goes to is the controller's choice here.
Result<void> check_directories(const json::object& object) {
  const json::value* const value = object.if_contains("log_dirs");
  if (value == nullptr) return {};
  const bool any =
      value->is_array() && std::ranges::all_of(value->get_array(), [](const auto& each) {
        return each.is_string() && each.get_string() == "any";
      });
  if (any) return {};
  return fail(Errc::invalid_request, "\"log_dirs\": a directory cannot be chosen, only \"any\"");
}

Result<WantedReplicas> parse_one(const json::value& value) {
  if (!value.is_object()) return fail(Errc::invalid_request, "it is no object");
  const json::object& object = value.get_object();
  const json::value* const topic = object.if_contains("topic");
  if (topic == nullptr || !topic->is_string() || topic->get_string().empty())
    return fail(Errc::invalid_request, "\"topic\" must be a name");
  WantedReplicas wanted;
  wanted.partition.topic = std::string(topic->get_string());
  TRY(wanted.partition.partition, number_at(object, "partition"));
  TRY_VOID(check_directories(object));
  TRY(wanted.replicas, replicas_at(object));
  return wanted;
}

Result<const json::array*> partitions_of(const json::value& document) {
  const json::value* list = &document;
  if (const json::object* const object = document.if_object()) {
    const json::value* const version = object->if_contains("version");
    if (version != nullptr && *version != json::value(1))
      return fail(Errc::invalid_request, "version {} of the format is not known, only 1",
                  json::serialize(*version));
    list = object->if_contains("partitions");
  }
  if (list == nullptr || !list->is_array() || list->get_array().empty())
    return fail(Errc::invalid_request,
                R"(it is no plan: {{"version":1,"partitions":[{{"topic":"T","partition":0,)"
                R"("replicas":[1,2,3]}}]}})");
  return &list->get_array();
}

using Described = std::map<std::pair<std::string_view, std::int32_t>, const DescribedPartition*>;

Described by_name(const std::vector<DescribedTopic>& topics) {
  Described described;
  for (const DescribedTopic& topic : topics)
    for (const DescribedPartition& partition : topic.partitions)
      described.emplace(std::pair(std::string_view(topic.name), partition.partition), &partition);
  return described;
}

std::optional<std::int64_t> bytes_to_copy(const Move& move) {
  if (!move.bytes) return std::nullopt;
  return *move.bytes * static_cast<std::int64_t>(move.added().size());
}

std::string totals(const MovePlan& plan) {
  std::size_t copies = 0;
  std::int64_t bytes = 0;
  bool all_known = true;
  for (const Move& move : plan.moves) {
    copies += move.added().size();
    all_known = all_known && (move.bytes || move.added().empty());
    bytes += bytes_to_copy(move).value_or(0);
  }
  std::string line =
      fmt::format("partitions to change: {}  replicas to copy: {}, {}{}", plan.moves.size(), copies,
                  all_known ? "" : "at least ", bytes_text(bytes));
  if (plan.as_wanted > 0) line += fmt::format("  as wanted already: {}", plan.as_wanted);
  return line + "\n";
}

}  // namespace

Result<std::vector<WantedReplicas>> parse_plan(std::string_view text) {
  boost::system::error_code wrong;
  const json::value document = json::parse(json::string_view(text.data(), text.size()), wrong);
  if (wrong) return fail(Errc::invalid_request, "it is no JSON: {}", wrong.message());
  TRY(const json::array* const partitions, partitions_of(document));
  std::vector<WantedReplicas> plan;
  std::set<PartitionName> named;
  for (std::size_t i = 0; i < partitions->size(); i++) {
    auto wanted = parse_one((*partitions)[i]);
    if (!wanted) return within(fmt::format("partition {} of the list", i + 1), wanted.error());
    if (!named.insert(wanted->partition).second)
      return fail(Errc::invalid_request, "{} stands there twice", to_string(wanted->partition));
    plan.push_back(*std::move(wanted));
  }
  return plan;
}

Result<BrokerIds> parse_replicas(std::string_view text) {
  BrokerIds ids;
  for (const std::string& each : settings::split_list(text)) {
    TRY(const std::int64_t id, parse_number(each, kInt32));
    ids.push_back(static_cast<std::int32_t>(id));
  }
  if (ids.empty()) return fail(Errc::invalid_request, "'{}' is no list of brokers: 1,2,3", text);
  return ids;
}

BrokerIds Move::added() const {
  BrokerIds ids = to;
  std::erase_if(ids, [&](std::int32_t id) { return among(from, id); });
  return ids;
}

BrokerIds Move::removed() const {
  BrokerIds ids = from;
  std::erase_if(ids, [&](std::int32_t id) { return among(to, id); });
  return ids;
}

Result<MovePlan> plan_moves(const std::vector<WantedReplicas>& wanted,
                            const std::vector<DescribedTopic>& topics) {
  const Described described = by_name(topics);
  MovePlan plan;
  for (const WantedReplicas& one : wanted) {
    const auto found = described.find({one.partition.topic, one.partition.partition});
    if (found == described.end())
      return fail(Errc::unknown_topic_or_partition, "there is no partition {}",
                  to_string(one.partition));
    const DescribedPartition& partition = *found->second;
    Move move{.partition = one.partition,
              .from = partition.replicas,
              .to = one.replicas.value_or(BrokerIds{}),
              .leader = partition.leader};
    const bool moves = !partition.adding_replicas.empty() || !partition.removing_replicas.empty();
    if (move.to == move.from && !moves)
      plan.as_wanted++;
    else
      plan.moves.push_back(std::move(move));
  }
  return plan;
}

void note_bytes(MovePlan& plan, const std::vector<PartitionReplicas>& told) {
  std::map<PartitionName, std::int64_t> bytes;
  for (const PartitionReplicas& one : told) bytes.emplace(one.partition, one.bytes);
  for (Move& move : plan.moves) {
    if (const auto known = bytes.find(move.partition); known != bytes.end())
      move.bytes = known->second;
    if (move.added().empty()) move.bytes = 0;
  }
}

std::string plan_text(const MovePlan& plan) {
  std::string out;
  if (!plan.moves.empty()) {
    Table table({"TOPIC", "PARTITION", "FROM", "TO", "ADDS", "REMOVES", "TO COPY"});
    for (const Move& move : plan.moves) {
      const auto bytes = bytes_to_copy(move);
      table.add({move.partition.topic, fmt::format("{}", move.partition.partition),
                 ids_text(move.from), ids_text(move.to), ids_text(move.added()),
                 ids_text(move.removed()), bytes ? bytes_text(*bytes) : "?"});
    }
    out += table.to_string() + "\n";
  }
  if (!plan.stuck.empty()) {
    Table table({"STUCK", "PARTITION", "REPLICAS", "WHY"});
    for (const StuckReplica& stuck : plan.stuck)
      table.add({stuck.partition.topic, fmt::format("{}", stuck.partition.partition),
                 ids_text(stuck.replicas), stuck.reason});
    out += table.to_string() + "\n";
  }
  return out + totals(plan);
}

std::string plan_json(const MovePlan& plan) {
  json::array partitions;
  for (const Move& move : plan.moves)
    partitions.push_back(
        json::object{{"topic", move.partition.topic},
                     {"partition", move.partition.partition},
                     {"replicas", ids_json(move.to)},
                     {"from", ids_json(move.from)},
                     {"leader", move.leader},
                     {"bytes", move.bytes ? json::value(*move.bytes) : json::value(nullptr)}});
  json::array stuck;
  for (const StuckReplica& each : plan.stuck)
    stuck.push_back(json::object{{"topic", each.partition.topic},
                                 {"partition", each.partition.partition},
                                 {"replicas", ids_json(each.replicas)},
                                 {"reason", each.reason}});
  const json::object all{
      {"version", 1}, {"partitions", std::move(partitions)}, {"stuck", std::move(stuck)}};
  return json::serialize(all) + "\n";
}

std::string bytes_text(std::int64_t bytes) {
  constexpr std::array kUnits{"bytes", "KiB", "MiB", "GiB", "TiB"};
  auto amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < kUnits.size(); unit++) amount /= 1024;
  if (unit == 0) return fmt::format("{} bytes", bytes);
  return fmt::format("{:.1f} {}", amount, kUnits[unit]);
}

}  // namespace ropewalk::cli
