#include "common/outline/bash_completion.h"

#include <string_view>

#include <fmt/format.h>

namespace ropewalk::outline {
namespace {

// What stays the same for every program, but for PROGRAM and NAME, its name as that of a function.
// Readline takes '=' and ':' for words of their own, so that the words are put together again
// first.
constexpr std::string_view kMachine = R"bash(
_NAME() {
  local path='PROGRAM' option= place=1 words= kind= commands= options= valued=
  local -a args=()
  local i n=-1 word glue= typed=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $word && -z ${word//[=:]/} && n -gt 0 ]]; then
      args[n]+=$word glue=yes
    elif [[ -n $glue && $word != -* ]]; then
      args[n]+=$word glue=
    else
      args[++n]=$word glue=
    fi
  done
  [[ -n ${typed//[=:]/} ]] || typed=

  _NAME_at "$path"
  for ((i = 1; i < n; i++)); do
    word=${args[i]}
    if [[ -n $option ]]; then
      option=
    elif [[ $word == -?*=* ]]; then
      :
    elif [[ $word == -?* ]]; then
      [[ " $valued " != *" $word "* ]] || option=$word
    elif [[ $place == 1 && " $commands " == *" $word "* ]]; then
      path+=" $word"
      _NAME_at "$path"
    else
      place=$((place + 1))
    fi
  done

  local whole=${args[n]} head=
  local part=$whole
  if [[ -z $option && $part == --*=* ]]; then
    option=${part%%=*} head=${part%%=*}= part=${part#*=}
  fi
  if [[ -n $option ]]; then
    _NAME_value "$path $option"
  elif [[ $part == -* ]]; then
    words=$options
  elif [[ -n $commands && $place == 1 ]]; then
    words=$commands
  else
    _NAME_value "$path $place"
  fi
  case $kind in
    file) mapfile -t COMPREPLY < <(compgen -f -- "$part") ;;
    directory) mapfile -t COMPREPLY < <(compgen -d -- "$part") ;;
    *) [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$part") ;;
  esac
  [[ -z $kind ]] || compopt -o filenames 2>/dev/null
  # Readline puts an answer in the place of its own word, which is what was typed last.
  local lead=${whole%"$typed"}
  for i in "${!COMPREPLY[@]}"; do
    word=$head${COMPREPLY[i]}
    COMPREPLY[i]=${word#"$lead"}
  done
}
)bash";

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

std::string words_of(const std::vector<std::string>& words) {
  return fmt::format("'{}'", fmt::join(words, " "));
}

void append_place(std::string& out, const Place& place) {
  std::vector<std::string> commands;
  std::vector<std::string> options;
  std::vector<std::string> valued;
  for (const Command& below : place.command->commands) commands.push_back(below.name);
  for (const Option* option : place.options) {
    for (const std::string& name : option->names) {
      options.push_back(name);
      if (option->value && !option->value_may_miss) valued.push_back(name);
    }
  }
  out += fmt::format("    '{}')\n      commands={}\n      options={}\n      valued={} ;;\n",
                     place.path, words_of(commands), words_of(options), words_of(valued));
}

// Nothing for a value that can be anything.
void append_value(std::string& out, const std::string& pattern, const Value& value) {
  std::string what;
  if (!value.words.empty()) what = "words=" + words_of(value.words);
  if (value.takes == Takes::file || value.takes == Takes::path) what = "kind=file";
  if (value.takes == Takes::directory) what = "kind=directory";
  if (!what.empty()) out += fmt::format("    {}) {} ;;\n", pattern, what);
}

void append_values(std::string& out, const Place& place) {
  for (const Option* option : place.options) {
    if (!option->value) continue;
    for (const std::string& name : option->names)
      append_value(out, fmt::format("'{} {}'", place.path, name), *option->value);
  }
  std::size_t number = 1;
  for (const Positional& positional : place.command->positionals) {
    // A later place is one of the last's, if that takes many.
    const std::string pattern = positional.many ? fmt::format("'{} '[0-9]*", place.path)
                                                : fmt::format("'{} {}'", place.path, number);
    append_value(out, pattern, positional.value);
    number++;
  }
}

}  // namespace

std::string bash_completion(const Command& program, const std::string& origin) {
  const std::string name = function_name(program.name);
  std::string out =
      fmt::format("# Completion of {} for bash, made by '{}'.\n", program.name, origin);
  out += fmt::format("\n# What may stand at the command $1.\n_{}_at() {{\n  case $1 in\n", name);
  const std::vector<Place> all = places(program);
  for (const Place& place : all) append_place(out, place);
  out += fmt::format(
      "  esac\n}}\n\n# What completes the value of \"COMMAND OPTION\", or of the positional in "
      "\"COMMAND NUMBER\".\n_{}_value() {{\n  case $1 in\n",
      name);
  std::string values;
  for (const Place& place : all) append_values(values, place);
  out += values.empty() ? "    *) ;;\n" : values;
  out += "  esac\n}\n";
  out += replaced(replaced(std::string(kMachine), "NAME", name), "PROGRAM", program.name);
  out += fmt::format("\ncomplete -F _{} {}\n", name, program.name);
  return out;
}

}  // namespace ropewalk::outline
