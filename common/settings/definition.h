// One setting: everything about it, said once.
//
// From a Definition come the flag (--data-dir), the environment variable (ROPEWALK_DATA_DIR), the
// key of the file (data_dir), the check of a value, the help text and the annotated example file. A
// Schema binds its definitions to the fields of a struct of settings; a field's initialiser is the
// default, so that code which builds the struct itself (tests, the simulation) has the same one.
// Pure; the struct must outlive the schema.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/settings/host_port.h"
#include "common/settings/setting_type.h"

namespace ropewalk::settings {

struct Definition {
  std::string key = {};      // snake_case.
  std::string section = {};  // Its heading in help and example.
  std::string help = {};     // A sentence or two for the operator.
  std::string accepts = {};  // "off or HOST:PORT", "bytes from 1KiB to 1GiB": what a message names.
  std::string unit = {};     // "bytes", "time"; empty for names and counts without one.
  std::string initial = {};  // The default as the file would say it; empty when there is none.
  bool is_switch = false;    // A flag that may stand without a value.
  std::vector<std::string> words = {};   // Values that a shell may offer.
  bool is_directory = false;             // So are the names of directories.
  SettingType type = SettingType::text;  // Bytes and times are texts: they have a unit.
  bool is_secret = false;                // Nobody is shown its value.
  // Checks and stores the value. Errors: invalid_setting, with what is wrong only (the caller
  // names key and source).
  std::function<Result<void>(std::string_view)> assign = {};

  std::string flag() const;         // "--data-dir"
  std::string environment() const;  // "ROPEWALK_DATA_DIR"
};

// An inclusive range.
struct Bounds {
  std::int64_t least;
  std::int64_t most;
};
struct TimeBounds {
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
};

// What all definitions of one kind have in common.
struct Naming {
  std::string key;
  std::string help;
};

class Schema {
 public:
  // The heading of what is added next.
  void section(std::string title) { section_ = std::move(title); }

  void count(std::int64_t& field, Naming naming, Bounds bounds);
  // "64MiB", "1GiB", "4096": KiB, MiB, GiB or TiB, or bytes.
  void bytes(std::int64_t& field, Naming naming, Bounds bounds);
  // "3s", "250ms", "2min", "1h", "7d".
  void time(std::chrono::milliseconds& field, Naming naming, TimeBounds bounds);
  void toggle(bool& field, Naming naming);  // true or false; the bare flag means true.
  void text(std::string& field, Naming naming, std::string accepts);
  // One of the words, by its place in the list.
  void choice(Naming naming, const std::vector<std::string>& words, std::size_t initial,
              std::function<void(std::size_t)> store);
  // `off` or HOST:PORT. With `built` false only `off` is accepted: that listener comes later.
  void listener(std::optional<HostPort>& field, Naming naming, bool built);
  // Anything else; `definition.section` is filled in.
  void add(Definition definition);

  const std::vector<Definition>& definitions() const { return definitions_; }
  const Definition* find(std::string_view key) const;
  std::vector<std::string_view> keys() const;

 private:
  std::string section_;
  std::vector<Definition> definitions_;
};

// How the file says a number of bytes or a time: the largest unit that divides it.
std::string show_bytes(std::int64_t bytes);
std::string show_time(std::chrono::milliseconds time);
// Errors: invalid_setting.
Result<std::int64_t> parse_bytes(std::string_view text);
Result<std::chrono::milliseconds> parse_time(std::string_view text);

// "a, b,c" as a, b, c; surrounding blanks are dropped, empty items too.
std::vector<std::string> split_list(std::string_view text);

}  // namespace ropewalk::settings
