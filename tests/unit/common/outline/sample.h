// A command line with one of everything.
#pragma once

#include "common/outline/outline.h"

namespace ropewalk::outline {

inline Command sample() {
  Command send{.name = "send", .help = "Sends it's lines. All of them."};
  send.options = {{.names = {"--file"},
                   .value = Value{.name = "FILE", .takes = Takes::file},
                   .help = "Read [this]: it"},
                  {.names = {"--codec"},
                   .value = Value{.name = "WORD", .words = {"none", "lz4"}},
                   .help = "How",
                   .section = "Form"},
                  {.names = {"--safe"},
                   .value = Value{.name = "VALUE", .words = {"true", "false"}},
                   .value_may_miss = true,
                   .help = "Or not"},
                  {.names = {"--set"}, .value = Value{.name = "TEXT"}, .repeats = true}};
  send.positionals = {{.value = {.name = "TOPIC"}, .help = "Where to"},
                      {.value = {.name = "DIR", .takes = Takes::directory}, .many = true}};
  Command group{.name = "topic", .help = "Topics", .commands = {std::move(send)}};
  group.options = {{.names = {"--deep"}, .help = "For topic alone"}};
  Command program{.name = "rope-x", .help = "A program.", .options_reach_below = true};
  program.options = {{.names = {"-h", "--help"}, .help = "Help"},
                     {.names = {"--at"}, .value = Value{.name = "HOST:PORT"}, .help = "Where"}};
  program.commands = {std::move(group)};
  return program;
}

}  // namespace ropewalk::outline
