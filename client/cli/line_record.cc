#include "client/cli/line_record.h"

#include <ctime>

#include <boost/json.hpp>

#include "client/cli/json_record.h"

namespace ropewalk::cli {
namespace {

// Strings as they are, everything else as JSON writes it.
std::string plain(const boost::json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  return boost::json::serialize(value);
}

Result<const boost::json::value*> field(const boost::json::object& object,
                                        const std::string& name) {
  const boost::json::value* found = object.if_contains(name);
  if (found == nullptr) return fail(Errc::invalid_record, "there is no field '{}'", name);
  return found;
}

// Takes what the line says of key and time out of its JSON.
Result<void> read_fields(const Produce& how, std::string_view line, Record& record) {
  boost::json::error_code error;
  const boost::json::value parsed =
      boost::json::parse(boost::json::string_view(line.data(), line.size()), error);
  if (error) return fail(Errc::invalid_record, "no JSON: {}", error.message());
  const boost::json::object* object = parsed.if_object();
  if (object == nullptr) return fail(Errc::invalid_record, "no JSON object");
  if (!how.json_key.empty()) {
    TRY(const boost::json::value* key, field(*object, how.json_key));
    record.key = plain(*key);
  }
  if (!how.json_time.empty()) {
    TRY(const boost::json::value* time, field(*object, how.json_time));
    TRY(record.timestamp, parse_time(plain(*time), how.time_format));
  }
  return {};
}

Result<Record> record_of_text(const Produce& how, std::string_view line) {
  Record record;
  if (how.key_separator) {
    const std::size_t at = line.find(*how.key_separator);
    if (at == std::string_view::npos)
      return fail(Errc::invalid_record, "there is no '{}' behind a key", *how.key_separator);
    record.key = std::string(line.substr(0, at));
    line.remove_prefix(at + 1);
  }
  record.value = std::string(line);
  if (!how.json_key.empty() || !how.json_time.empty()) TRY_VOID(read_fields(how, line, record));
  if (how.null_marker) {
    if (record.key == how.null_marker) record.key.reset();
    if (record.value == how.null_marker) record.value.reset();
  }
  return record;
}

}  // namespace

Result<Timestamp> parse_time(const std::string& text, const std::string& format) {
  std::tm parts{};
  parts.tm_mday = 1;
  const char* end = strptime(text.c_str(), format.c_str(), &parts);
  if (end == nullptr || *end != '\0')
    return fail(Errc::invalid_timestamp, "'{}' is not written as '{}'", text, format);
  const long zone_seconds = parts.tm_gmtoff;  // timegm() takes it for its own.
  const int day = parts.tm_mday;
  const std::time_t seconds = timegm(&parts) - zone_seconds;
  if (parts.tm_mday != day)  // timegm() moves 30 February into March.
    return fail(Errc::invalid_timestamp, "'{}' names a day that its month does not have", text);
  return Timestamp(std::chrono::seconds(seconds));
}

Result<Record> record_of_line(const Produce& how, std::string_view line) {
  TRY(Record record,
      how.format == LineFormat::json ? record_of_json(line) : record_of_text(how, line));
  record.topic = how.topic;
  record.partition = how.partition;
  record.headers.insert(record.headers.end(), how.headers.begin(), how.headers.end());
  return record;
}

}  // namespace ropewalk::cli
