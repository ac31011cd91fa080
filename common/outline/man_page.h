// A manual page, as roff for man(1), out of an outline or of sections.
#pragma once

#include <string>
#include <vector>

#include "common/outline/outline.h"

namespace ropewalk::outline {

// One line of a list, and what is said about it below.
struct Entry {
  std::string tag;
  std::string text;
};

struct Section {
  std::string title;
  std::string text = {};               // An empty line begins a paragraph.
  std::vector<Entry> entries = {};     // Below the text.
  std::vector<Section> sections = {};  // Below the entries; one level only.
};

struct ManPage {
  std::string name;           // "ropewalk"
  int volume = 1;             // 1: commands, 5: files, 8: daemons.
  std::string version = {};   // "ropewalk 0.1.0"
  std::string brief = {};     // What follows the name and a dash, in whatis(1) too.
  std::string synopsis = {};  // A line each.
  std::vector<Section> sections = {};
};

std::string roff(const ManPage& page);

// The options of the program and what there is below it, as sections: OPTIONS, COMMANDS.
std::vector<Section> sections_of(const Command& program);
// "ropewalk topic create [OPTIONS] NAME", a line for each command that does something.
std::string synopsis_of(const Command& program);

}  // namespace ropewalk::outline
