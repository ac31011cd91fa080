#include <cstddef>
#include <variant>

#include "broker/metadata/controller_codec.h"
#include "broker/metadata/controller_messages.h"
#include "broker/metadata/voter_messages.h"

namespace ropewalk::metadata {
namespace {

using Item = internal::ControllerItem;

// What an event is answered with: so many items of the kind at that place of ItemAnswer.
struct Expected {
  std::size_t count;
  std::size_t kind;
};

template <class Kind, std::size_t at = 0>
constexpr std::size_t place_of_kind() {
  if constexpr (std::is_same_v<Kind, std::variant_alternative_t<at, ItemAnswer>>)
    return at;
  else
    return place_of_kind<Kind, at + 1>();
}
template <class Kind>
Expected items_of(std::size_t count) {
  return {count, place_of_kind<Kind>()};
}

Expected expected(const RegisterBroker&) { return items_of<BrokerRegistered>(1); }
Expected expected(const BrokerHeartbeat&) { return items_of<HeartbeatState>(1); }
Expected expected(const CreateTopics& e) { return items_of<TopicCreated>(e.topics.size()); }
Expected expected(const DeleteTopics& e) { return items_of<std::monostate>(e.topics.size()); }
Expected expected(const CreatePartitions& e) { return items_of<std::monostate>(e.topics.size()); }
Expected expected(const SetConfigs& e) {
  return items_of<std::monostate>(e.replaced.size() + e.changes.size());
}
Expected expected(const AllocateProducerIds&) { return items_of<ProducerIdBlock>(1); }
Expected expected(const ReportSynced&) { return items_of<std::monostate>(1); }
Expected expected(const AlterInSync& e) { return items_of<std::monostate>(e.partitions.size()); }
Expected expected(const ReportDamaged& e) { return items_of<std::monostate>(e.partitions.size()); }
Expected expected(const ElectLeaders& e) { return items_of<std::monostate>(e.partitions.size()); }
Expected expected(const AlterReassignments& e) {
  return items_of<std::monostate>(e.partitions.size());
}
Expected expected(const UnregisterBroker&) { return items_of<std::monostate>(1); }
Expected expected(const ChangeVoters&) { return items_of<std::monostate>(1); }
Expected expected(const DescribeVoters&) { return items_of<QuorumState>(1); }
Expected expected(const UpdateFeature&) { return items_of<std::monostate>(1); }

void put_error(const Error& error, internal::ControllerError& to) {
  to.set_code(static_cast<std::int32_t>(error.code));
  to.set_context(error.context);
}
// A number that this build does not know stays what it is.
Result<Error> take_error(const internal::ControllerError& from) {
  if (from.code() == 0) return fail(Errc::malformed_frame, "an error without a code");
  return Error{static_cast<Errc>(from.code()), from.context()};
}

void put_item(std::monostate, Item& item) { item.mutable_done(); }
void put_item(const BrokerRegistered& answer, Item& item) {
  item.mutable_broker_registered()->set_epoch(answer.epoch.value());
}
void put_item(const HeartbeatState& answer, Item& item) {
  auto& to = *item.mutable_heartbeat_state();
  to.set_fenced(answer.fenced);
  to.set_caught_up(answer.caught_up);
  to.set_may_shut_down(answer.may_shut_down);
}
void put_item(const TopicCreated& answer, Item& item) {
  auto& to = *item.mutable_topic_created();
  if (!answer.id.is_none()) to.set_id(answer.id.to_bytes());
  to.set_partitions(answer.partitions);
  to.set_replication_factor(answer.replication_factor);
  put_settings(answer.configs, to.mutable_configs());
}
void put_item(const ProducerIdBlock& answer, Item& item) {
  auto& to = *item.mutable_producer_id_block();
  to.set_first(answer.first.value());
  to.set_count(answer.count);
}

void put_item(const QuorumState& answer, Item& item) {
  *item.mutable_quorum_state() = message_of(answer);
}

Result<TopicCreated> take_topic_created(const internal::TopicCreated& from) {
  TRY(const auto id, take_id<TopicId>(from.id()));
  return TopicCreated{id, from.partitions(), from.replication_factor(),
                      take_settings(from.configs())};
}

// Not an error.
Result<ItemAnswer> take_item(const Item& from) {
  switch (from.answer_case()) {
    case Item::kDone:
      return ItemAnswer(std::monostate());
    case Item::kBrokerRegistered:
      return BrokerRegistered{BrokerEpoch(from.broker_registered().epoch())};
    case Item::kHeartbeatState:
      return HeartbeatState{from.heartbeat_state().fenced(), from.heartbeat_state().caught_up(),
                            from.heartbeat_state().may_shut_down()};
    case Item::kTopicCreated: {
      TRY(auto created, take_topic_created(from.topic_created()));
      return created;
    }
    case Item::kProducerIdBlock:
      return ProducerIdBlock{ProducerId(from.producer_id_block().first()),
                             from.producer_id_block().count()};
    case Item::kQuorumState: {
      TRY(auto state, quorum_state_of(from.quorum_state()));
      return state;
    }
    case Item::kError:
    case Item::ANSWER_NOT_SET:
      break;
  }
  return fail(Errc::malformed_frame, "an answer of a kind that this program does not know");
}

Result<void> add_item(const Item& from, std::size_t kind, ControllerAnswer& answer) {
  if (from.has_error()) {
    TRY(auto error, take_error(from.error()));
    answer.items.push_back(fail(std::move(error)));
    return {};
  }
  TRY(auto item, take_item(from));
  if (item.index() != kind)
    return fail(Errc::malformed_frame, "an answer of kind {} instead of {}", item.index(), kind);
  answer.items.emplace_back(std::move(item));
  return {};
}

}  // namespace

SharedBytes encode_answer(const Result<ControllerAnswer>& answer) {
  internal::ControllerResponse response;
  if (!answer) {
    put_error(answer.error(), *response.mutable_error());
    return SharedBytes(response.SerializeAsString());
  }
  response.set_offset(answer->offset.value());
  for (const Result<ItemAnswer>& item : answer->items) {
    Item& added = *response.add_items();
    if (item)
      std::visit([&added](const auto& kind) { put_item(kind, added); }, *item);
    else
      put_error(item.error(), *added.mutable_error());
  }
  return SharedBytes(response.SerializeAsString());
}

Result<Result<ControllerAnswer>> decode_answer(std::string_view bytes,
                                               const ControllerEvent& asked) {
  TRY(const auto response, parse_controller_message<internal::ControllerResponse>(bytes));
  if (response.has_error()) {
    TRY(auto error, take_error(response.error()));
    return Result<ControllerAnswer>(fail(std::move(error)));
  }
  const Expected awaited = std::visit([](const auto& kind) { return expected(kind); }, asked);
  if (static_cast<std::size_t>(response.items_size()) != awaited.count)
    return fail(Errc::malformed_frame, "{} answers to {} questions", response.items_size(),
                awaited.count);
  ControllerAnswer answer;
  answer.offset = Offset(response.offset());
  for (const Item& item : response.items()) TRY_VOID(add_item(item, awaited.kind, answer));
  return Result<ControllerAnswer>(std::move(answer));
}

}  // namespace ropewalk::metadata
