#include "broker/listeners/native/native_session.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "broker/listeners/native/apis.h"
#include "broker/listeners/native/common_messages.h"
#include "broker/listeners/native/produce_messages.h"
#include "broker/listeners/native/serve.h"
#include "ropewalk/v1/negotiate.pb.h"

namespace ropewalk::native {
namespace {

constexpr std::size_t kSoftwareBytesMax = 255;  // As negotiate.proto says.

Task<void> counted(std::shared_ptr<std::size_t> total, std::size_t bytes, Task<void> request) {
  *total += bytes;
  co_await std::move(request);
  *total -= bytes;
}

std::shared_ptr<const security::Caller> caller_of(const rpc::Accepted& accepted,
                                                  std::string client_id) {
  security::Caller caller;
  caller.listener = "native";
  caller.client_id = std::move(client_id);
  caller.peer = accepted.remote;
  caller.local = accepted.local;
  return std::make_shared<const security::Caller>(std::move(caller));
}

// Answers a produce; called once, perhaps after the connection has ended.
void answer_produce(const Call& call, const std::vector<ProducedPartition>& partitions,
                    bool wants_reply, const service::ProduceResponse& response) {
  const Error* const failed = first_error(response);
  if (wants_reply) return call.reply_in_part(write_produce(partitions, response), failed);
  call.clock.answered(failed);
  // There is no reply that could say it.
  const auto outbox = call.outbox.lock();
  if (failed && outbox) outbox->close_after_sending(*failed);
}

}  // namespace

NativeSession::NativeSession(Shared& shared, const rpc::Accepted& accepted)
    : shared_(shared),
      made_(shared.environment.now()),
      outbox_(accepted.outbox),
      conversation_(served_apis(), /*must_authenticate=*/false),
      caller_(caller_of(accepted, {})),
      turn_(shared.uses.produce_turn()),
      tasks_(std::make_shared<env::TaskGroup>(accepted.core)) {}

NativeSession::~NativeSession() = default;

void NativeSession::on_frames(std::span<const SharedBytes> frames) {
  for (const SharedBytes& frame : frames) {
    if (broken_) break;
    on_frame(frame);
  }
  turn_.go();
}

void NativeSession::on_broken(const Error& error) {
  Call call;
  call.outbox = outbox_;
  break_off(call, error);
}

void NativeSession::on_closed() { shared_.closing.wind_up(tasks_); }

void NativeSession::on_frame(const SharedBytes& frame) {
  auto request = wire::decode_request(frame);
  if (!request) return on_broken(request.error());
  Call call = call_for(request->header);
  const auto admitted = conversation_.admit(request->header);
  if (!admitted) return break_off(call, admitted.error());
  if (conversation_.client_id() != caller_->client_id) {
    security::Caller renamed = *caller_;
    renamed.client_id = conversation_.client_id();
    caller_ = std::make_shared<const security::Caller>(std::move(renamed));
  }
  call.context.caller = caller_;
  dispatch(std::move(*request), std::move(call));
}

void NativeSession::dispatch(wire::RequestFrame request, Call call) {
  const SharedBytes& body = request.body;
  switch (request.header.api_key()) {
    case v1::API_NEGOTIATE:
      return negotiate(body, call);
    case v1::API_PRODUCE:
      return produce(body, std::move(call));
    case v1::API_FETCH:
      return start<v1::FetchRequest>(body, std::move(call));
    case v1::API_LIST_OFFSETS:
      return start<v1::ListOffsetsRequest>(body, std::move(call));
    case v1::API_DELETE_RECORDS:
      return start<v1::DeleteRecordsRequest>(body, std::move(call));
    case v1::API_ELECT_LEADERS:
      return start<v1::ElectLeadersRequest>(body, std::move(call));
    case v1::API_ALTER_REASSIGNMENTS:
      return start<v1::AlterReassignmentsRequest>(body, std::move(call));
    case v1::API_LIST_REASSIGNMENTS:
      return start<v1::ListReassignmentsRequest>(body, std::move(call));
    case v1::API_DESCRIBE_REPLICAS:
      return start<v1::DescribeReplicasRequest>(body, std::move(call));
    case v1::API_PLAN_DRAIN:
      return start<v1::PlanDrainRequest>(body, std::move(call));
    case v1::API_UNREGISTER_BROKER:
      return start<v1::UnregisterBrokerRequest>(body, std::move(call));
    case v1::API_SET_DRAINED:
      return start<v1::SetDrainedRequest>(body, std::move(call));
    case v1::API_METADATA:
      return start<v1::MetadataRequest>(body, std::move(call));
    case v1::API_DESCRIBE_CLUSTER:
      return start<v1::DescribeClusterRequest>(body, std::move(call));
    case v1::API_CREATE_TOPIC:
      return start<v1::CreateTopicRequest>(body, std::move(call));
    case v1::API_DELETE_TOPIC:
      return start<v1::DeleteTopicRequest>(body, std::move(call));
    case v1::API_DESCRIBE_TOPICS:
      return start<v1::DescribeTopicsRequest>(body, std::move(call));
    case v1::API_SET_TOPIC_CONFIG:
      return start<v1::SetTopicConfigRequest>(body, std::move(call));
    case v1::API_INIT_PRODUCER_ID:
      return start<v1::InitProducerIdRequest>(body, std::move(call));
    case v1::API_DESCRIBE_VOTERS:
      return start<v1::DescribeVotersRequest>(body, std::move(call));
    case v1::API_CHANGE_VOTERS:
      return start<v1::ChangeVotersRequest>(body, std::move(call));
    case v1::API_DESCRIBE_FEATURES:
      return start<v1::DescribeFeaturesRequest>(body, std::move(call));
    case v1::API_UPDATE_FEATURE:
      return start<v1::UpdateFeatureRequest>(body, std::move(call));
    default:
      ENSURE(false, "api {} is offered but not served", request.header.api_key());
  }
}

Call NativeSession::call_for(const v1::RequestHeader& header) {
  Call call;
  call.outbox = outbox_;
  call.correlation_id = header.correlation_id();
  call.clock = telemetry::RequestClock(shared_.environment, shared_.metrics.of(header.api_key()));
  auto timeout = shared_.options.timeout;
  if (header.timeout_ms() > 0) {
    timeout = std::min(std::chrono::milliseconds(header.timeout_ms()), shared_.options.timeout_max);
  }
  call.context.deadline = call.clock.since() + timeout;
  call.least_metadata_offset = Offset(header.min_metadata_offset());
  return call;
}

void NativeSession::negotiate(const SharedBytes& body, const Call& call) {
  v1::NegotiateRequest message;
  if (const auto parsed = wire::parse(body.span(), message); !parsed) {
    return break_off(call, parsed.error());
  }
  if (message.software_name().size() > kSoftwareBytesMax ||
      message.software_version().size() > kSoftwareBytesMax) {
    return break_off(call, {Errc::invalid_request,
                            fmt::format("software_name and software_version of {} and {} bytes, at "
                                        "most {} are allowed",
                                        message.software_name().size(),
                                        message.software_version().size(), kSoftwareBytesMax)});
  }
  const auto cluster = shared_.uses.metadata.handle(call.context, {});
  const std::string cluster_id = shared_.uses.parts.cluster_id.to_bytes();
  if (!message.cluster_id().empty() && message.cluster_id() != cluster_id) {
    return break_off(
        call, {Errc::inconsistent_cluster_id,
               fmt::format("this broker belongs to cluster {}", shared_.uses.parts.cluster_id)});
  }
  v1::NegotiateResponse response;
  response.set_cluster_id(cluster_id);
  response.set_broker_id(shared_.uses.parts.self.value());
  response.set_software_name("ropewalk");
  response.set_software_version(shared_.options.software_version);
  response.set_feature_level(cluster.feature_level);
  for (const auto& api : served_apis()) {
    v1::ApiVersions& versions = *response.add_apis();
    versions.set_api_key(api.api_key);
    versions.set_min_version(api.min_version);
    versions.set_max_version(api.max_version);
  }
  response.set_max_frame_bytes(static_cast<std::int32_t>(shared_.options.frame_bytes_max));
  conversation_.negotiated();
  call.reply(response, cluster.metadata_offset);
}

void NativeSession::produce(const SharedBytes& body, Call call) {
  auto message = read_produce(body);
  if (!message && message.error().code == Errc::malformed_frame) {
    return break_off(call, message.error());
  }
  if (!message) return call.fail(message.error());
  if (message->timeout_ms > 0) {
    const std::chrono::milliseconds asked(message->timeout_ms);
    call.context.deadline = call.clock.since() + std::min(asked, shared_.options.timeout_max);
  }
  const bool wants_reply = message->request.acks != 0;
  ++*produces_;
  auto callback = [call, partitions = produced_partitions(message->request), wants_reply,
                   unanswered = produces_](service::ProduceResponse response) {
    --*unanswered;
    answer_produce(call, partitions, wants_reply, response);
  };
  turn_.add(call.context, std::move(message->request), std::move(callback));
}

template <class Message>
void NativeSession::start(const SharedBytes& body, Call call) {
  if (body.size() > shared_.options.plain_body_bytes_max) {
    return break_off(call, {Errc::frame_too_large,
                            fmt::format("a request without records of {} bytes, at most {} are "
                                        "allowed",
                                        body.size(), shared_.options.plain_body_bytes_max)});
  }
  Message message;
  if (const auto parsed = wire::parse(body.span(), message); !parsed) {
    return break_off(call, parsed.error());
  }
  if (tasks_->size() >= shared_.options.requests_max) {
    return call.fail(
        {Errc::budget_exceeded,
         fmt::format("{} requests of this connection are being served already", tasks_->size())});
  }
  if (*plain_bytes_ > 0 && *plain_bytes_ + body.size() > shared_.options.plain_bytes_max) {
    return call.fail(
        {Errc::budget_exceeded,
         fmt::format("requests of {} bytes on this connection are being served already",
                     *plain_bytes_)});
  }
  // One read brings thousands of requests, and the answer to each may be large.
  const auto outbox = outbox_.lock();
  if (outbox && outbox->held_bytes() >= shared_.options.held_bytes_max) {
    return call.fail({Errc::budget_exceeded,
                      fmt::format("{} bytes of answers were not taken yet on this connection",
                                  outbox->held_bytes())});
  }
  if (outbox && outbox->answers_are_full()) {
    return call.fail({Errc::budget_exceeded,
                      "clients have not taken as many bytes of answers as the broker holds for all "
                      "of them (answer_bytes_max)"});
  }
  tasks_->spawn("request", counted(plain_bytes_, body.size(),
                                   serve(shared_, std::move(call), std::move(message))));
}

void NativeSession::break_off(const Call& call, const Error& error) {
  broken_ = true;
  turn_.go();  // What came before is served; answers that are ready at once still leave.
  call.fail_and_close(error);
}

}  // namespace ropewalk::native
