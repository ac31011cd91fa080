#include "client/cli/record_text.h"

#include <boost/json.hpp>

#include "common/utf8.h"

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

json::string_view view_of(std::string_view text) { return {text.data(), text.size()}; }

void put_bytes(json::object& object, const std::string& name,
               const std::optional<std::string_view>& bytes) {
  if (!bytes) {
    object[name] = nullptr;
  } else if (is_utf8(*bytes)) {
    object[name] = view_of(*bytes);
  } else {
    object[name + "_base64"] = to_base64(*bytes);
  }
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t present = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; j++)
      group = (group << 8) | (j < present ? static_cast<unsigned char>(bytes[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; j++)
      out += j <= present ? kDigits[(group >> (18 - 6 * j)) & 63] : '=';
  }
  return out;
}

void append_text(std::string& out, const ConsumedRecord& record) {
  if (record.value) out += *record.value;
  out += '\n';
}

void append_json(std::string& out, const ConsumedRecord& record) {
  json::object object;
  object["topic"] = view_of(record.topic);
  object["partition"] = record.partition;
  object["offset"] = record.offset;
  object["timestamp"] = record.timestamp.time_since_epoch().count();
  put_bytes(object, "key", record.key);
  put_bytes(object, "value", record.value);
  json::array headers;
  for (const HeaderView& header : record.headers) {
    json::object entry;
    put_bytes(entry, "key", header.key);
    put_bytes(entry, "value", header.value);
    headers.push_back(std::move(entry));
  }
  object["headers"] = std::move(headers);
  out += json::serialize(object);
  out += '\n';
}

}  // namespace ropewalk::cli
