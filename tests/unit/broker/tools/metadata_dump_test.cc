#include "broker/tools/metadata_dump.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/metadata/metadata_machine.h"
#include "broker/metadata/record_codec.h"
#include "broker/quorum/raft_quorum.h"
#include "broker/tools/format.h"
#include "common/env/sim/simulation.h"
#include "tests/support/ids.h"

namespace ropewalk::tools {
namespace {

using ::testing::HasSubstr;

class MetadataDumpTest : public ::testing::Test {
 protected:
  MetadataDumpTest()
      : node_(simulation_.add_node("a")),
        environment_(node_.environment()),
        files_(*environment_.open_file_system({.root = "/data/quorum", .threads = 2})) {}

  Result<void> format() {
    FormatOptions options{id_of<ClusterId>(1),
                          BrokerId(1),
                          id_of<DirectoryId>(2),
                          {{BrokerId(1), id_of<DirectoryId>(2), {"localhost", 9193}}}};
    return simulation_.run(environment_.control_core(),
                           format_quorum(environment_, *files_, options));
  }
  void append_records(int first, int end, std::uint64_t snapshot_after = 1 << 20) {
    metadata::MetadataView view(environment_);
    metadata::MetadataMachine machine(view);
    quorum::QuorumOptions options;
    options.cluster = id_of<ClusterId>(1);
    options.node = BrokerId(1);
    options.directory = id_of<DirectoryId>(2);
    options.snapshot_after_bytes = snapshot_after;
    quorum::NoTransport nobody;
    quorum::RaftQuorum quorum(environment_, *files_, nobody, options);
    quorum.attach(machine);
    auto& core = environment_.control_core();
    ASSERT_TRUE(simulation_.run(core, quorum.start()));
    for (int i = first; i < end; i++) {
      const metadata::Record record = metadata::TopicRecord{
          id_of<TopicId>(static_cast<std::uint8_t>(i + 10)), fmt::format("topic-{}", i)};
      auto entry = metadata::encode_entry(std::span(&record, 1), 77);
      ASSERT_TRUE(simulation_.run(core, quorum.append(quorum.term(), entry)));
    }
    simulation_.run_for(std::chrono::seconds(1));  // A snapshot may be on its way.
    simulation_.run(core, quorum.stop());
  }
  Result<void> dump() {
    lines_.clear();
    return simulation_.run(environment_.core(0), dump_metadata(*files_, [this](auto line) {
                             lines_ += fmt::format("{}\n", line);
                           }));
  }

  sim::Simulation simulation_{1};
  sim::Node& node_;
  env::Environment& environment_;
  std::unique_ptr<env::FileSystem> files_;
  std::string lines_;
};

TEST_F(MetadataDumpTest, NamesWhatIsNotThere) { EXPECT_EQ(dump().error().code, Errc::not_found); }

TEST_F(MetadataDumpTest, FormatsOnce) {
  ASSERT_TRUE(format());
  EXPECT_EQ(format().error().code, Errc::not_empty);
  ASSERT_TRUE(dump());
  EXPECT_THAT(lines_, HasSubstr(R"("broker":1,)"));
  EXPECT_THAT(lines_, HasSubstr(R"({"entry":1,"term":1,"timestamp":0,"voters":[{"id":1,)"));
  EXPECT_THAT(lines_, HasSubstr(R"("endpoint":"localhost:9193")"));
}

// It has learnt nothing yet.
TEST_F(MetadataDumpTest, PrintsTheStateOfOneThatJoins) {
  FormatOptions options{id_of<ClusterId>(1), BrokerId(4), id_of<DirectoryId>(2), {}};
  ASSERT_TRUE(
      simulation_.run(environment_.control_core(), format_quorum(environment_, *files_, options)));
  ASSERT_TRUE(dump());
  EXPECT_THAT(lines_, HasSubstr(R"("broker":4,)"));
  EXPECT_THAT(lines_, HasSubstr(R"("term":0,)"));
  EXPECT_EQ(lines_.find("entry"), std::string::npos);
}

TEST_F(MetadataDumpTest, PrintsEntriesAndSnapshots) {
  ASSERT_TRUE(format());
  append_records(0, 3);
  ASSERT_TRUE(dump());
  EXPECT_THAT(lines_, HasSubstr(R"({"entry":3,"term":2)"));
  EXPECT_THAT(lines_, HasSubstr(R"("name":"topic-2")"));
  // As people see ids everywhere else: 22 characters of base64url.
  EXPECT_THAT(lines_, HasSubstr(fmt::format(R"("id":"{}")", id_of<TopicId>(12))));
  append_records(3, 4, 1);
  ASSERT_TRUE(dump());
  EXPECT_THAT(lines_, HasSubstr(R"({"snapshot":")"));
  EXPECT_THAT(lines_, HasSubstr(R"({"snapshot_record":{"version":1,"topic":{"name":"topic-0")"));
}

TEST_F(MetadataDumpTest, StopsAtDamage) {
  ASSERT_TRUE(format());
  append_records(0, 3);
  auto& disk = node_.disk("/data/quorum");
  for (const auto& path : disk.files())
    if (path.ends_with(".log")) ASSERT_TRUE(disk.flip_bit(path, 4096 + 100));
  auto dumped = dump();
  ASSERT_FALSE(dumped);
  EXPECT_EQ(dumped.error().code, Errc::corrupt);
  EXPECT_THAT(dumped.error().context, HasSubstr("at byte"));
}

}  // namespace
}  // namespace ropewalk::tools
