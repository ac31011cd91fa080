// Three daemons that talk to each other by TLS, and those that they do not let in.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/daemon_cluster.h"

namespace ropewalk::support {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class TlsCluster : public DaemonCluster {
 protected:
  void SetUp() override {
    DaemonCluster::SetUp();
    ASSERT_NO_FATAL_FAILURE(make_certificates("ours", "1,2,3,4"));
    for (std::size_t i = 0; i < 3; i++) {
      use_certificate(i, "ours");
      ASSERT_NO_FATAL_FAILURE(format(i, first_));
      ASSERT_NO_FATAL_FAILURE(start(i, first_));
    }
  }
  void make_certificates(const std::string& name, const std::string& brokers) {
    const Outcome made =
        run({program("ropewalkd"), "certs", directory_.file(name), "--brokers", brokers});
    ASSERT_EQ(made.status, 0) << made.errors;
  }
  std::string file(const std::string& certs, const std::string& name) {
    return fmt::format("{}/{}", directory_.file(certs), name);
  }
  void use_certificate(std::size_t i, const std::string& certs) {
    const std::string own = fmt::format("broker-{}", i + 1);
    flags_of(i) = {"--broker-tls-cert",       file(certs, own + ".crt"), "--broker-tls-key",
                   file(certs, own + ".key"), "--broker-tls-ca",         file(certs, "ca.crt")};
  }
  std::string lines(std::size_t count) {
    std::ofstream made(directory_.file("lines"));
    for (std::size_t i = 0; i < count; i++)
      made << fmt::format("{}-{}\n", i, std::string(500, 'x'));
    return directory_.file("lines");
  }
  // As start() does not: it is not to be let in.
  Outcome run_daemon(std::size_t i, const std::vector<std::string>& flags) {
    std::vector<std::string> command{program("ropewalkd"),
                                     "--data-dir",
                                     data_of(i),
                                     "--broker-id",
                                     std::to_string(i + 1),
                                     "--cluster-id",
                                     cluster_,
                                     "--broker-listen",
                                     listens_[i],
                                     "--quorum-voters",
                                     first_,
                                     "--native-listen",
                                     "127.0.0.1:0",
                                     "--kafka-listen",
                                     "off",
                                     "--admin-listen",
                                     "off"};
    command.insert(command.end(), flags.begin(), flags.end());
    return run(command);
  }
};

TEST_F(TlsCluster, ReplicatesAndLosesOne) {
  ASSERT_EQ(
      ropewalk({"topic", "create", "t", "--partitions", "3", "--replication-factor", "3"}).status,
      0);
  const Outcome produced = ropewalk({"produce", "t", "--file", lines(5000), "--acks", "all"});
  ASSERT_EQ(produced.status, 0) << produced.errors;
  brokers_[2]->process.kill_hard();
  brokers_[2].reset();
  const Outcome more = ropewalk({"produce", "t", "--file", lines(100), "--acks", "all"});
  ASSERT_EQ(more.status, 0) << more.errors;
  const Outcome consumed = ropewalk({"consume", "t", "--from", "beginning"});
  EXPECT_EQ(consumed.status, 0) << consumed.errors;
  EXPECT_EQ(std::ranges::count(consumed.out, '\n'), 5100);
  ASSERT_NO_FATAL_FAILURE(start(2, first_));
  EXPECT_EQ(voters({"add", "3"}).status, 0);
}

// A cluster of its own, or somebody who would like to be in this one.
TEST_F(TlsCluster, WhoHasACertificateOfAnotherAuthorityIsNotLetIn) {
  ASSERT_NO_FATAL_FAILURE(make_certificates("theirs", "4"));
  use_certificate(3, "theirs");
  ASSERT_NO_FATAL_FAILURE(format(3, first_));
  ASSERT_NO_FATAL_FAILURE(begin(3, first_));
  wait_for_log(3, "it is not believed: the certificate of 'broker-1'");
  wait_for_log(0, "it does not believe the certificate of this end");
  brokers_[3]->process.kill_hard();
  EXPECT_THAT(ropewalk({"cluster", "brokers"}).out, ::testing::Not(HasSubstr("4 ")));
}

TEST_F(TlsCluster, WhoTalksInTheClearIsNotLetInAndToldWhy) {
  ASSERT_NO_FATAL_FAILURE(format(3, first_));
  ASSERT_NO_FATAL_FAILURE(begin(3, first_));
  wait_for_log(3, "this looks like TLS");
  wait_for_log(0, "talks in the clear, and here everything is encrypted (TLS)");
  brokers_[3]->process.kill_hard();
}

TEST_F(TlsCluster, WhatIsWrongWithTheFilesStopsTheStart) {
  ASSERT_NO_FATAL_FAILURE(make_certificates("theirs", "4"));
  ASSERT_NO_FATAL_FAILURE(format(3, first_));
  const std::string certificate = file("ours", "broker-4.crt");
  const std::string key = file("ours", "broker-4.key");
  const std::string authority = file("ours", "ca.crt");
  const Outcome part = run_daemon(3, {"--broker-tls-cert", certificate});
  EXPECT_EQ(part.status, 2);
  EXPECT_THAT(part.errors, AllOf(HasSubstr("broker_tls_key is not set"), HasSubstr("go together")));
  const Outcome strange =
      run_daemon(3, {"--broker-tls-cert", file("theirs", "broker-4.crt"), "--broker-tls-key",
                     file("theirs", "broker-4.key"), "--broker-tls-ca", authority});
  EXPECT_EQ(strange.status, 1);
  EXPECT_THAT(strange.errors,
              HasSubstr("by broker_tls_ca = " + authority + " it would not be believed"));
  const Outcome of_another =
      run_daemon(3, {"--broker-tls-cert", file("ours", "broker-1.crt"), "--broker-tls-key",
                     file("ours", "broker-1.key"), "--broker-tls-ca", authority});
  EXPECT_EQ(of_another.status, 1);
  EXPECT_THAT(
      of_another.errors,
      HasSubstr("it is the certificate of 'broker-1', and broker_id = 4 needs one of 'broker-4'"));
  std::filesystem::permissions(key, std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  const Outcome open = run_daemon(
      3, {"--broker-tls-cert", certificate, "--broker-tls-key", key, "--broker-tls-ca", authority});
  EXPECT_EQ(open.status, 1);
  EXPECT_THAT(open.errors, AllOf(HasSubstr("broker_tls_key = " + key), HasSubstr("chmod 600")));
}

}  // namespace
}  // namespace ropewalk::support
