#include "client/cli/record_text.h"

#include <boost/json.hpp>

#include "client/cli/base64.h"
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
