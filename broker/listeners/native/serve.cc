#include "broker/listeners/native/serve.h"

#include <utility>

#include "broker/listeners/native/caught_up.h"
#include "broker/listeners/native/common_messages.h"
#include "broker/listeners/native/fetch_messages.h"
#include "broker/listeners/native/metadata_messages.h"
#include "broker/listeners/native/topic_messages.h"
#include "broker/listeners/native/voter_messages.h"

namespace ropewalk::native {

Task<void> serve(Shared& shared, Call call, v1::MetadataRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  const auto request = read_metadata(message);
  if (failed(call, request)) co_return;
  const auto response = shared.uses.metadata.handle(call.context, *request);
  if (failed(call, response.error)) co_return;
  call.reply(write_metadata(response), response.metadata_offset);
}

Task<void> serve(Shared& shared, Call call, v1::DescribeClusterRequest) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  const auto status = shared.uses.describe_cluster.handle(call.context);
  if (failed(call, status.error)) co_return;
  call.reply(write_cluster(status), status.metadata_offset);
}

Task<void> serve(Shared& shared, Call call, v1::CreateTopicRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  auto request = read_create_topic(message);
  const auto response = co_await shared.uses.create_topic.handle(call.context, std::move(request),
                                                                 message.validate_only());
  if (failed(call, response)) co_return;
  call.reply(write_create_topic(*response), response->metadata_offset);
}

Task<void> serve(Shared& shared, Call call, v1::DeleteTopicRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  auto topic = read_topic(message.name(), message.topic_id());
  if (failed(call, topic)) co_return;
  const auto response = co_await shared.uses.delete_topic.handle(call.context, std::move(*topic));
  if (failed(call, response)) co_return;
  v1::DeleteTopicResponse reply;
  reply.set_topic_id(response->id.to_bytes());
  call.reply(reply, response->metadata_offset);
}

Task<void> serve(Shared& shared, Call call, v1::DescribeTopicsRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  const auto request = read_describe_topics(message);
  if (failed(call, request)) co_return;
  const auto response = shared.uses.describe_topics.handle(call.context, *request);
  if (failed(call, response.error)) co_return;
  call.reply(write_describe_topics(response), response.metadata_offset);
}

Task<void> serve(Shared& shared, Call call, v1::SetTopicConfigRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  auto request = read_set_topic_config(message);
  if (failed(call, request)) co_return;
  const auto response =
      co_await shared.uses.set_topic_config.handle(call.context, std::move(*request));
  if (failed(call, response)) co_return;
  call.reply(v1::SetTopicConfigResponse(), response->metadata_offset);
}

Task<void> serve(Shared& shared, Call call, v1::InitProducerIdRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  auto request = read_init_producer(message);
  if (failed(call, request)) co_return;
  const auto response =
      co_await shared.uses.init_producer.handle(call.context, std::move(*request));
  if (failed(call, response)) co_return;
  v1::InitProducerIdResponse reply;
  reply.set_producer_id(response->producer.value());
  reply.set_producer_epoch(response->epoch.value());
  call.reply(reply);
}

Task<void> serve(Shared& shared, Call call, v1::FetchRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  auto request = read_fetch(message);
  if (failed(call, request)) co_return;
  // The wait that the client asks for is no part of the time that serving may take.
  call.context.deadline += request->wait_max;
  auto response = co_await shared.uses.fetch.handle(call.context, std::move(*request));
  if (failed(call, response.error)) co_return;
  call.clock.answered(first_error(response.partitions));
  const auto outbox = call.outbox.lock();
  if (outbox) outbox->send(write_fetch(call.header(), std::move(response)));
}

Task<void> serve(Shared& shared, Call call, v1::ListOffsetsRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  auto request = read_list_offsets(message);
  if (failed(call, request)) co_return;
  const auto offsets = co_await shared.uses.list_offsets.handle(call.context, std::move(*request));
  call.reply_in_part(write_list_offsets(message, offsets), first_error(offsets));
}

Task<void> serve(Shared& shared, Call call, v1::DeleteRecordsRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  auto request = read_delete_records(message);
  if (failed(call, request)) co_return;
  const auto deleted =
      co_await shared.uses.delete_records.handle(call.context, std::move(*request));
  call.reply_in_part(write_delete_records(message, deleted), first_error(deleted));
}

Task<void> serve(Shared& shared, Call call, v1::DescribeVotersRequest) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  const auto response = co_await shared.uses.describe_voters.handle(call.context);
  if (failed(call, response)) co_return;
  v1::DescribeVotersResponse reply;
  *reply.mutable_quorum() = write_quorum(*response);
  call.reply(reply, response->metadata_offset);
}

Task<void> serve(Shared& shared, Call call, v1::ChangeVotersRequest message) {
  const bool go_on = co_await caught_up(shared, call);
  if (!go_on) co_return;
  auto change = read_change_voters(message);
  if (failed(call, change)) co_return;
  const auto response = co_await shared.uses.change_voters.handle(call.context, *change);
  if (failed(call, response)) co_return;
  v1::ChangeVotersResponse reply;
  *reply.mutable_quorum() = write_quorum(*response);
  call.reply(reply, response->metadata_offset);
}

}  // namespace ropewalk::native
