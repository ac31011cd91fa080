// Whether who says that it is a broker has the certificate of that one. Nothing is encrypted here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/broker/rpc/peer_rig.h"

namespace ropewalk::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A connection whose other end has proved to have this name.
class Proved final : public env::Connection {
 public:
  Proved(std::unique_ptr<env::Connection> plain, std::string name)
      : plain_(std::move(plain)), name_(std::move(name)) {}
  env::Endpoint local() const override { return plain_->local(); }
  env::Endpoint remote() const override { return plain_->remote(); }
  Task<Result<void>> wait_readable() override { return plain_->wait_readable(); }
  Result<std::size_t> try_read(MutableByteSpan into) override { return plain_->try_read(into); }
  Task<Result<void>> write(std::span<const env::Chunk> chunks) override {
    return plain_->write(chunks);
  }
  Result<std::size_t> try_write(std::span<const env::Chunk> chunks) override {
    return plain_->try_write(chunks);
  }
  std::uint64_t bytes_written() const override { return plain_->bytes_written(); }
  std::string peer_name() const override { return name_; }
  void close() override { plain_->close(); }

 private:
  const std::unique_ptr<env::Connection> plain_;
  const std::string name_;
};
class OtherIs final : public env::TlsIdentity {
 public:
  explicit OtherIs(std::string name) : name_(std::move(name)) {}
  std::unique_ptr<env::Connection> wrap(std::unique_ptr<env::Connection> plain,
                                        env::End) const override {
    return std::make_unique<Proved>(std::move(plain), name_);
  }

 private:
  const std::string name_;
};

// Broker 1 asks broker 2.
class PeerCertificates : public ::testing::Test {
 protected:
  ~PeerCertificates() override {
    one_->stop();
    two_->stop();
  }
  // What each has proved to the other.
  Result<SharedBytes> ask(const std::string& one, const std::string& two) {
    one_ = make(node_one_, 1, two);
    two_ = make(node_two_, 2, one);
    two_->listen();
    return one_->call(address_of(2), "what?");
  }

  std::unique_ptr<PeerBroker> one_;
  std::unique_ptr<PeerBroker> two_;

 private:
  std::unique_ptr<PeerBroker> make(sim::Node& node, int broker, const std::string& other) {
    PeerLinkOptions options;
    options.connection.tls = std::make_shared<const OtherIs>(other);
    return std::make_unique<PeerBroker>(world_, node, identity_of(broker), std::move(options));
  }

  sim::Simulation world_{sim::seed_from_environment(5)};
  sim::Node& node_one_ = world_.add_node("b1");
  sim::Node& node_two_ = world_.add_node("b2");
};

TEST_F(PeerCertificates, OfTheTwoThatTalkAreTaken) {
  const auto answer = ask("broker-1", "broker-2");
  ASSERT_TRUE(answer) << to_string(answer.error());
  EXPECT_EQ(answer->text(), "what?");
}

TEST_F(PeerCertificates, OfAnotherBrokerAreRefusedWhereItCalls) {
  const auto answer = ask("broker-3", "broker-2");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::permission_denied);
  EXPECT_THAT(answer.error().context,
              HasSubstr("it says that it is broker 1, and its certificate is "
                        "that of 'broker-3', not of 'broker-1'"));
  EXPECT_THAT(two_->asked, IsEmpty());
}

TEST_F(PeerCertificates, OfAnotherBrokerAreRefusedWhereItIsCalled) {
  const auto answer = ask("broker-1", "broker-3");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::permission_denied);
  EXPECT_THAT(answer.error().context, HasSubstr("'broker-3', not of 'broker-2'"));
  EXPECT_THAT(one_->met, IsEmpty());
}

}  // namespace
}  // namespace ropewalk::rpc
