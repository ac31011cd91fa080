// All use cases of a broker: what listeners are built on.
//
// Made and owned by the composition root; used on any data core. `parts` must outlive it.
#pragma once

#include "broker/service/alter_configs.h"
#include "broker/service/alter_reassignments.h"
#include "broker/service/await_metadata.h"
#include "broker/service/cluster_status.h"
#include "broker/service/create_missing.h"
#include "broker/service/create_partitions.h"
#include "broker/service/create_topic.h"
#include "broker/service/delete_records.h"
#include "broker/service/delete_topic.h"
#include "broker/service/describe_configs.h"
#include "broker/service/describe_log_dirs.h"
#include "broker/service/describe_replicas.h"
#include "broker/service/describe_topics.h"
#include "broker/service/elect_leaders.h"
#include "broker/service/epoch_end.h"
#include "broker/service/features.h"
#include "broker/service/fetch.h"
#include "broker/service/init_producer.h"
#include "broker/service/list_offsets.h"
#include "broker/service/list_reassignments.h"
#include "broker/service/metadata.h"
#include "broker/service/plan_drain.h"
#include "broker/service/produce.h"
#include "broker/service/producer_ids.h"
#include "broker/service/service.h"
#include "broker/service/set_drained.h"
#include "broker/service/set_topic_config.h"
#include "broker/service/unregister_broker.h"
#include "broker/service/voters.h"

namespace ropewalk::service {

struct UseCases {
  explicit UseCases(const Parts& with)
      : parts(with),
        producer_ids(parts),
        await_metadata(parts),
        metadata(parts),
        create_topic(parts),
        create_missing(parts, create_topic),
        create_partitions(parts),
        delete_topic(parts),
        describe_topics(parts),
        describe_configs(parts),
        alter_configs(parts),
        describe_log_dirs(parts),
        set_topic_config(parts),
        init_producer(parts, producer_ids),
        fetch(parts),
        list_offsets(parts),
        epoch_ends(parts),
        delete_records(parts),
        describe_cluster(parts),
        elect_leaders(parts),
        alter_reassignments(parts),
        list_reassignments(parts),
        describe_replicas(parts),
        plan_drain(parts),
        set_drained(parts),
        unregister_broker(parts),
        describe_voters(parts),
        change_voters(parts),
        describe_features(parts),
        update_feature(parts) {}
  UseCases(const UseCases&) = delete;
  UseCases& operator=(const UseCases&) = delete;

  // A connection makes one of these for itself and uses it again and again.
  ProduceTurn produce_turn() { return ProduceTurn(parts); }

  const Parts parts;
  ProducerIds producer_ids;
  AwaitMetadata await_metadata;
  Metadata metadata;
  CreateTopic create_topic;
  CreateMissing create_missing;
  CreatePartitions create_partitions;
  DeleteTopic delete_topic;
  DescribeTopics describe_topics;
  DescribeConfigs describe_configs;
  AlterConfigs alter_configs;
  DescribeLogDirs describe_log_dirs;
  SetTopicConfig set_topic_config;
  InitProducer init_producer;
  Fetch fetch;
  ListOffsets list_offsets;
  EpochEnds epoch_ends;
  DeleteRecords delete_records;
  DescribeCluster describe_cluster;
  ElectLeaders elect_leaders;
  AlterReassignments alter_reassignments;
  ListReassignments list_reassignments;
  DescribeReplicas describe_replicas;
  PlanDrain plan_drain;
  SetDrained set_drained;
  UnregisterBroker unregister_broker;
  DescribeVoters describe_voters;
  ChangeVoters change_voters;
  DescribeFeatures describe_features;
  UpdateFeature update_feature;
};

}  // namespace ropewalk::service
