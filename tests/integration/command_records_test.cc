// What `ropewalk produce` takes, `ropewalk consume` gives back, byte for byte: the commands as
// people use them, in a shell, against a real broker.
#include <random>
#include <string>

#include "tests/integration/command_fixture.h"

namespace ropewalk::support {
namespace {

class CommandRecords : public CommandFixture {};

std::string random_bytes(std::size_t count) {
  std::mt19937 random(17);
  std::string bytes(count, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

// Line breaks, zeros and what is no UTF-8 among them: as one record, as many, and as JSON.
TEST_F(CommandRecords, EveryByteSurvives) {
  write("bytes", random_bytes(1'000'000));
  EXPECT_EQ(run(R"sh(
    for codec in none gzip snappy lz4 zstd; do
      rw topic create $codec --partitions 1
      rw produce $codec --file bytes --whole --compression $codec
      rw consume $codec --format %s | cmp - bytes
    done
    rw topic create many --partitions 1
    rw produce many --file bytes --delimiter '\0'
    (cat bytes; printf '\0') >expected
    rw consume many --format '%s\0' | cmp - expected
    rw topic create copy --partitions 1
    rw consume many --format json | rw produce copy --format json
    rw consume copy --format '%s\0' | cmp - expected
  )sh"),
            0)
      << content("stderr");
}

// A copy by way of JSON differs in nothing but the name of its topic.
TEST_F(CommandRecords, HeadersAndWhatIsMissingSurvive) {
  EXPECT_EQ(run(R"sh(
    rw topic create a --partitions 1
    printf 'k:v\nk:\n:v\n' | rw produce a --key-separator : --header h --header h= --header h=x --header =
    printf 'k:NULL\nNULL:\n' | rw produce a --key-separator : --null-marker NULL
    rw produce a $(printf -- '--header h%d=x ' {1..1000}) <<<many
    rw topic create b --partitions 1
    rw consume a --format json >a.json
    rw produce b --format json --file a.json
    rw consume b --format json | sed 's/"topic":"b"/"topic":"a"/' >b.json
    rw consume a --format '%K %k %S %s [%h]\n' --count 5 >text
    rw consume a --from -1 --format %h | tr , '\n' | grep -c = >headers
  )sh"),
            0)
      << content("stderr");
  EXPECT_EQ(content("text"),
            "1 k 1 v [h,h=,h=x,=]\n"
            "1 k 0  [h,h=,h=x,=]\n"
            "0  1 v [h,h=,h=x,=]\n"
            "1 k -1  []\n"
            "-1  0  []\n");
  EXPECT_EQ(content("headers"), "1000\n");
  EXPECT_FALSE(content("a.json").empty());
  EXPECT_EQ(content("b.json"), content("a.json"));
}

TEST_F(CommandRecords, ConsumeBeginsWhereItWasTold) {
  EXPECT_EQ(run(R"sh(
    rw topic create t --partitions 1
    printf '%s\n' 0 1 2 3 | rw produce t
    rw consume t --from -500 >more
    rw consume t --from -2 >last
    rw consume t --from @99999999999999 >future
    rw records delete t --before -1 >deleted
    rw consume t --from -500 >left
  )sh"),
            0)
      << content("stderr");
  EXPECT_EQ(content("more"), "0\n1\n2\n3\n");
  EXPECT_EQ(content("last"), "2\n3\n");
  EXPECT_EQ(content("future"), "");
  EXPECT_EQ(content("left"), "3\n");
}

// The end is the one that the command saw when it began: it comes also on a topic that grows all
// the time.
TEST_F(CommandRecords, ConsumeEndsWhileOthersProduce) {
  ASSERT_EQ(run("rw topic create t --partitions 1; rw produce t <<<first"), 0);
  Process producer =
      begin("while [ ! -e stop ]; do printf 'y%.0s\\n' {1..1000}; done | rw produce t --acks 1");
  EXPECT_EQ(run(R"sh(
    while [ "$(rw consume t --from -1 --format %s)" != y ]; do :; done
    rw consume t >all
    rw consume t --from end >none
  )sh"),
            0)
      << content("stderr");
  write("stop", "");
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_TRUE(content("all").starts_with("first\ny\ny\n"));
  EXPECT_EQ(content("none"), "");
}

TEST_F(CommandRecords, AReaderThatGoesIsNoFailure) {
  EXPECT_EQ(run(R"sh(
    rw topic create t --partitions 1
    seq 1 300000 | rw produce t
    rw consume t | head -1 >first
    rw consume t --follow --format json | head -1 >/dev/null
  )sh"),
            0)
      << content("stderr");
  EXPECT_EQ(content("first"), "1\n");
  EXPECT_EQ(content("stderr"), "");
}

}  // namespace
}  // namespace ropewalk::support
