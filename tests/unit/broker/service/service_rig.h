// The use cases of one broker in the simulation: real replicas, an image made by hand, a controller
// that answers what the test wants.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "broker/log/log_directory.h"
#include "broker/metadata/controller_port.h"
#include "broker/metadata/image.h"
#include "broker/metadata/metadata_view.h"
#include "broker/replication/replica_manager.h"
#include "broker/security/authorizer.h"
#include "broker/service/service_metrics.h"
#include "broker/service/use_cases.h"
#include "common/records/batch_builder.h"
#include "tests/support/node_rig.h"

namespace ropewalk::service {

class ScriptedController final : public metadata::ControllerPort {
 public:
  std::vector<metadata::ControllerEvent> asked;
  std::deque<Result<metadata::ControllerAnswer>> answers;

  Task<Result<metadata::ControllerAnswer>> propose(metadata::ControllerEvent event,
                                                   env::MonotonicTime) override {
    asked.push_back(std::move(event));
    ENSURE(!answers.empty(), "the controller was asked once too often");
    auto answer = std::move(answers.front());
    answers.pop_front();
    co_return answer;
  }
  void will_answer(metadata::ItemAnswer item) {
    metadata::ControllerAnswer answer;
    answer.offset = Offset(0);
    answer.items.push_back(std::move(item));
    answers.push_back(std::move(answer));
  }
};

// Refuses what names this resource.
class Forbids final : public security::Authorizer {
 public:
  std::string forbidden;
  Result<void> authorize(const security::RequestContext&, const security::Access& access) override {
    if (forbidden.empty() || access.resource != forbidden) return {};
    return fail(Errc::topic_authorization_failed, "'{}' is not yours", access.resource);
  }
};

class ServiceRig : public NodeRig {
 public:
  static constexpr BrokerId kSelf{1};

  explicit ServiceRig(std::uint64_t seed, Limits limits = {}) : NodeRig(seed, 1) {
    files = environment().open_file_system({.root = "/data", .threads = 4}).value();
    log::LogDirectoryOptions options;
    options.expected.cluster.bytes.fill(1);
    options.expected.broker = kSelf;
    options.may_format = true;
    options.space.reserve_bytes = 4096;
    directory =
        world.run(core(), log::LogDirectory::open(environment(), *files, core(), options)).value();
    on_core([&] {
      std::vector<log::LogDirectory*> directories{directory.get()};
      replicas = std::make_unique<replication::ReplicaManager>(
          environment(), std::move(directories), replication::ReplicaManagerOptions{.self = kSelf});
      view = std::make_unique<metadata::MetadataView>(environment());
      parts = std::make_unique<Parts>(Parts{.environment = environment(),
                                            .metadata = *view,
                                            .replicas = *replicas,
                                            .controller = controller,
                                            .authorizer = authorizer,
                                            .produce_budget = produce_budget,
                                            .fetch_budget = fetch_budget,
                                            .metrics = metrics,
                                            .cluster_id = options.expected.cluster,
                                            .self = kSelf,
                                            .controller_id = [] { return kSelf; },
                                            .lease_holds =
                                                [this] {
                                                  lease_looks++;
                                                  return lease_holds;
                                                },
                                            .limits = limits});
      use_cases = std::make_unique<UseCases>(*parts);
    });
    world.run(core(), replicas->open_all());
    auto who = std::make_shared<security::Caller>();
    who->listener = "native";
    who->local = {"10.0.0.7", 19192};
    caller = who;
    register_broker(kSelf, 9192);
    register_broker(BrokerId(2), 9292);
  }
  ~ServiceRig() {
    node.kill();
    use_cases.reset();
    parts.reset();
    replicas.reset();
    view.reset();
    directory.reset();
    files.reset();
  }

