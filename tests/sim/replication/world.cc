#include "tests/sim/replication/world.h"

#include <algorithm>
#include <utility>

namespace ropewalk::replication {
namespace {

using namespace std::chrono_literals;

template <class Id>
Id id_of(std::uint8_t kind, std::uint8_t number) {
  Uuid uuid;
  uuid.bytes[0] = kind;
  uuid.bytes[15] = number;
  return Id(uuid);
}
const auto kCluster = id_of<ClusterId>(1, 1);

}  // namespace

IncarnationId World::life_of(BrokerId broker, std::uint8_t life) {
  Uuid uuid;
  uuid.bytes[0] = 2;
  uuid.bytes[14] = static_cast<std::uint8_t>(broker.value());
  uuid.bytes[15] = life;
  return IncarnationId(uuid);
}

World::World(WorldOptions options) : random_(options.seed) {
  images_.push_back(std::make_shared<metadata::Image>());
  controller::ControllerOptions controller;
  controller.cluster = kCluster;
  controller.session = 1h;
  controller.draw_id = [] { return Uuid(id_of<TopicId>(3, 1)); };
  controller_.emplace(controller, newest(), now_);
  for (std::size_t i = 0; i < kBrokers; i++) {
    brokers_[i].id = BrokerId(static_cast<std::int32_t>(i + 1));
    start(brokers_[i]);
    heartbeat(brokers_[i], false);
  }
  metadata::NewTopic topic;
  topic.name = "t";
  topic.replication_factor = kBrokers;
  topic.configs = {{"durability", options.replicated ? "replicated" : "synced"}};
  decide(metadata::CreateTopics{{topic}});
  id_ = {newest().topic("t")->id, 0};
  for (Broker& broker : brokers_)
    while (broker.applied + 1 < images_.size()) apply_next(broker);
}

void World::tell(std::string line) {
  for (const Broker& broker : brokers_)
    line += fmt::format(" | {}{}{} end {} durable {} hw {}", broker.id, broker.alive ? "" : " dead",
                        broker.leader ? " LEADS" : "", broker.end(), broker.durable,
                        broker.high_watermark);
  story_.push_back(std::move(line));
}

void World::fail_rule(const std::string& what) {
  if (violation_.empty()) violation_ = what;
  tell("VIOLATION " + what);
}

std::vector<Result<metadata::ItemAnswer>> World::decide(const metadata::ControllerEvent& event) {
  controller::Batch batch(images_.back(), newest().offset() + 1);
  auto items = controller_->decide(batch, event, now_);
  if (batch.records().empty()) return items;
  metadata::ImageEditor editor(images_.back(), newest().offset() + 1);
  for (const auto& record : batch.records()) {
    const auto applied = editor.apply(record);
    ENSURE(applied, "a record that does not fit: {}", applied.error());
  }
  images_.push_back(editor.finish());
  if (newest().topic(id_.topic)) {
    const auto& now = partition(newest());
    tell(fmt::format("metadata: leader {} in epoch {}, partition epoch {}, in sync {}, eligible {}",
                     now.leader, now.leader_epoch, now.partition_epoch, fmt::join(now.in_sync, " "),
                     fmt::join(now.eligible, " ")));
  }
  return items;
}

const metadata::Partition& World::partition(const metadata::Image& image) const {
  return *image.partition(id_);
}

void World::start(Broker& broker) {
  broker.alive = true;
  broker.life++;
  broker.durable = broker.end();
  broker.generation++;
  metadata::RegisterBroker event;
  event.cluster = kCluster;
  event.broker.id = broker.id;
  event.broker.incarnation = life_of(broker.id, broker.life);
  event.broker.directories = {id_of<DirectoryId>(4, static_cast<std::uint8_t>(broker.id.value()))};
  event.broker.features = {{controller::kMetadataVersionFeature, 1, controller::kMetadataVersion}};
  if (std::exchange(broker.cut, false)) event.cut = {id_};
  event.ends = {{.partition = id_,
                 .last_epoch = broker.log.empty() ? kNoLeaderEpoch : broker.log.back().epoch,
                 .log_end = Offset(broker.end())}};
  if (std::exchange(broker.clean, false)) event.clean_stop_epoch = broker.epoch;
  const auto items = decide(event);
  ENSURE(items[0], "registration: {}", items[0].error());
  broker.epoch = std::get<metadata::BrokerRegistered>(*items[0]).epoch;
  broker.applied = images_.size() - 1;
}

void World::heartbeat(Broker& broker, bool wants_fence) {
  decide(metadata::BrokerHeartbeat{broker.id, broker.epoch, images_[broker.applied]->offset(),
                                   wants_fence});
}

void World::fence_dead(const Broker& broker) {
  decide(metadata::BrokerHeartbeat{broker.id, broker.epoch, newest().offset(), true});
}

void World::switch_durability() {
  const bool is_replicated = partition(newest()).durability == metadata::Durability::replicated;
  tell("the durability is switched");
  decide(metadata::SetConfigs{
      {{metadata::TopicRef{{}, "t"}, "durability", is_replicated ? "synced" : "replicated"}}});
}

// D5: `synced` is said once the logs of all in sync are.
void World::report_synced(const Broker& broker) {
  const auto& state = partition(newest());
  if (state.durability != metadata::Durability::syncing || state.leader != broker.id ||
      state.leader_epoch != broker.role_epoch)
    return;
  for (const Broker& each : brokers_)
    if (std::ranges::find(state.in_sync, each.id) != state.in_sync.end() &&
        (!each.alive || each.durable < each.end()))
      return;
  decide(metadata::ReportSynced{broker.id, broker.epoch, id_, broker.role_epoch});
}

// What a broker does by itself.
void World::act(Broker& broker) {
  if (!broker.alive) {
    if (chance(0.1)) {
      if (chance(0.5))
        fence_dead(broker);
      else
        start(broker);
    }
    return;
  }
  const bool fenced = newest().broker(broker.id)->fenced;
  switch (random_.below(6)) {
    case 0:
      if (broker.applied + 1 < images_.size()) apply_next(broker);
      break;
    case 1:
      if (chance(0.5)) sync(broker);
      break;
    case 2:
      if (broker.leader && broker.end() < 30 && chance(0.3)) produce(broker);
      break;
    case 3:
      if (broker.follower) ask(broker);
      break;
    case 4:
      if (!broker.leader) break;
      carry_out(broker, broker.leader->step(Tick{}, now_));
      if (chance(0.1)) report_synced(broker);
      break;
    default:
      if (fenced && chance(0.3)) heartbeat(broker, false);
  }
}

void World::step() {
  now_ += 1ms * static_cast<std::int64_t>(random_.below(8));
  Broker& broker = brokers_[random_.below(kBrokers)];
  const std::uint64_t kind = random_.below(2000);
  if (kind < 6 && broker.alive) {
    stop(broker, kind < 2 ? End::power_lost : kind < 4 ? End::killed : End::clean);
  } else if (kind < 9 && broker.alive && !newest().broker(broker.id)->fenced) {
    tell(fmt::format("{} is fenced while it lives", broker.id));
    heartbeat(broker, true);
  } else if (kind < 10) {
    if (chance(0.15)) switch_durability();
  } else if (kind < 12) {
    aim();
  } else if (kind < 1200 && !messages_.empty()) {
    take_message();
  } else {
    act(broker);
  }
  check_pairs();
}

bool World::heal() {
  faults_ = false;
  const std::size_t before = shown_.size();
  bool produced = false;
  for (int round = 0; round < 400; round++) {
    now_ += 20ms;
    for (Broker& broker : brokers_) {
      if (!broker.alive) start(broker);
      while (broker.applied + 1 < images_.size()) apply_next(broker);
      if (newest().broker(broker.id)->fenced) heartbeat(broker, false);
      sync(broker);
      if (broker.follower) ask(broker);
      if (broker.leader) carry_out(broker, broker.leader->step(Tick{}, now_));
      const auto& state = partition(newest());
      if (broker.leader && state.leader == broker.id && state.in_sync.size() == kBrokers &&
          broker.role_epoch == state.leader_epoch && !std::exchange(produced, true))
        produce(broker);
    }
    while (!messages_.empty() && violation_.empty()) deliver(0, false);
    check_pairs();
    if (!violation_.empty()) return false;
    if (produced && shown_.size() > before && partition(newest()).in_sync.size() == kBrokers)
      return true;
  }
  if (!is_over()) fail_rule("the partition does not heal, though somebody may lead it");
  return false;
}

bool World::is_over() const {
  const auto& state = partition(newest());
  return state.leader == kNoBroker && state.in_sync.empty() && state.eligible.empty();
}

}  // namespace ropewalk::replication
