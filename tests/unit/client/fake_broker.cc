#include "tests/unit/client/fake_broker.h"

#include "common/records/record_reader.h"
#include "common/wire/assembler.h"
#include "common/wire/errors.h"
#include "common/wire/records_last.h"
#include "ropewalk/v1/cluster.pb.h"
#include "ropewalk/v1/fetch.pb.h"
#include "ropewalk/v1/metadata.pb.h"
#include "ropewalk/v1/negotiate.pb.h"
#include "ropewalk/v1/offsets.pb.h"
#include "ropewalk/v1/produce.pb.h"
#include "ropewalk/v1/producer_id.pb.h"
#include "ropewalk/v1/topics.pb.h"

namespace ropewalk::client {
namespace {

constexpr std::size_t kPageBytes = 64 << 10;

template <class Message>
Message body_of(const wire::RequestFrame& request) {
  Message message;
  EXPECT_TRUE(wire::parse(request.body.span(), message));
  return message;
}

v1::ResponseHeader header_of(const wire::RequestFrame& request) {
  v1::ResponseHeader header;
  header.set_correlation_id(request.header.correlation_id());
  return header;
}

SharedBytes failure(const wire::RequestFrame& request, Errc code) {
  v1::ResponseHeader header = header_of(request);
  *header.mutable_error() = wire::to_proto({code, "by the fake broker"});
  return wire::encode_frame(header);
}

}  // namespace

Result<std::int64_t> FakePartition::append(const SharedBytes& batch) {
  const BatchHeader header = BatchHeader::parse(batch.span()).value();
  EXPECT_TRUE(batch_crc_matches(batch.span()));
  if (header.has_producer()) {
    Producer& producer = producers_[header.producer_id.value()];
    if (header.producer_epoch.value() > producer.epoch)
      producer = {.epoch = header.producer_epoch.value(), .next_sequence = 0, .last_five = {}};
    for (const auto& [sequence, base] : producer.last_five) {
      if (sequence == header.base_sequence) return base;
    }
    if (header.base_sequence != producer.next_sequence)
      return fail(Errc::out_of_order_sequence_number, "expected {}", producer.next_sequence);
    producer.next_sequence += header.records_count;
    producer.last_five.emplace_back(header.base_sequence, end);
    if (producer.last_five.size() > 5) producer.last_five.pop_front();
  }
  std::vector<std::byte> stored(batch.span().begin(), batch.span().end());
  stamp_base_offset(stored, Offset(end));
  batches.emplace_back(std::move(stored));
  const std::int64_t base = end;
  end += header.records_count;
  appended.set();
  appended.reset();
  return base;
}

void FakePartition::copy(const FakePartition& from) {
  end = from.end;
  start = from.start;
  batches = from.batches;
  producers_ = from.producers_;
}

SharedBytes FakePartition::read(std::int64_t offset, std::size_t bytes_max) const {
  std::vector<std::byte> found;
  for (const SharedBytes& batch : batches) {
    if (BatchHeader::parse(batch.span())->next_offset().value() <= offset) continue;
    if (!found.empty() && found.size() + batch.size() > bytes_max) break;
    found.insert(found.end(), batch.span().begin(), batch.span().end());
  }
  return SharedBytes(std::move(found));
}

std::int64_t FakePartition::first_from(std::int64_t timestamp) const {
  for (const SharedBytes& batch : batches) {
    auto reader = RecordReader::open(batch.span(), 1 << 24);
    while (auto record = reader->next().value()) {
      if (record->timestamp >= timestamp) return record->offset.value();
    }
  }
  return -1;
}

std::vector<std::string> FakePartition::values() const {
  std::vector<std::string> values;
  for (const SharedBytes& batch : batches) {
    auto reader = RecordReader::open(batch.span(), 1 << 24).value();
    while (auto record = reader.next().value()) values.emplace_back(as_text(*record->value));
  }
  return values;
}

FakeBroker::FakeBroker(sim::Node& node)
    : node_(node),
      core_(node.environment().core(0)),
      random_(node.environment().random("fake broker")),
      tasks_(core_) {
  tasks_.spawn("accept", accept_loop(*this));
}

void FakeBroker::make_topic(const std::string& name, std::int32_t partitions) {
  Topic& topic = topics_[name];
  topic.id = TopicId(random_.uuid());
  while (static_cast<std::int32_t>(topic.partitions.size()) < partitions)
    topic.partitions.push_back(std::make_unique<FakePartition>(core_));
}

void FakeBroker::take_over_from(const FakeBroker& other) {
  fenced_ = other.node_.name();
  last_producer_id_ = other.last_producer_id_;
  for (const auto& [name, theirs] : other.topics_) {
    make_topic(name, static_cast<std::int32_t>(theirs.partitions.size()));
    topics_.at(name).id = theirs.id;
    for (std::size_t index = 0; index < theirs.partitions.size(); index++)
      topics_.at(name).partitions[index]->copy(*theirs.partitions[index]);
  }
}

FakePartition* FakeBroker::find(const std::string& topic_id, std::int32_t partition) {
  for (auto& [name, topic] : topics_) {
    if (topic.id.to_bytes() == topic_id && partition >= 0 &&
        static_cast<std::size_t>(partition) < topic.partitions.size())
      return topic.partitions[static_cast<std::size_t>(partition)].get();
  }
  return nullptr;
}

Task<void> FakeBroker::accept_loop(FakeBroker& self) {
  auto listener = co_await self.node_.environment().network().listen(
      {.host = self.node_.name(), .port = kPort}, {});
  ENSURE(listener, "the fake broker cannot listen: {}", listener.error());
  for (;;) {
    auto accepted = co_await (*listener)->accept(self.core_);
    if (!accepted) co_return;
    auto session = std::make_shared<Session>(std::move(*accepted), self.core_);
    self.tasks_.spawn("read", read_loop(self, session));
    self.tasks_.spawn("write", write_loop(session));
  }
}

Task<void> FakeBroker::read_loop(FakeBroker& self, SessionPtr session) {
  wire::FrameAssembler assembler(256 << 20);
  std::vector<SharedBytes> frames;
  for (;;) {
    auto readable = co_await session->connection->wait_readable();
    if (!readable) break;
    if (assembler.large_bytes() != 0) assembler.start_large();
    frames.clear();
    Result<std::size_t> read = 0;
    if (assembler.in_large()) {
      read = session->connection->try_read(assembler.large_space());
      if (read) assembler.large_filled(*read, frames);
    } else {
      auto page = std::make_shared_for_overwrite<std::byte[]>(kPageBytes);
      const MutableByteSpan whole(page.get(), kPageBytes);
      read = session->connection->try_read(assembler.page_space(whole));
      EXPECT_TRUE(assembler.page_filled(SharedBytes(page, whole), read.value_or(0), frames));
    }
    if ((!read && read.error().code != Errc::would_block) || (read && *read == 0)) break;
    for (const SharedBytes& frame : frames) {
      auto request = wire::decode_request(frame);
      EXPECT_TRUE(request);
      if (request) self.serve(session, *request);
    }
  }
  session->connection->close();
  session->to_write.set();
}

Task<void> FakeBroker::write_loop(SessionPtr session) {
  for (;;) {
    if (session->out.empty()) {
      session->to_write.reset();
      auto woken = co_await session->to_write.wait();
      if (!woken || session->out.empty()) co_return;
    }
    std::vector<env::Chunk> chunks(session->out.begin(), session->out.end());
    session->out.clear();
    auto written = co_await session->connection->write(chunks);
    if (!written) co_return;
  }
}

void FakeBroker::serve(const SessionPtr& session, const wire::RequestFrame& request) {
  requests++;
  switch (request.header.api_key()) {
    case v1::API_NEGOTIATE: {
      const std::string wanted = body_of<v1::NegotiateRequest>(request).cluster_id();
      if (!wanted.empty() && wanted != cluster_id) {
        v1::ResponseHeader header = header_of(request);
        *header.mutable_error() =
            wire::to_proto({Errc::inconsistent_cluster_id, "this broker belongs to cluster X"});
        header.set_closing(true);
        return session->reply(wire::encode_frame(header));
      }
      v1::NegotiateResponse response;
      response.set_cluster_id(cluster_id);
      for (const int api : {1, 10, 11, 20, 22, 23, 30, 31, 40, 41}) {
        v1::ApiVersions* versions = response.add_apis();
        versions->set_api_key(api);
        versions->set_min_version(1);
        versions->set_max_version(1);
      }
      response.set_max_frame_bytes(100 << 20);
      return session->reply(wire::encode_frame(header_of(request), response));
    }
    case v1::API_METADATA:
      return session->reply(metadata(request));
    case v1::API_DESCRIBE_CLUSTER: {
      v1::DescribeClusterResponse response;
      response.set_cluster_id(cluster_id);
      v1::BrokerMetadata* broker = response.add_brokers();
      broker->set_broker_id(1);
      broker->set_host(node_.name());
      broker->set_port(kPort);
      return session->reply(wire::encode_frame(header_of(request), response));
    }
    case v1::API_CREATE_TOPIC:
      return session->reply(create_topic(request));
    case v1::API_DESCRIBE_TOPICS:
      return session->reply(describe(request));
    case v1::API_SET_TOPIC_CONFIG:  // Knows no topic.
      return session->reply(failure(request, Errc::unknown_topic_or_partition));
    case v1::API_INIT_PRODUCER_ID: {
      const auto asked = body_of<v1::InitProducerIdRequest>(request);
      v1::InitProducerIdResponse response;
      response.set_producer_id(asked.has_producer_id() ? asked.producer_id() : ++last_producer_id_);
      response.set_producer_epoch(asked.has_producer_id() ? asked.producer_epoch() + 1 : 0);
      return session->reply(wire::encode_frame(header_of(request), response));
    }
    case v1::API_PRODUCE:
      return serve_produce(session, request);
    case v1::API_FETCH:
      tasks_.spawn("fetch", answer_fetch(*this, session, request));
      return;
    case v1::API_LIST_OFFSETS:
      return session->reply(list_offsets(request));
    default:
      return session->reply(failure(request, Errc::unknown_api));
  }
}

void FakeBroker::serve_produce(const SessionPtr& session, const wire::RequestFrame& request) {
  if (chance(lose_requests)) return session->connection->close();
  auto sliced = wire::slice_body<v1::ProduceRequest, v1::ProducePartition>(request.body, 100);
  ASSERT_TRUE(sliced);
  v1::ProduceResponse response;
  for (const auto& part : sliced->parts) {
    v1::ProducePartitionResult* result = response.add_partitions();
    result->set_topic_id(part.fields.topic_id());
    result->set_partition(part.fields.partition());
    FakePartition* log = find(part.fields.topic_id(), part.fields.partition());
    Result<std::int64_t> base = fail(Errc::unknown_topic_id, "");
    if (chance(refuse_produces)) {
      base = fail(Errc::not_leader_or_follower, "");
    } else if (log != nullptr) {
      base = log->append(part.records);
    }
    if (base) {
      result->set_base_offset(*base);
    } else {
      *result->mutable_error() = wire::to_proto(base.error());
    }
  }
  if (chance(lose_answers)) return session->connection->close();
  if (sliced->fields.acks() != v1::ACKS_NONE)
    session->reply(wire::encode_frame(header_of(request), response));
}

Task<void> FakeBroker::answer_fetch(FakeBroker& self, SessionPtr session,
                                    wire::RequestFrame request) {
  const auto asked = body_of<v1::FetchRequest>(request);
  const env::MonotonicTime deadline =
      self.node_.environment().now() + std::chrono::milliseconds(asked.max_wait_ms());
  for (;;) {
    v1::FetchResponse response;
    bool something = false;
    for (const v1::FetchPartition& partition : asked.partitions()) {
      v1::FetchedPartition* fetched = response.add_partitions();
      fetched->set_topic_id(partition.topic_id());
      fetched->set_partition(partition.partition());
      FakePartition* log = self.find(partition.topic_id(), partition.partition());
      if (log == nullptr) {
        *fetched->mutable_error() = wire::to_proto({Errc::unknown_topic_id, ""});
      } else if (partition.fetch_offset() > log->end || partition.fetch_offset() < log->start) {
        *fetched->mutable_error() = wire::to_proto({Errc::offset_out_of_range, ""});
      } else {
        fetched->set_records(std::string(
            log->read(partition.fetch_offset(), static_cast<std::size_t>(partition.max_bytes()))
                .text()));
        fetched->set_high_watermark(log->end);
      }
      something = something || fetched->has_error() || !fetched->records().empty();
    }
    if (something || self.node_.environment().now() >= deadline) {
      session->reply(wire::encode_frame(header_of(request), response));
      co_return;
    }
    // Woken by the first partition, which is the only one that tests wait for.
    FakePartition* log = self.find(asked.partitions(0).topic_id(), asked.partitions(0).partition());
    auto woken = co_await log->appended.wait_until(deadline);
    if (!woken && woken.error().code != Errc::request_timed_out) co_return;
  }
}

SharedBytes FakeBroker::metadata(const wire::RequestFrame& request) {
  const auto asked = body_of<v1::MetadataRequest>(request);
  v1::MetadataResponse response;
  response.set_cluster_id(std::string(16, 'c'));
  response.set_controller_id(1);
  v1::BrokerMetadata* broker = response.add_brokers();
  const int own_id = fenced_.empty() ? 1 : 2;
  broker->set_broker_id(own_id);
  broker->set_host(node_.name());
  broker->set_port(kPort);
  if (!fenced_.empty()) {
    v1::BrokerMetadata* gone = response.add_brokers();
    gone->set_broker_id(1);
    gone->set_host(fenced_);
    gone->set_port(kPort);
    gone->set_fenced(true);
  }
  for (const std::string& name : asked.topic_names()) {
    v1::TopicMetadata* topic = response.add_topics();
    topic->set_name(name);
    const auto known = topics_.find(name);
    if (known == topics_.end()) {
      *topic->mutable_error() = wire::to_proto({of_missing_topics, ""});
      continue;
    }
    topic->set_topic_id(known->second.id.to_bytes());
    for (std::size_t index = 0; index < known->second.partitions.size(); index++) {
      v1::PartitionMetadata* partition = topic->add_partitions();
      partition->set_partition(static_cast<std::int32_t>(index));
      partition->set_leader_id(own_id);
      partition->set_leader_epoch(own_id);
    }
  }
  return wire::encode_frame(header_of(request), response);
}

SharedBytes FakeBroker::create_topic(const wire::RequestFrame& request) {
  const auto asked = body_of<v1::CreateTopicRequest>(request);
  if (topics_.contains(asked.name())) return failure(request, Errc::topic_already_exists);
  make_topic(asked.name(), asked.partitions());
  v1::CreateTopicResponse response;
  response.set_topic_id(topics_.at(asked.name()).id.to_bytes());
  response.set_partitions(asked.partitions());
  response.set_replication_factor(1);
  return wire::encode_frame(header_of(request), response);
}

SharedBytes FakeBroker::describe(const wire::RequestFrame& request) {
  v1::DescribeTopicsResponse response;
  for (const auto& [name, topic] : topics_) {
    v1::TopicDescription* said = response.add_topics();
    said->set_name(name);
    said->set_topic_id(topic.id.to_bytes());
    said->set_replication_factor(1);
  }
  return wire::encode_frame(header_of(request), response);
}

SharedBytes FakeBroker::list_offsets(const wire::RequestFrame& request) {
  const auto asked = body_of<v1::ListOffsetsRequest>(request);
  v1::ListOffsetsResponse response;
  for (const v1::ListOffsetsPartition& partition : asked.partitions()) {
    v1::ListedOffset* listed = response.add_partitions();
    listed->set_topic_id(partition.topic_id());
    listed->set_partition(partition.partition());
    listed->set_timestamp_ms(-1);
    FakePartition* log = find(partition.topic_id(), partition.partition());
    if (log == nullptr) {
      *listed->mutable_error() = wire::to_proto({Errc::unknown_topic_id, ""});
    } else {
      listed->set_offset(partition.query() == v1::OFFSET_EARLIEST ? log->start : log->end);
      if (partition.query() == v1::OFFSET_BY_TIMESTAMP)
        listed->set_offset(log->first_from(partition.timestamp_ms()));
    }
  }
  return wire::encode_frame(header_of(request), response);
}

}  // namespace ropewalk::client