  // One entry of the metadata log.
  void apply(std::vector<metadata::Record> records) {
    metadata::ImageEditor editor(image, image->offset() + 1);
    for (const auto& record : records)
      ENSURE(editor.apply(record).has_value(), "the image refuses a record of the test");
    image = editor.finish();
    bool seen = false;
    environment().control_core().post([&] {
      view->publish(image);
      seen = true;
    });
    ENSURE(until([&] { return seen; }), "the image was not published");
    world.run_for(std::chrono::milliseconds(1));
  }
  void register_broker(BrokerId id, std::uint16_t port) {
    metadata::BrokerRegistration broker;
    broker.id = id;
    broker.incarnation.bytes.fill(static_cast<std::uint8_t>(id.value()));
    broker.listeners.push_back({.name = "native", .host = "0.0.0.0", .port = port});
    broker.directories.push_back(directory->meta().directory);
    broker.fenced = true;
    apply({metadata::RegisterBrokerRecord{broker}});
    apply({metadata::BrokerRegistrationChangeRecord{.id = id,
                                                    .epoch = BrokerEpoch(image->offset().value()),
                                                    .fenced = false,
                                                    .in_controlled_shutdown = {},
                                                    .directories = {}}});
  }
  TopicId add_topic(std::string name, std::int32_t partitions = 1, BrokerId leader = kSelf,
                    std::vector<std::pair<std::string, std::string>> configs = {}) {
    TopicId id;
    id.bytes.fill(++last_topic_);
    std::vector<metadata::Record> records{metadata::TopicRecord{.id = id, .name = name}};
    for (std::int32_t i = 0; i < partitions; i++) {
      metadata::Partition partition;
      partition.index = PartitionId(i);
      partition.replicas = partition.in_sync = {leader};
      partition.directories = {directory->meta().directory};
      partition.leader = leader;
      records.push_back(metadata::PartitionRecord{.topic = id, .partition = partition});
    }
    for (auto& [key, value] : configs)
      records.push_back(metadata::ConfigRecord{.scope = id, .key = key, .value = value});
    apply(std::move(records));
    if (leader != kSelf) return id;
    const metadata::TopicPtr topic = image->topic_ptr(id);
    on_core([&] {
      for (const auto& partition : topic->partitions)
        replicas->become_leader(image, topic, partition, directory->meta().directory);
    });
    for (std::int32_t i = 0; i < partitions; i++) {
      bool open = false;
      ENSURE(until([&] {
               on_core([&] { open = replicas->find({id, i}).has_value(); });
               return open;
             }),
             "a replica did not open");
    }
    return id;
  }

  security::RequestContext context(env::Duration within = std::chrono::seconds(20)) {
    return {.caller = caller, .deadline = environment().now() + within, .trace_id = 0};
  }
  static SharedBytes batch(std::int32_t records = 1, std::size_t value_bytes = 20,
                           Codec codec = Codec::none, ProducerStamp stamp = {}) {
    BatchBuilder builder;
    const std::string value(value_bytes, 'v');
    for (std::int32_t i = 0; i < records; i++) {
      NewRecord record;
      record.timestamp = 1;
      record.value = as_bytes(value);
      builder.append(record);
    }
    return builder.finish(codec, stamp).value();
  }
  static ProducePartition to(TopicId topic, std::int32_t partition, SharedBytes records) {
    ProducePartition produce;
    produce.topic.id = topic;
    produce.partition = partition;
    produce.records = std::move(records);
    return produce;
  }
  // All requests in one turn; waits for all answers.
  std::vector<ProduceResponse> produce(std::vector<ProduceRequest> requests) {
    std::vector<ProduceResponse> responses(requests.size());
    std::size_t answered = 0;
    on_core([&] {
      if (!turn) turn = std::make_unique<ProduceTurn>(use_cases->produce_turn());
      for (std::size_t i = 0; i < requests.size(); i++)
        turn->add(context(), std::move(requests[i]), [&, i](ProduceResponse response) {
          responses[i] = std::move(response);
          answered++;
        });
      turn->go();
    });
    ENSURE(until([&] { return answered == responses.size(); }), "no answer to a produce");
    return responses;
  }
  ProduceResult produce_one(ProducePartition partition, std::int16_t acks = -1) {
    ProduceRequest request;
    request.acks = acks;
    request.partitions.push_back(std::move(partition));
    std::vector<ProduceRequest> requests;
    requests.push_back(std::move(request));
    return produce(std::move(requests))[0][0];
  }
  FetchResponse fetch(FetchRequest request) {
    return world.run(core(), use_cases->fetch.handle(context(), std::move(request)));
  }
  static FetchPartition from(TopicId topic, std::int32_t partition, std::int64_t offset) {
    FetchPartition fetch;
    fetch.topic.id = topic;
    fetch.partition = partition;
    fetch.fetch_offset = Offset(offset);
    return fetch;
  }

  ScriptedController controller;
  Forbids authorizer;
  quota::ByteBudget produce_budget{1 << 20};
  quota::ByteBudget fetch_budget{1 << 20};
  ServiceMetrics metrics{environment()};
  bool lease_holds = true;
  int lease_looks = 0;
  std::unique_ptr<env::FileSystem> files;
  std::unique_ptr<log::LogDirectory> directory;
  std::unique_ptr<replication::ReplicaManager> replicas;
  std::unique_ptr<metadata::MetadataView> view;
  std::unique_ptr<Parts> parts;
  std::unique_ptr<UseCases> use_cases;
  std::unique_ptr<ProduceTurn> turn;
  std::shared_ptr<const security::Caller> caller;
  metadata::ImagePtr image = std::make_shared<const metadata::Image>();

 private:
  std::uint8_t last_topic_ = 10;
};

}  // namespace ropewalk::service
