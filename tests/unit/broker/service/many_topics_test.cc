// Several topics in one request: made, grown and removed, each answered for itself.
#include <gtest/gtest.h>

#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::service {
namespace {

class ManyTopicsTest : public testing::Test {
 protected:
  template <class T>
  T run(Task<T> task) {
    return rig_.world.run(rig_.core(), std::move(task));
  }
  template <class T>
  static std::vector<Errc> codes(const std::vector<Result<T>>& results) {
    std::vector<Errc> codes;
    for (const auto& result : results) codes.push_back(result ? Errc::none : result.error().code);
    return codes;
  }
  void will_answer(std::vector<Result<metadata::ItemAnswer>> items) {
    metadata::ControllerAnswer answer;
    answer.offset = Offset(0);
    answer.items = std::move(items);
    rig_.controller.answers.push_back(std::move(answer));
  }
  ServiceRig rig_{1};
};

using Codes = std::vector<Errc>;

TEST_F(ManyTopicsTest, CreatesInOneEventAndAnswersInOrder) {
  TopicId id;
  id.bytes.fill(9);
  std::vector<Result<metadata::ItemAnswer>> items;
  items.push_back(fail(Errc::topic_already_exists, "there"));
  items.push_back(metadata::TopicCreated{
      .id = id, .partitions = 2, .replication_factor = 1, .configs = {{"retention.ms", "5"}}});
  will_answer(std::move(items));
  std::vector<CreateTopicRequest> requests(4);
  requests[0].name = "a/b";
  requests[1].name = "there";
  requests[2].name = "new";
  requests[2].assignments = {{0, {BrokerId(1)}}, {1, {BrokerId(1)}}};
  requests[3].name = "zero";
  requests[3].partitions = 0;
  const auto made =
      run(rig_.use_cases->create_topic.handle_all(rig_.context(), std::move(requests), true));
  EXPECT_EQ(codes(made), (Codes{Errc::invalid_topic, Errc::topic_already_exists, Errc::none,
                                Errc::invalid_partitions}));
  EXPECT_EQ(made[2]->id, id);
  const auto retention =
      std::ranges::find(made[2]->settings, "retention.ms", &SettingDescription::name);
  ASSERT_NE(retention, made[2]->settings.end());
  EXPECT_EQ(retention->value, "5");
  EXPECT_EQ(retention->source, SettingSource::topic);
  const auto& asked = std::get<metadata::CreateTopics>(rig_.controller.asked.at(0));
  EXPECT_TRUE(asked.validate_only);
  ASSERT_EQ(asked.topics.size(), 2u);
  EXPECT_EQ(asked.topics[1].assignments.size(), 2u);
}

TEST_F(ManyTopicsTest, AnErrorOfTheControllerIsThatOfAll) {
  rig_.controller.answers.push_back(fail(Errc::not_controller, "elsewhere"));
  std::vector<CreateTopicRequest> requests(2);
  requests[0].name = "a";
  requests[1].name = "b";
  const auto made =
      run(rig_.use_cases->create_topic.handle_all(rig_.context(), std::move(requests), false));
  EXPECT_EQ(codes(made), (Codes{Errc::not_controller, Errc::not_controller}));
}

TEST_F(ManyTopicsTest, DeletesByNameAndIdButNoneThatIsMeantTwice) {
  const TopicId a = rig_.add_topic("a");
  const TopicId b = rig_.add_topic("b");
  std::vector<Result<metadata::ItemAnswer>> items;
  items.push_back(std::monostate{});
  will_answer(std::move(items));
  std::vector<TopicRef> topics = {{.name = "a", .id = {}},
                                  {.name = "nope", .id = {}},
                                  {.name = {}, .id = b},
                                  {.name = "a", .id = a}};
  const auto deleted =
      run(rig_.use_cases->delete_topic.handle_all(rig_.context(), std::move(topics)));
  EXPECT_EQ(codes(deleted), (Codes{Errc::invalid_request, Errc::unknown_topic_or_partition,
                                   Errc::none, Errc::invalid_request}));
  EXPECT_EQ(deleted[2]->id, b);
  const auto& asked = std::get<metadata::DeleteTopics>(rig_.controller.asked.at(0));
  ASSERT_EQ(asked.topics.size(), 1u);
  EXPECT_EQ(asked.topics[0].id, b);
}

TEST_F(ManyTopicsTest, GrowsEachForItself) {
  rig_.add_topic("twice");
  const TopicId grows = rig_.add_topic("grows");
  rig_.add_topic("secret");
  rig_.authorizer.forbidden = "secret";
  std::vector<Result<metadata::ItemAnswer>> items;
  items.push_back(std::monostate{});
  will_answer(std::move(items));
  std::vector<MorePartitions> request(5);
  request[0].topic.name = "twice";
  request[1].topic.name = "grows";
  request[1].total = 2;
  request[1].assignments = {{{BrokerId(2)}}};
  request[2].topic.name = "secret";
  request[3].topic.name = "twice";
  request[4].topic.name = "nope";
  const auto grown =
      run(rig_.use_cases->create_partitions.handle(rig_.context(), std::move(request), false));
  EXPECT_EQ(codes(grown),
            (Codes{Errc::invalid_request, Errc::none, Errc::topic_authorization_failed,
                   Errc::invalid_request, Errc::unknown_topic_or_partition}));
  const auto& asked = std::get<metadata::CreatePartitions>(rig_.controller.asked.at(0));
  EXPECT_FALSE(asked.validate_only);
  ASSERT_EQ(asked.topics.size(), 1u);
  EXPECT_EQ(asked.topics[0].topic.id, grows);
  EXPECT_EQ(asked.topics[0].total, 2);
  ASSERT_TRUE(asked.topics[0].assignments);
  EXPECT_EQ(asked.topics[0].assignments->at(0).at(0), BrokerId(2));
}

}  // namespace
}  // namespace ropewalk::service
