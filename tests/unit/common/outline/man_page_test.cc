#include "common/outline/man_page.h"

#include "tests/unit/common/outline/sample.h"

namespace ropewalk::outline {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ManPage, BeginsWithItsTitleAndName) {
  const std::string text = roff(
      {.name = "rope-x.conf", .volume = 5, .version = "rope-x 1.2", .brief = "settings of it"});
  EXPECT_THAT(text, StartsWith(".TH \"ROPE\\-X.CONF\" \"5\" \"\" \"rope\\-x 1.2\" \"Ropewalk\"\n"));
  EXPECT_THAT(text, HasSubstr(".SH \"NAME\"\nrope\\-x.conf \\- settings of it\n"));
  EXPECT_THAT(text, Not(HasSubstr("SYNOPSIS")));
}

// Else a value or a quoted escape of the help would be lost, or taken for a request.
TEST(ManPage, TextIsNoRequest) {
  const std::string text = roff(
      {.name = "x", .sections = {{"S", "'quoted' \\n and \"so\"\n.TH is text\n\nA `new` ~one^"}}});
  EXPECT_THAT(text, HasSubstr("\\(aqquoted\\(aq \\en and \\(dqso\\(dq\n"));
  EXPECT_THAT(text, HasSubstr(".br\n\\&.TH is text\n"));
  EXPECT_THAT(text, HasSubstr(".PP\nA \\(ganew\\(ga \\(tione\\(ha\n"));
}

TEST(ManPage, ListsCommandsThatDoSomethingWithTheirOptions) {
  const Command program = sample();
  const std::string text = roff({.name = "rope-x", .sections = sections_of(program)});
  EXPECT_THAT(text, HasSubstr(".SS \"rope\\-x topic send [OPTIONS] TOPIC DIR...\"\nSends"));
  EXPECT_THAT(text, HasSubstr(".TP\n.B \"TOPIC\"\nWhere to\n"));
  EXPECT_THAT(text, HasSubstr(".TP\n.B \"\\-\\-file FILE\"\nRead [this]: it\n"));
  EXPECT_THAT(text, HasSubstr(".B \"\\-\\-safe[=VALUE]\"\n"));
  EXPECT_THAT(text, Not(HasSubstr(".SS \"rope\\-x topic [OPTIONS] COMMAND")));
  EXPECT_THAT(text, HasSubstr(".SH \"OPTIONS\"\n.TP\n.B \"\\-h, \\-\\-help\"\nHelp\n"));
  EXPECT_EQ(synopsis_of(program),
            "rope-x [OPTIONS] COMMAND\nrope-x topic send [OPTIONS] TOPIC DIR...\n");
}

TEST(ManPage, OptionsStandUnderTheirHeadings) {
  Command program{.name = "x"};
  program.options = {{.names = {"--a"}, .section = "One"},
                     {.names = {"--b"}, .section = "Two"},
                     {.names = {"--c"}, .section = "One"}};
  const std::vector<Section> sections = sections_of(program);
  ASSERT_EQ(sections.size(), 1U);
  ASSERT_EQ(sections[0].sections.size(), 2U);
  EXPECT_EQ(sections[0].sections[0].title, "One");
  EXPECT_EQ(sections[0].sections[0].entries.size(), 2U);
}

}  // namespace
}  // namespace ropewalk::outline
