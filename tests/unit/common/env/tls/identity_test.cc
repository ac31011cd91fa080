// Which certificates and keys are taken, and what is said of those that are not.
#include "common/env/tls/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "tests/unit/common/env/tls/tls_fixture.h"

namespace ropewalk::env::tls {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class IdentityTest : public TlsTest {
 protected:
  std::string refusal(const IdentityFiles& files) {
    const auto loaded = Identity::load(files);
    if (loaded) return "taken";
    EXPECT_EQ(loaded.error().code, Errc::invalid_setting);
    return loaded.error().context;
  }
  IdentityFiles good() {
    return files_of(certificate("ours", "broker-1"), authority("ours").certificate);
  }
};

std::string with_passphrase(const std::string& pem) {
  const auto key = private_key(pem);
  const Owned<BIO> out(BIO_new(BIO_s_mem()));
  char word[] = "secret";
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(), word, 6, nullptr,
                                          nullptr),
            1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

TEST_F(IdentityTest, KnowsItsNameAndItsEnd) {
  const auto loaded = Identity::load(good());
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ((*loaded)->name(), "broker-1");
  const auto left = (*loaded)->expires() - env().wall_now();
  EXPECT_GT(left, std::chrono::hours(23));
  EXPECT_LE(left, std::chrono::hours(24));
}

TEST_F(IdentityTest, FilesThatAreNoUseAreNamedWithTheReason) {
  IdentityFiles files = good();
  files.key = {"key", "/nonexistent/key"};
  EXPECT_THAT(refusal(files),
              AllOf(HasSubstr("key = /nonexistent/key"), HasSubstr("No such file")));
  files.key = {"key", "/dev/null"};
  EXPECT_THAT(refusal(files), HasSubstr("no file"));
  files.key = file("key", "nonsense");
  EXPECT_THAT(refusal(files), HasSubstr("no key in PEM"));
  files = good();
  files.certificate = file("cert", "nonsense");
  EXPECT_THAT(refusal(files), AllOf(HasSubstr("cert = "), HasSubstr("no certificate in PEM")));
  files.certificate =
      file("cert", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
  EXPECT_THAT(refusal(files), HasSubstr("cannot be read"));
  files = good();
  files.authorities = file("ca", "");
  EXPECT_THAT(refusal(files), AllOf(HasSubstr("ca = "), HasSubstr("no certificate in PEM")));
}

TEST_F(IdentityTest, AKeyOfAnotherCertificateIsRefused) {
  IdentityFiles files = good();
  files.key = file("key", certificate("ours", "broker-1").key);
  EXPECT_THAT(refusal(files), AllOf(HasSubstr("key = "), HasSubstr("it is not the key of cert")));
}

// Nobody is there to type it in, and start-up must not wait for that.
TEST_F(IdentityTest, AKeyWithAPassphraseIsRefused) {
  const KeyPair pair = certificate("ours", "broker-1");
  IdentityFiles files = files_of(pair, authority("ours").certificate);
  files.key = file("key", with_passphrase(pair.key));
  EXPECT_THAT(refusal(files), HasSubstr("wants a passphrase"));
}

TEST_F(IdentityTest, AKeyThatEverybodyMayReadIsRefused) {
  const IdentityFiles files = good();
  ASSERT_EQ(::chmod(files.key.path.c_str(), 0644), 0);
  EXPECT_THAT(refusal(files), AllOf(HasSubstr("0644"), HasSubstr("chmod 600")));
  ASSERT_EQ(::chmod(files.key.path.c_str(), 0640), 0);
  EXPECT_EQ(refusal(files), "taken") << "the daemon's group may";
}

TEST_F(IdentityTest, WhatOthersWouldRefuseIsRefused) {
  const KeyPair old = certificate("ours", "broker-1", -1);
  EXPECT_THAT(refusal(files_of(old, authority("ours").certificate)),
              AllOf(HasSubstr("cert = "), HasSubstr("expired")));
  const KeyPair strange = certificate("theirs", "broker-1");
  EXPECT_THAT(refusal(files_of(strange, authority("ours").certificate)),
              AllOf(HasSubstr("by ca = "), HasSubstr("'theirs ")));
}

// While the authority is replaced by another.
TEST_F(IdentityTest, SeveralAuthoritiesMayBeBelieved) {
  const std::string both = authority("ours").certificate + authority("theirs").certificate;
  EXPECT_EQ(refusal(files_of(certificate("theirs", "broker-1"), both)), "taken");
  EXPECT_EQ(refusal(files_of(certificate("ours", "broker-1"), both)), "taken");
}

TEST(Certificates, AnAuthorityThatIsNoneIsRefused) {
  EXPECT_EQ(issue_certificate({"nonsense", "nonsense"}, "a", 1).error().code, Errc::corrupt);
  const auto one = make_authority("one", 1);
  const auto other = make_authority("other", 1);
  ASSERT_TRUE(one && other);
  EXPECT_EQ(issue_certificate({one->certificate, other->key}, "a", 1).error().code, Errc::corrupt);
}

TEST_F(IdentityTest, PrivateFilesAreForTheirOwnerOnly) {
  const std::string path = temporary_directory() + "/key";
  ASSERT_TRUE(write_private_file(path, "one"));
  ASSERT_TRUE(write_private_file(path, "two"));
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(read_key({"key", path}).value(), "two");
  EXPECT_EQ(write_private_file("/nonexistent/key", "x").error().code, Errc::io_error);
}

}  // namespace
}  // namespace ropewalk::env::tls
