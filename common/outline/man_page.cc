#include "common/outline/man_page.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace ropewalk::outline {
namespace {

// Text as it is: what roff would take for its own is escaped. A dash stays one that can be copied.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '"':
        out += "\\(dq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// A line of its own. A point at its beginning would make it a request.
std::string line(std::string_view text) {
  return fmt::format("{}{}\n", text.starts_with('.') ? "\\&" : "", plain(text));
}

void append_text(std::string& out, std::string_view text) {
  bool is_first = true;
  bool begins_paragraph = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty()) {
      begins_paragraph = true;
      continue;
    }
    if (!is_first) out += begins_paragraph ? ".PP\n" : ".br\n";
    out += line(one);
    is_first = begins_paragraph = false;
  }
}

void append_section(std::string& out, const Section& section, std::string_view request) {
  out += fmt::format("{} \"{}\"\n", request, plain(section.title));
  append_text(out, section.text);
  for (const Entry& entry : section.entries) {
    out += fmt::format(".TP\n.B \"{}\"\n", plain(entry.tag));
    append_text(out, entry.text);
  }
  for (const Section& below : section.sections) append_section(out, below, ".SS");
}

std::string tag_of(const Option& option) {
  std::string tag = fmt::format("{}", fmt::join(option.names, ", "));
  if (!option.value) return tag;
  if (option.value_may_miss) return fmt::format("{}[={}]", tag, option.value->name);
  return fmt::format("{} {}", tag, option.value->name);
}

// Its own options, by their headings in the order of the first of each.
std::vector<Section> option_sections(const Command& command) {
  std::vector<Section> sections;
  for (const Option& option : command.options) {
    auto at = std::ranges::find(sections, option.section, &Section::title);
    if (at == sections.end()) at = sections.insert(at, Section{option.section});
    at->entries.push_back({tag_of(option), option.help});
  }
  return sections;
}

bool is_help(const Option& option) {
  return std::ranges::find(option.names, "--help") != option.names.end();
}

Section section_of(const Place& place) {
  Section section{fmt::format("{} {}", place.path, usage(*place.command)), place.command->help};
  for (const Positional& positional : place.command->positionals)
    if (!positional.help.empty())
      section.entries.push_back(
          {positional.value.name + (positional.many ? "..." : ""), positional.help});
  for (const Option& option : place.command->options)
    if (!is_help(option)) section.entries.push_back({tag_of(option), option.help});
  return section;
}

}  // namespace

std::string roff(const ManPage& page) {
  std::string title = page.name;
  std::ranges::transform(title, title.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  std::string out = fmt::format(".TH \"{}\" \"{}\" \"\" \"{}\" \"Ropewalk\"\n", plain(title),
                                page.volume, plain(page.version));
  out += ".nh\n.ad l\n";  // Names of options are not taken apart.
  out += fmt::format(".SH \"NAME\"\n{} \\- {}\n", plain(page.name), plain(page.brief));
  if (!page.synopsis.empty()) append_section(out, {"SYNOPSIS", page.synopsis}, ".SH");
  for (const Section& section : page.sections) append_section(out, section, ".SH");
  return out;
}

std::vector<Section> sections_of(const Command& program) {
  std::vector<Section> all;
  Section options{"OPTIONS"};
  for (Section& section : option_sections(program)) {
    if (section.title.empty())
      options.entries = std::move(section.entries);
    else
      options.sections.push_back(std::move(section));
  }
  Section commands{"COMMANDS"};
  for (const Place& place : places(program))
    if (place.command != &program && place.command->commands.empty())
      commands.sections.push_back(section_of(place));
  if (!commands.sections.empty()) all.push_back(std::move(commands));
  if (!options.entries.empty() || !options.sections.empty()) all.push_back(std::move(options));
  return all;
}

std::string synopsis_of(const Command& program) {
  std::string lines;
  for (const Place& place : places(program)) {
    if (!place.command->commands.empty() && place.command != &program) continue;
    lines += fmt::format("{} {}\n", place.path, usage(*place.command));
  }
  return lines;
}

}  // namespace ropewalk::outline
