// A controller whose decisions become the image that it decides on next.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/controller/controller.h"
#include "broker/metadata/record_codec.h"

namespace ropewalk::controller {

using namespace metadata;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class Id>
Id id_of(std::uint8_t number) {
  Uuid uuid;
  uuid.bytes[0] = 1;
  uuid.bytes[15] = number;
  return Id(uuid);
}
inline const auto kCluster = id_of<ClusterId>(200);

inline metadata::RegisterBroker registration(std::int32_t id, std::uint8_t incarnation,
                                             std::vector<DirectoryId> directories = {}) {
  metadata::RegisterBroker event;
  event.cluster = kCluster;
  event.broker.id = BrokerId(id);
  event.broker.incarnation = id_of<IncarnationId>(incarnation);
  event.broker.directories = directories.empty()
                                 ? std::vector{id_of<DirectoryId>(static_cast<std::uint8_t>(id))}
                                 : std::move(directories);
  event.broker.features = {{kMetadataVersionFeature, 1, kMetadataVersion}};
  return event;
}

// A controller and the image that its decisions make; each event is one entry.
class ControllerTest : public ::testing::Test {
 protected:
  ControllerTest() {
    ControllerOptions options;
    options.cluster = kCluster;
    options.partitions_default = 3;
    options.partitions_max = 100;
    options.replicas_max = 250;
    options.draw_id = [this] { return Uuid(id_of<TopicId>(next_topic_++)); };
    options.votes = [this](BrokerId broker) { return broker == voter_; };
    controller_.emplace(options, *image_, now_);
    Batch batch(image_, next());
    controller_->prepare(batch);
    commit(batch);
  }

  Offset next() const { return image_->offset() + 1; }
  void commit(Batch& batch) {
    last_records_ = batch.records();
    if (batch.records().empty()) return;
    // What everybody else makes of the bytes is what the controller decided on.
    auto decoded = decode_records(encode_records(batch.records()));
    ASSERT_TRUE(decoded);
    ImageEditor editor(image_, next());
    for (const auto& record : *decoded) ASSERT_TRUE(editor.apply(record));
    EXPECT_EQ(encode_records(to_records(editor.view())), encode_records(to_records(batch.image())));
    image_ = editor.finish();
  }
  std::vector<Result<ItemAnswer>> decide(const ControllerEvent& event) {
    Batch batch(image_, next());
    auto items = controller_->decide(batch, event, now_);
    commit(batch);
    return items;
  }
  Errc code(const std::vector<Result<ItemAnswer>>& items, std::size_t index = 0) {
    return items.at(index) ? Errc::none : items.at(index).error().code;
  }
  BrokerEpoch register_and_unfence(std::int32_t id, std::uint8_t incarnation = 1) {
    auto items = decide(registration(id, incarnation));
    const auto epoch = std::get<BrokerRegistered>(*items[0]).epoch;
    decide(BrokerHeartbeat{BrokerId(id), epoch, image_->offset()});
    return epoch;
  }
  void create(const std::string& name, std::int32_t partitions = 1, std::int32_t factor = -1,
              std::vector<std::pair<std::string, std::string>> configs = {}) {
    auto items = decide(CreateTopics{{{name, partitions, factor, std::move(configs)}}});
    ASSERT_TRUE(items[0]) << to_string(items[0].error());
  }
  const Partition& partition(const std::string& name, std::int32_t index = 0) {
    return *image_->topic(name)->partition(PartitionId(index));
  }

  ImagePtr image_ = std::make_shared<Image>();
  Controller::Time now_{std::chrono::seconds(100)};
  std::optional<Controller> controller_;
  std::vector<Record> last_records_;
  std::uint8_t next_topic_ = 1;
  BrokerId voter_ = kNoBroker;
};

}  // namespace ropewalk::controller
