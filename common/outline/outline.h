// What may stand on a program's command line, for what is generated from it.
//
// Values, made by whoever defines the command line (client/cli, broker/tools).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::outline {

enum class Takes : std::uint8_t { text, file, directory, path };  // path: one or the other.

struct Value {
  std::string name = {};  // As usage shows it: "FILE", "HOST:PORT".
  Takes takes = Takes::text;
  std::vector<std::string> words = {};  // What it may be, as far as that can be listed.
};

struct Option {
  std::vector<std::string> names = {};  // With their dashes.
  std::optional<Value> value = {};      // Missing: a switch.
  bool value_may_miss = false;
  bool repeats = false;
  std::string help = {};
  std::string section = {};  // Its heading in the manual; may be empty.
};

struct Positional {
  Value value = {};
  bool many = false;  // The last one only.
  std::string help = {};
};

struct Command {
  std::string name = {};
  std::string help = {};
  std::vector<Option> options = {};
  bool options_reach_below = false;  // They may also stand behind the commands below.
  std::vector<Positional> positionals = {};
  std::vector<Command> commands = {};  // Those below; hidden ones are left out.
  bool runs_alone = false;             // Without one of those below too.
};

// A command with its way down to it. Borrows from the outline.
struct Place {
  std::string path;  // "ropewalk topic create"
  const Command* command = nullptr;
  std::vector<const Option*> options;  // Its own, then those that reach it from above.
};

// The command and all below it, each before those below.
std::vector<Place> places(const Command& program);

// Its first sentence without the full stop: what a line of a menu has room for.
std::string_view brief(std::string_view help);

// Its letters and digits, and _ for all else: the name of a shell function.
std::string function_name(std::string_view text);

// "[OPTIONS] NAME...", "[OPTIONS] COMMAND"; without COMMAND for one that runs alone.
std::string usage(const Command& command);

}  // namespace ropewalk::outline
