#include "common/outline/bash_completion.h"
#include "common/outline/zsh_completion.h"
#include "tests/unit/common/outline/sample.h"

namespace ropewalk::outline {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(BashCompletion, KnowsEachCommandsOptionsAndCommands) {
  const std::string script = bash_completion(sample(), "rope-x completion");
  EXPECT_THAT(script, StartsWith("# Completion of rope-x for bash, made by 'rope-x completion'."));
  EXPECT_THAT(script, HasSubstr("    'rope-x')\n      commands='topic'\n"
                                "      options='-h --help --at'\n      valued='--at' ;;\n"));
  // --safe may stand without a value: what follows it is no value of it.
  EXPECT_THAT(script, HasSubstr("    'rope-x topic send')\n      commands=''\n"
                                "      options='--file --codec --safe --set -h --help --at'\n"
                                "      valued='--file --codec --set --at' ;;\n"));
  EXPECT_THAT(script, HasSubstr("\ncomplete -F _rope_x rope-x\n"));
}

TEST(BashCompletion, KnowsWhatValuesMayBe) {
  const std::string script = bash_completion(sample(), "");
  EXPECT_THAT(script, HasSubstr("    'rope-x topic send --file') kind=file ;;\n"));
  EXPECT_THAT(script, HasSubstr("    'rope-x topic send --codec') words='none lz4' ;;\n"));
  EXPECT_THAT(script, HasSubstr("    'rope-x topic send '[0-9]*) kind=directory ;;\n"));
  EXPECT_THAT(script, Not(HasSubstr("--set')")));  // Anything.
}

TEST(BashCompletion, IsAScriptAlsoWithoutAnyValue) {
  const std::string script = bash_completion({.name = "x"}, "");
  EXPECT_THAT(script, HasSubstr("  case $1 in\n    *) ;;\n  esac"));
  EXPECT_THAT(script, Not(HasSubstr("NAME")));
  EXPECT_THAT(script, Not(HasSubstr("PROGRAM")));
}

TEST(ZshCompletion, DescribesOptionsAndQuotesTheirHelp) {
  const std::string script = zsh_completion(sample(), "rope-x completion");
  EXPECT_THAT(script, StartsWith("#compdef rope-x\n"));
  EXPECT_THAT(script, HasSubstr("'--file=[Read \\[this\\]: it]:FILE:_files'"));
  EXPECT_THAT(script, HasSubstr("'--codec=[How]:WORD:(none lz4)'"));
  EXPECT_THAT(script, HasSubstr("'--safe=-[Or not]::VALUE:(true false)'"));
  EXPECT_THAT(script, HasSubstr("'*--set=[]:TEXT: '"));
  EXPECT_THAT(script, HasSubstr("'(-h --help)-h[Help]'"));
  EXPECT_THAT(script, HasSubstr("'--at=[Where]:HOST\\:PORT: '"));
}

TEST(ZshCompletion, ChoosesAmongCommands) {
  const std::string script = zsh_completion(sample(), "");
  EXPECT_THAT(script, HasSubstr("        'send:Sends it'\\''s lines'\n"));
  EXPECT_THAT(script, HasSubstr("        send) _rope_x_topic_send && ret=0 ;;\n"));
  EXPECT_THAT(script, HasSubstr("\n_rope_x_topic_send() {\n  _arguments -s -S"));
  EXPECT_THAT(script, HasSubstr("'1:TOPIC: ' \\\n    '*:DIR:_files -/'\n"));
}

}  // namespace
}  // namespace ropewalk::outline
