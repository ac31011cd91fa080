#include "broker/node/broker_watch.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ids.h"

namespace ropewalk::node {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class BrokerWatchTest : public ::testing::Test {
 protected:
  void registers(std::int32_t id, bool fenced) {
    metadata::BrokerRegistration broker;
    broker.id = BrokerId(id);
    broker.incarnation = id_of<IncarnationId>(1);
    broker.directories = {id_of<DirectoryId>(static_cast<std::uint8_t>(id))};
    broker.listeners = {{"native", "elsewhere", 1}, {"broker", fmt::format("b{}", id), 9193}};
    broker.fenced = fenced;
    change(metadata::RegisterBrokerRecord{broker});
  }
  void fences(std::int32_t id, bool fenced) {
    const auto epoch = image_->broker(BrokerId(id))->epoch;
    change(metadata::BrokerRegistrationChangeRecord{BrokerId(id), epoch, fenced, {}, {}});
  }
  void change(const metadata::Record& record) {
    metadata::ImageEditor editor(image_, image_->offset() + 1);
    ASSERT_TRUE(editor.apply(record));
    const metadata::ImagePtr before = std::exchange(image_, editor.finish());
    watch_.image_changed(before, image_);
  }
  std::vector<std::string> connected() { return std::exchange(connected_, {}); }

  metadata::ImagePtr image_ = std::make_shared<const metadata::Image>();
  std::vector<std::string> connected_;
  BrokerWatch watch_{BrokerId(1), [this](BrokerId id, const env::Endpoint& at) {
                       connected_.push_back(fmt::format("{} {}", id, at.to_string()));
                     }};
};

TEST_F(BrokerWatchTest, ANewControllerConnectsToAllWhoAreNotFenced) {
  for (std::int32_t id = 1; id <= 4; id++) registers(id, id == 3);
  EXPECT_THAT(connected(), IsEmpty()) << "others watch";
  watch_.leader_changed(BrokerId(2), Term(1));
  EXPECT_THAT(connected(), IsEmpty());
  watch_.leader_changed(BrokerId(1), Term(2));
  EXPECT_THAT(connected(), UnorderedElementsAre("2 b2:9193", "4 b4:9193"));
}

TEST_F(BrokerWatchTest, TheControllerConnectsToWhoIsLetIn) {
  watch_.leader_changed(BrokerId(1), Term(1));
  registers(2, true);
  registers(1, false);
  EXPECT_THAT(connected(), IsEmpty());
  fences(2, false);
  EXPECT_THAT(connected(), ElementsAre("2 b2:9193"));
  change(metadata::NoOpRecord{});
  EXPECT_THAT(connected(), IsEmpty());
  watch_.leader_changed(kNoBroker, Term(2));
  fences(2, true);
  fences(2, false);
  EXPECT_THAT(connected(), IsEmpty());
}

}  // namespace
}  // namespace ropewalk::node
