#include "common/settings/annotated.h"

namespace ropewalk::settings {
namespace {

// Comment lines of at most 100 columns; line breaks in the text stay.
void append_comment(std::string& out, std::string_view text) {
  constexpr std::size_t kColumns = 100;
  std::string line = "#";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    const std::string_view word = text.substr(0, end);
    const bool breaks = end < text.size() && text[end] == '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.size() + 1 + word.size() > kColumns) {
      out += line + "\n";
      line = "#";
    }
    if (!word.empty()) line += fmt::format(" {}", word);
    if (breaks) {
      out += line + "\n";
      line = "#";
    }
  }
  out += line + "\n";
}

}  // namespace

std::string annotated_file(const Schema& schema, std::string_view preamble) {
  std::string out;
  append_comment(out, preamble);
  std::string section;
  for (const Definition& definition : schema.definitions()) {
    if (definition.section != section) {
      section = definition.section;
      out += fmt::format("\n## {}\n", section);
    }
    out += "\n";
    append_comment(out, definition.help);
    append_comment(out, fmt::format("Accepts {}. {}", definition.accepts,
                                    definition.initial.empty() ? "No default." : "Default:"));
    out += fmt::format("#{} ={}{}\n", definition.key, definition.initial.empty() ? "" : " ",
                       definition.initial);
  }
  return out;
}

}  // namespace ropewalk::settings
