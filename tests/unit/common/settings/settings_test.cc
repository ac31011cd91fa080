#include <cstdlib>
#include <fstream>
#include <sstream>

#include "common/settings/broker_settings.h"
#include "common/settings/command_line.h"
#include "common/settings/source.h"

namespace ropewalk {
namespace {

using settings::HostPort;
using settings::Outside;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kClusterId = "Aj1Qn8yfTLS8rKhXlgGXxg";

// One start of the daemon, as far as settings go.
struct Start {
  std::vector<std::string> flags = {};
  std::map<std::string, std::string> environment = {};
  std::string file = {};

  BrokerSettings result = {};
  std::string text = {};   // Of --help or --version.
  std::string error = {};  // Empty when all is well.

  Start& run() {
    if (!file.empty()) flags.insert(flags.begin(), {"--config", "test.conf"});
    const auto schema = broker_schema(result);
    const Outside outside{
        .environ = [this](const std::string& name) -> std::optional<std::string> {
          const auto found = environment.find(name);
          if (found == environment.end()) return std::nullopt;
          return found->second;
        },
        .read_file = [this](const std::string&) -> Result<std::string> { return file; }};
    auto loaded =
        settings::load(schema, {"ropewalkd", "The broker.", "ropewalkd 0.1"}, flags, outside);
    if (!loaded) {
      EXPECT_EQ(loaded.error().code, Errc::invalid_setting);
      error = loaded.error().context;
    } else {
      text = loaded->value_or("");
    }
    return *this;
  }
};

TEST(Settings, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  Start start{.flags = {"--cores", "4"},
              .environment = {{"ROPEWALK_CORES", "3"}, {"ROPEWALK_SYNC_THREADS", "3"}},
              .file = "cores = 2\nsync_threads = 2\nmax_connections = 2\n"};
  start.run();
  ASSERT_EQ(start.error, "");
  EXPECT_EQ(start.result.cores, 4);
  EXPECT_EQ(start.result.sync_threads, 3);
  EXPECT_EQ(start.result.max_connections, 2);
  EXPECT_EQ(start.result.segment_bytes, 1LL << 30);
}

TEST(Settings, FileKnowsCommentsQuotesAndLists) {
  Start start{.file =
                  "# a comment\n\n  data_dir = \"/a b\" # why\r\nadvertised = native=h:1, "
                  "broker=[::1]:2\nsegment_bytes=64MiB\nretention_check_interval = 2h\n"};
  start.run();
  ASSERT_EQ(start.error, "");
  EXPECT_THAT(start.result.data_dirs, ElementsAre("/a b"));
  EXPECT_THAT(start.result.advertised.at("broker"), ElementsAre(HostPort{"::1", 2}));
  EXPECT_EQ(start.result.segment_bytes, 64 << 20);
  EXPECT_EQ(start.result.retention_check_interval, std::chrono::hours(2));
}

TEST(Settings, AListenerMayHaveSeveralNamesInOrder) {
  const Start start =
      Start({.flags = {"--advertised", "kafka=b:2,native=n:1,kafka=a:1,kafka=b:3"}}).run();
  ASSERT_EQ(start.error, "");
  EXPECT_THAT(start.result.advertised.at("kafka"),
              ElementsAre(HostPort{"b", 2}, HostPort{"a", 1}, HostPort{"b", 3}));
  EXPECT_THAT(start.result.advertised.at("native"), ElementsAre(HostPort{"n", 1}));
  EXPECT_THAT(Start({.flags = {"--advertised", "kafka=b:2,native=b:2,kafka=b:2"}}).run().error,
              HasSubstr("kafka=b:2 stands there twice"));
  for (const char* const nowhere : {"kafka=0.0.0.0:9092", "kafka=[::]:9092", "kafka=b:0"})
    EXPECT_THAT(Start({.flags = {"--advertised", nowhere}}).run().error,
                HasSubstr("nobody can connect to"));
}

TEST(Settings, DataDirIsAListInEveryForm) {
  EXPECT_THAT(Start({.flags = {"--data-dir", "/a,/b"}}).run().result.data_dirs,
              ElementsAre("/a", "/b"));
  EXPECT_THAT(Start({.flags = {"--data-dir=/a", "--data-dir", "/b"}}).run().result.data_dirs,
              ElementsAre("/a", "/b"));
  EXPECT_THAT(Start({.environment = {{"ROPEWALK_DATA_DIR", "/a, /b"}}}).run().result.data_dirs,
              ElementsAre("/a", "/b"));
}

TEST(Settings, SwitchNeedsNoValue) {
  EXPECT_TRUE(Start({.flags = {"--allow-insecure"}}).run().result.allow_insecure);
  EXPECT_TRUE(Start({.flags = {"--allow-insecure", "--cores", "2"}}).run().result.allow_insecure);
  EXPECT_FALSE(Start({.flags = {"--allow-insecure=false"}}).run().result.allow_insecure);
}

TEST(Settings, UnknownKeyNamesTheNearest) {
  EXPECT_EQ(Start({.file = "cores = 1\ndat_dir = /a\n"}).run().error,
            "test.conf line 2: there is no setting dat_dir; did you mean data_dir?");
  EXPECT_EQ(Start({.flags = {"--data-dirs", "/a"}}).run().error,
            "--data-dirs: there is no setting data_dirs; did you mean data_dir?");
  EXPECT_EQ(Start({.file = "colour_of_the_logo = red"}).run().error,
            "test.conf line 1: there is no setting colour_of_the_logo");
}

TEST(Settings, BadValueNamesKeySourceAndWhatIsAccepted) {
  EXPECT_EQ(Start({.file = "cores = many"}).run().error,
            "cores (test.conf line 1): 'many' is no number; accepted: a number from 0 to 256");
  EXPECT_EQ(Start({.environment = {{"ROPEWALK_LOG_FORMAT", "xml"}}}).run().error,
            "log_format (ROPEWALK_LOG_FORMAT): 'xml' is unknown; accepted: text, json");
  EXPECT_THAT(Start({.flags = {"--segment-bytes", "1KiB"}}).run().error,
              AllOf(HasSubstr("--segment-bytes"), HasSubstr("64KiB to 2GiB")));
  EXPECT_THAT(Start({.flags = {"--segment-bytes", "9999999999GiB"}}).run().error,
              HasSubstr("out of range"));
  EXPECT_THAT(Start({.flags = {"--session-timeout", "3"}}).run().error, HasSubstr("is no time"));
  EXPECT_THAT(Start({.flags = {"--kinesis-listen", "127.0.0.1:4567"}}).run().error,
              HasSubstr("accepted: only off"));
}

TEST(Settings, NumbersThatDoNotFitAreOutOfRange) {
  EXPECT_EQ(Start({.flags = {"--cores", "99999999999999999999"}}).run().error,
            "cores (--cores): '99999999999999999999' is out of range; accepted: a number from 0 to "
            "256");
  for (const char* bad : {"", "-1", "0x1", "1e1", "1.5", " 1", "257"})
    EXPECT_THAT(Start({.flags = {"--cores", bad}}).run().error, HasSubstr("from 0 to 256")) << bad;
  EXPECT_THAT(Start({.flags = {"--broker-id", "2147483648"}}).run().error,
              HasSubstr("from 0 to 2147483647"));
}

TEST(Settings, IdsMustBeIdsAndNotAllZeros) {
  EXPECT_EQ(Start({.flags = {"--cluster-id", kClusterId}}).run().result.cluster_id->to_base64(),
            kClusterId);
  EXPECT_THAT(Start({.flags = {"--cluster-id", "AAAAAAAAAAAAAAAAAAAAAA"}}).run().error,
              AllOf(HasSubstr("cluster_id (--cluster-id)"), HasSubstr("all zeros")));
  for (const char* bad : {"", "xx", "Aj1Qn8yfTLS8rKhXlgGXxg==", "Aj1Qn8yfTLS8rKhXlgGXx!",
                          "02345678-0000-0000-0000-000000000000"})
    EXPECT_THAT(Start({.flags = {"--cluster-id", bad}}).run().error, HasSubstr("is no id")) << bad;
  EXPECT_THAT(Start({.flags = {"--quorum-voters", "1@h:9193:AAAAAAAAAAAAAAAAAAAAAA"}}).run().error,
              HasSubstr("all zeros"));
}

TEST(Settings, AConfigFileMustBeNamed) {
  EXPECT_EQ(Start({.flags = {"--config", ""}}).run().error, "--config: no file named");
}

TEST(Settings, WeakerSourceIsCheckedToo) {
  EXPECT_THAT(Start({.flags = {"--cores", "1"}, .file = "cores = x"}).run().error,
              HasSubstr("test.conf line 1"));
}

TEST(Settings, FileRejectsTheSameKeyTwiceAndLinesWithoutValue) {
  EXPECT_THAT(Start({.file = "cores = 1\ncores = 2"}).run().error, HasSubstr("set twice"));
  EXPECT_THAT(Start({.file = "cores"}).run().error, HasSubstr("not KEY = VALUE"));
  EXPECT_THAT(Start({.file = "data_dir = \"/a"}).run().error, HasSubstr("not closed"));
}

TEST(Settings, HelpNamesEveryFlag) {
  BrokerSettings settings;
  const std::string help = Start({.flags = {"--help"}}).run().text;
  for (const auto& definition : broker_schema(settings).definitions())
    EXPECT_THAT(help, HasSubstr(definition.flag()));
}

TEST(Settings, HelpShowsTheSectionsThatTheProgramHeeds) {
  BrokerSettings settings;
  const auto help = settings::load(broker_schema(settings),
                                   {.name = "ropewalkd format",
                                    .description = "Makes it.",
                                    .version = "ropewalkd 0.1",
                                    .sections_shown = {"Identity"}},
                                   std::vector<std::string>{"--help"}, {});
  ASSERT_TRUE(help && *help);
  EXPECT_THAT(**help, AllOf(HasSubstr("ropewalkd format [OPTIONS]"), HasSubstr("--data-dir")));
  EXPECT_THAT(**help, Not(HasSubstr("--segment-bytes")));
}

TEST(Settings, EveryDefaultIsAcceptedByItsOwnDefinition) {
  BrokerSettings settings;
  for (const auto& definition : broker_schema(settings).definitions()) {
    if (definition.initial.empty()) continue;
    EXPECT_TRUE(definition.assign(definition.initial).has_value()) << definition.key;
  }
}

TEST(Settings, QuorumVotersTakeDirectoryIdsAndIpv6) {
  const Start start =
      Start{.flags = {"--quorum-voters", fmt::format("1@[::1]:9193:{}, 2@host:9193", kClusterId)}}
          .run();
  ASSERT_EQ(start.error, "");
  ASSERT_EQ(start.result.quorum_voters.size(), 2U);
  EXPECT_EQ(start.result.quorum_voters[0].address, (HostPort{"::1", 9193}));
  EXPECT_EQ(start.result.quorum_voters[0].directory->to_base64(), kClusterId);
  EXPECT_FALSE(start.result.quorum_voters[1].directory);
  EXPECT_THAT(Start({.flags = {"--quorum-voters", "1@a:1,1@b:2"}}).run().error, HasSubstr("twice"));
  EXPECT_THAT(Start({.flags = {"--quorum-voters", "1@a:1,2@a:1"}}).run().error,
              HasSubstr("brokers 1 and 2 are both at a:1"));
  for (const char* nowhere : {"1@0.0.0.0:9193", "1@[::]:9193", "1@a:0"})
    EXPECT_THAT(Start({.flags = {"--quorum-voters", nowhere}}).run().error,
                HasSubstr("nobody can connect to"))
        << nowhere;
}

std::string check_error(BrokerSettings settings) {
  if (settings.data_dirs.empty()) settings.data_dirs = {"/a"};
  auto checked = check(settings);
  return checked ? "" : checked.error().context;
}

TEST(BrokerSettingsCheck, DefaultsWithADirectoryAreFine) {
  EXPECT_EQ(check_error({}), "");
  EXPECT_THAT(check(BrokerSettings{}).error().context, HasSubstr("--data-dir"));
}

TEST(BrokerSettingsCheck, OpenListenerNeedsTheWord) {
  BrokerSettings settings;
  settings.native_listen = HostPort{"0.0.0.0", 9192};
  EXPECT_THAT(check_error(settings),
              AllOf(HasSubstr("native_listen"), HasSubstr("allow_insecure = true")));
  settings.allow_insecure = true;
  EXPECT_EQ(check_error(settings), "");
  settings = {};
  settings.broker_listen = HostPort{"0.0.0.0", 9193};
  EXPECT_THAT(check_error(settings),
              AllOf(HasSubstr("broker_listen"), HasSubstr("allow_insecure = true")));
  settings = {};
  settings.native_listen = HostPort{"127.evil.example", 9192};
  EXPECT_THAT(check_error(settings), HasSubstr("allow_insecure"));
}

TEST(BrokerSettingsCheck, CertificatesBetweenBrokersAreTheWordForTheirListener) {
  BrokerSettings settings;
  settings.broker_listen = HostPort{"0.0.0.0", 9193};
  EXPECT_THAT(check_error(settings), HasSubstr("broker_tls_cert"));
  settings.broker_tls_cert = "cert";
  settings.broker_tls_key = "key";
  settings.broker_tls_ca = "ca";
  EXPECT_EQ(check_error(settings), "");
  settings.native_listen = HostPort{"0.0.0.0", 9192};
  EXPECT_THAT(check_error(settings), AllOf(HasSubstr("native_listen"), HasSubstr("for clients")));
}

TEST(BrokerSettingsCheck, CertificateKeyAndAuthorityGoTogether) {
  for (int given = 1; given < 7; given++) {
    BrokerSettings settings;
    if (given & 1) settings.broker_tls_cert = "cert";
    if (given & 2) settings.broker_tls_key = "key";
    if (given & 4) settings.broker_tls_ca = "ca";
    const std::string missing =
        given & 1 ? (given & 2 ? "broker_tls_ca" : "broker_tls_key") : "broker_tls_cert";
    EXPECT_THAT(check_error(settings),
                AllOf(HasSubstr(missing + " is not set"), HasSubstr("go together")))
        << given;
  }
}

TEST(BrokerSettingsCheck, ValuesThatContradictEachOtherAreRefused) {
  BrokerSettings settings;
  settings.heartbeat_interval = settings.session_timeout;
  EXPECT_THAT(check_error(settings), HasSubstr("heartbeat_interval"));
  settings = {};
  settings.broker_listen = settings.native_listen;
  EXPECT_THAT(check_error(settings), HasSubstr("are both"));
  settings = {};
  settings.data_dirs = {"/a", "/a"};
  EXPECT_THAT(check_error(settings), HasSubstr("twice"));
}

TEST(HostPort, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"", ":1", "host", "host:", "host:x", "host:65536", "::1:9192", "[]:1", "a b:1", "host:-1"})
    EXPECT_FALSE(HostPort::parse(text).has_value()) << text;
  EXPECT_EQ(HostPort::parse("[::1]:9192")->to_string(), "[::1]:9192");
}

// The checked-in example is what the definitions print.
TEST(AnnotatedFile, IsTheOneInConfigs) {
  const char* source = std::getenv("RW_SOURCE_DIR");
  ASSERT_NE(source, nullptr) << "run by ctest, or set RW_SOURCE_DIR";
  const std::string path = std::string(source) + "/configs/ropewalkd.conf";
  if (std::getenv("ROPEWALK_WRITE_CONF") != nullptr)
    std::ofstream(path) << annotated_broker_settings();
  std::stringstream present;
  present << std::ifstream(path).rdbuf();
  EXPECT_EQ(present.str(), annotated_broker_settings())
      << "write it anew: ROPEWALK_WRITE_CONF=1 and run this test again";
}

TEST(AnnotatedFile, ChangesNothingAsItStands) {
  const Start start = Start{.file = annotated_broker_settings()}.run();
  EXPECT_EQ(start.error, "");
}

}  // namespace
}  // namespace ropewalk
