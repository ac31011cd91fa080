// The bodies of codec.h's templates; for messages/*.cc only.
#pragma once

#include <utility>

#include "broker/listeners/kafka/codec/codec.h"
#include "broker/listeners/kafka/codec/reader.h"
#include "broker/listeners/kafka/codec/writer.h"

namespace ropewalk::kafka {

template <Message M>
Result<M> read_body(const SharedBytes& frame, std::size_t at, std::int16_t version) {
  if (!M::kApi.serves(version))
    return fail(Errc::unsupported_version, "{} version {}", M::kApi.name, version);
  Reader reader(frame, at, shape_of<M>(version));
  M message;
  reader.read(message);
  // Kafka does not look at what stands behind a request, and librdkafka (2.16) has three bytes
  // there when it asks for all topics: it reserves four for a compact count and writes one.
  TRY_VOID(M::kIsRequest ? reader.result() : reader.end());
  return message;
}

template <Message M>
Result<std::vector<env::Chunk>> write_frame(HeaderOf<M> header, std::int16_t version,
                                            const M& message) {
  ENSURE(M::kApi.serves(version), "{} version {}", M::kApi.name, version);
  Writer writer;
  if constexpr (M::kIsRequest) {
    header.api_key = M::kApi.key;
    header.api_version = version;
    writer.write(header, shape_of_request_header(M::kApi, version));
  } else {
    writer.write(header, shape_of_response_header(M::kApi, version));
  }
  writer.write(message, shape_of<M>(version));
  return std::move(writer).finish();
}

}  // namespace ropewalk::kafka

// Reading and writing of one message, compiled here.
#define RW_KAFKA_CODEC(M)                                                         \
  template Result<M> read_body<M>(const SharedBytes&, std::size_t, std::int16_t); \
  template Result<std::vector<env::Chunk>> write_frame<M>(HeaderOf<M>, std::int16_t, const M&)
