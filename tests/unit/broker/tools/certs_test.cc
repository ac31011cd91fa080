#include "broker/tools/certs.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/env/tls/identity.h"
#include "tests/support/temporary_directory.h"

namespace ropewalk::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CertsTest : public ::testing::Test {
 protected:
  Result<void> make(std::vector<BrokerId> brokers) {
    return make_certificates({directory(), std::move(brokers), 10},
                             [this](std::string_view line) { said_.emplace_back(line); });
  }
  std::string directory() { return kept_.file("certs"); }
  std::string in(const std::string& name) { return directory() + "/" + name; }
  // The name in a broker's certificate, if others would believe it; else why not.
  std::string name_of(const std::string& broker) {
    const auto loaded = env::tls::Identity::load({.certificate = {"cert", in(broker + ".crt")},
                                                  .key = {"key", in(broker + ".key")},
                                                  .authorities = {"ca", in("ca.crt")}});
    return loaded ? (*loaded)->name() : to_string(loaded.error());
  }
  std::string content(const std::string& name) {
    std::ifstream file(in(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  support::TemporaryDirectory kept_{"certs"};
  std::vector<std::string> said_;
};

TEST_F(CertsTest, BrokersBelieveWhatIsMade) {
  ASSERT_TRUE(make({BrokerId(1), BrokerId(2)}));
  EXPECT_EQ(name_of("broker-1"), "broker-1");
  EXPECT_EQ(name_of("broker-2"), "broker-2");
  ASSERT_EQ(said_.size(), 3u);
  EXPECT_THAT(said_[0], HasSubstr("ca.crt"));
  for (const auto& file : std::filesystem::directory_iterator(directory())) {
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    EXPECT_EQ(file.status().permissions() & others, std::filesystem::perms::none) << file.path();
  }
}

// For a broker that joins, and when those that are there are about to end.
TEST_F(CertsTest, TheAuthorityThatIsThereGoesOn) {
  ASSERT_TRUE(make({BrokerId(1)}));
  const std::string authority = content("ca.crt");
  const std::string before = content("broker-1.crt");
  said_.clear();
  ASSERT_TRUE(make({BrokerId(1), BrokerId(2)}));
  EXPECT_EQ(content("ca.crt"), authority);
  EXPECT_NE(content("broker-1.crt"), before);
  EXPECT_EQ(name_of("broker-1"), "broker-1");
  EXPECT_EQ(name_of("broker-2"), "broker-2");
  EXPECT_EQ(said_.size(), 2u);
}

TEST_F(CertsTest, HalfAnAuthorityIsNotReplaced) {
  ASSERT_TRUE(make({BrokerId(1)}));
  std::filesystem::remove(in("ca.key"));
  const auto refused = make({BrokerId(2)});
  ASSERT_FALSE(refused);
  EXPECT_THAT(to_string(refused.error()), HasSubstr("has ca.crt without ca.key"));
  EXPECT_FALSE(std::filesystem::exists(in("broker-2.crt")));
}

TEST(Certs, ADirectoryThatCannotBeIsNamed) {
  const auto made = make_certificates({"/nonexistent/certs", {BrokerId(1)}, 1}, [](auto) {});
  ASSERT_FALSE(made);
  EXPECT_THAT(to_string(made.error()), HasSubstr("/nonexistent/certs"));
}

}  // namespace
}  // namespace ropewalk::tools
