// Creating, deleting, describing and setting topics, and producer ids, between messages and the
// service's structs. Pure.
#pragma once

#include <string>
#include <vector>

#include "broker/listeners/native/common_messages.h"
#include "broker/service/create_topic.h"
#include "broker/service/describe_topics.h"
#include "broker/service/init_producer.h"
#include "broker/service/set_topic_config.h"
#include "common/error.h"
#include "ropewalk/v1/metadata.pb.h"
#include "ropewalk/v1/producer_id.pb.h"
#include "ropewalk/v1/topics.pb.h"

namespace ropewalk::native {

// One topic, by name or id but not both. Errors: invalid_request.
Result<service::TopicRef> read_topic(const std::string& name, const std::string& id);

// The topics that a Metadata or DescribeTopics asks for: names, then ids. Errors: invalid_request
// (also for a list beside all_topics).
Result<std::vector<service::TopicRef>> read_topics(const v1::MetadataRequest& message);
Result<service::DescribeTopicsRequest> read_describe_topics(
    const v1::DescribeTopicsRequest& message);
v1::DescribeTopicsResponse write_describe_topics(const service::DescribeTopicsResponse& response);

service::CreateTopicRequest read_create_topic(const v1::CreateTopicRequest& message);
v1::CreateTopicResponse write_create_topic(const service::CreateTopicResponse& response);

// Errors: invalid_request.
Result<service::SetTopicConfigRequest> read_set_topic_config(
    const v1::SetTopicConfigRequest& message);

// Errors: invalid_request (an id without its epoch or the other way round, or out of range).
Result<service::InitProducerRequest> read_init_producer(const v1::InitProducerIdRequest& message);

}  // namespace ropewalk::native
