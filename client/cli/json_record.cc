#include "client/cli/json_record.h"

#include <algorithm>
#include <array>
#include <span>

#include <boost/json.hpp>

#include "client/cli/base64.h"
#include "common/nearest.h"

namespace ropewalk::cli {
namespace {

namespace json = boost::json;

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 9> kRecordFields = {
    "key",       "key_base64", "value",     "value_base64", "headers",
    "timestamp", "topic",      "partition", "offset"};
constexpr std::array<std::string_view, 4> kHeaderFields = {"key", "key_base64", "value",
                                                           "value_base64"};

// Nothing but fields of these names.
Result<const json::object*> object_with(const json::value& value, Names names) {
  const json::object* object = value.if_object();
  if (object == nullptr) return fail(Errc::invalid_record, "no JSON object");
  for (const auto& field : *object) {
    const std::string_view name(field.key().data(), field.key().size());
    if (std::ranges::find(names, name) == names.end())
      return fail(Errc::invalid_record, "field '{}' means nothing here (there are {}){}", name,
                  fmt::join(names, ", "), did_you_mean(name, names));
  }
  return object;
}

bool has_bytes(const json::object& object, const std::string& name) {
  return object.contains(name) || object.contains(name + "_base64");
}

// Under its name as text or null, or as base64.
Result<std::optional<std::string>> bytes_of(const json::object& object, const std::string& name) {
  const json::value* plain = object.if_contains(name);
  const json::value* encoded = object.if_contains(name + "_base64");
  if (plain != nullptr && encoded != nullptr)
    return fail(Errc::invalid_record, "'{0}' and '{0}_base64' are both there", name);
  if (encoded != nullptr) {
    if (!encoded->is_string()) return fail(Errc::invalid_record, "'{}_base64' is no string", name);
    auto bytes = from_base64({encoded->get_string().data(), encoded->get_string().size()});
    if (!bytes) return fail(Errc::invalid_record, "'{}_base64': {}", name, bytes.error().context);
    return std::optional(std::move(*bytes));
  }
  if (plain == nullptr)
    return fail(Errc::invalid_record, "there is neither '{0}' nor '{0}_base64'", name);
  if (plain->is_null()) return std::optional<std::string>();
  if (!plain->is_string())
    return fail(Errc::invalid_record, "'{}' is neither a string nor null", name);
  return std::optional(std::string(plain->get_string()));
}

Result<Header> header_of(const json::value& value) {
  TRY(const json::object* object, object_with(value, kHeaderFields));
  TRY(auto key, bytes_of(*object, "key"));
  if (!key) return fail(Errc::invalid_record, "'key' is null, which a header's must not be");
  TRY(auto bytes, bytes_of(*object, "value"));
  return Header{std::move(*key), std::move(bytes)};
}

Result<std::vector<Header>> headers_of(const json::value& value) {
  const json::array* array = value.if_array();
  if (array == nullptr) return fail(Errc::invalid_record, "'headers' is no array");
  std::vector<Header> headers;
  for (const json::value& one : *array) {
    auto header = header_of(one);
    if (!header) return within(fmt::format("header {}", headers.size() + 1), header.error());
    headers.push_back(std::move(*header));
  }
  return headers;
}

}  // namespace

Result<Record> record_of_json(std::string_view line) {
  json::error_code error;
  const json::value parsed = json::parse(json::string_view(line.data(), line.size()), error);
  if (error) return fail(Errc::invalid_record, "no JSON: {}", error.message());
  TRY(const json::object* object, object_with(parsed, kRecordFields));
  Record record;
  TRY(record.value, bytes_of(*object, "value"));
  if (has_bytes(*object, "key")) {
    TRY(record.key, bytes_of(*object, "key"));
  }
  if (const json::value* headers = object->if_contains("headers")) {
    TRY(record.headers, headers_of(*headers));
  }
  if (const json::value* timestamp = object->if_contains("timestamp")) {
    if (!timestamp->is_int64())
      return fail(Errc::invalid_record, "'timestamp' is no number of milliseconds");
    record.timestamp = Timestamp(std::chrono::milliseconds(timestamp->get_int64()));
  }
  return record;
}

}  // namespace ropewalk::cli
