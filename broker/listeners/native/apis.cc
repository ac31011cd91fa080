#include "broker/listeners/native/apis.h"

namespace ropewalk::native {
namespace {

constexpr wire::ApiRange kServedApis[] = {
    {v1::API_NEGOTIATE, 1, 1},
    {v1::API_METADATA, 1, 1},
    {v1::API_DESCRIBE_CLUSTER, 1, 1},
    {v1::API_CREATE_TOPIC, 1, 1},
    {v1::API_DELETE_TOPIC, 1, 1},
    {v1::API_DESCRIBE_TOPICS, 1, 1},
    {v1::API_SET_TOPIC_CONFIG, 1, 1},
    {v1::API_INIT_PRODUCER_ID, 1, 1},
    {v1::API_PRODUCE, 1, 1},
    {v1::API_FETCH, 1, 1},
    {v1::API_LIST_OFFSETS, 1, 1},
    {v1::API_DELETE_RECORDS, 1, 1},
    {v1::API_ELECT_LEADERS, 1, 1},
    {v1::API_ALTER_REASSIGNMENTS, 1, 1},
    {v1::API_LIST_REASSIGNMENTS, 1, 1},
    {v1::API_DESCRIBE_REPLICAS, 1, 1},
    {v1::API_PLAN_DRAIN, 1, 1},
    {v1::API_UNREGISTER_BROKER, 1, 1},
    {v1::API_SET_DRAINED, 1, 1},
    {v1::API_DESCRIBE_VOTERS, 1, 1},
    {v1::API_CHANGE_VOTERS, 1, 1},
    {v1::API_DESCRIBE_FEATURES, 1, 1},
    {v1::API_UPDATE_FEATURE, 1, 1},
};

}  // namespace

std::span<const wire::ApiRange> served_apis() { return kServedApis; }

}  // namespace ropewalk::native
