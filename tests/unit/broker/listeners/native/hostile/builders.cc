#include "common/wire/frame.h"
#include "common/wire/varint.h"
#include "tests/unit/broker/listeners/native/hostile/hostile.h"
#include "tests/unit/broker/rpc/raw_peer.h"

namespace ropewalk::native {

std::string varint(std::uint64_t value) {
  std::string text(wire::varint_size(value), '\0');
  wire::write_varint(reinterpret_cast<std::byte*>(text.data()), value);
  return text;
}

std::string raw_field(std::uint32_t number, unsigned wire_type, std::string_view rest) {
  return varint((std::uint64_t{number} << 3) | wire_type) + std::string(rest);
}
std::string bytes_field(std::uint32_t number, std::string_view value) {
  return raw_field(number, 2, varint(value.size()) + std::string(value));
}
std::string varint_field(std::uint32_t number, std::uint64_t value) {
  return raw_field(number, 0, varint(value));
}

v1::RequestHeader header_for(std::int32_t api) {
  v1::RequestHeader header;
  header.set_api_key(api);
  header.set_api_version(1);
  header.set_correlation_id(kCorrelation);
  header.set_timeout_ms(2000);
  return header;
}

std::string raw_frame(std::string_view header, std::string_view body) {
  return rpc::framed(varint(header.size()) + std::string(header) + std::string(body));
}
std::string raw_request(std::int32_t api, std::string_view body) {
  return raw_frame(header_for(api).SerializeAsString(), body);
}
std::string request(std::int32_t api, const google::protobuf::MessageLite& body) {
  return raw_request(api, body.SerializeAsString());
}

std::string produce_of(const HostileWorld& world, std::string_view records) {
  const std::string id = world.topic.to_bytes();
  return bytes_field(1000, bytes_field(1, id) + bytes_field(1000, records)) +
         bytes_field(1000,
                     bytes_field(1, id) + varint_field(2, 1) + bytes_field(1000, good_batch()));
}

HostileTable hostile_batches(const HostileWorld& world) {
  HostileTable table;
  for (support::HostileBatch& batch : support::hostile_batches())
    table.push_back({.name = std::move(batch.name),
                     .sent = raw_request(v1::API_PRODUCE, produce_of(world, batch.records)),
                     .item = batch.error,
                     .api = v1::API_PRODUCE});
  return table;
}

}  // namespace ropewalk::native
