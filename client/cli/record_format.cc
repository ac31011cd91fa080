#include "client/cli/record_format.h"

#include "client/cli/escapes.h"

namespace ropewalk::cli {
namespace {

constexpr std::string_view kDirectives = "tpoTkKsSh";
constexpr std::string_view kDirectivesWithMeanings =
    "%t topic, %p partition, %o offset, %T timestamp in milliseconds, %k key, %K its length, "
    "%s value, %S its length, %h headers, %% a percent sign";

// "a=1,b=,c": c has no value.
void append_headers(std::string& out, const std::vector<HeaderView>& headers) {
  for (std::size_t i = 0; i < headers.size(); i++) {
    if (i > 0) out += ',';
    out += headers[i].key;
    if (!headers[i].value) continue;
    out += '=';
    out += *headers[i].value;
  }
}

void append_number(std::string& out, std::int64_t number) {
  fmt::format_to(std::back_inserter(out), "{}", number);
}

std::int64_t length_of(const std::optional<std::string_view>& bytes) {
  return bytes ? static_cast<std::int64_t>(bytes->size()) : -1;
}

void append_directive(std::string& out, char directive, const ConsumedRecord& record) {
  switch (directive) {
    case 't':
      out += record.topic;
      return;
    case 'p':
      return append_number(out, record.partition);
    case 'o':
      return append_number(out, record.offset);
    case 'T':
      return append_number(out, record.timestamp.time_since_epoch().count());
    case 'k':
      out += record.key.value_or("");
      return;
    case 'K':
      return append_number(out, length_of(record.key));
    case 's':
      out += record.value.value_or("");
      return;
    case 'S':
      return append_number(out, length_of(record.value));
    default:
      return append_headers(out, record.headers);
  }
}

}  // namespace

Result<RecordFormat> RecordFormat::parse(std::string_view text) {
  RecordFormat format;
  const auto add = [&](char c) {
    if (format.pieces_.empty() || format.pieces_.back().directive != 0)
      format.pieces_.emplace_back();
    format.pieces_.back().text += c;
  };
  while (!text.empty()) {
    if (text.front() == '\\') {
      TRY(const char meant, take_escape(text));
      add(meant);
      continue;
    }
    const bool directive = text.front() == '%';
    if (!directive) add(text.front());
    text.remove_prefix(1);
    if (!directive) continue;
    if (text.starts_with('%')) {
      add('%');
    } else if (!text.empty() && kDirectives.contains(text.front())) {
      format.pieces_.push_back({text.front(), ""});
    } else {
      return fail(Errc::invalid_request, "'%{}' is no directive; there are {}", text.substr(0, 1),
                  kDirectivesWithMeanings);
    }
    text.remove_prefix(1);
  }
  return format;
}

void RecordFormat::append(std::string& out, const ConsumedRecord& record) const {
  for (const Piece& piece : pieces_)
    piece.directive == 0 ? static_cast<void>(out += piece.text)
                         : append_directive(out, piece.directive, record);
}

}  // namespace ropewalk::cli
