// The cluster as the metadata log up to one offset says it is.
//
// An Image is an immutable value, shared between cores by shared_ptr; parts that a change does not
// touch are shared between successive images. ImageEditor makes the next one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/metadata/cow_map.h"
#include "broker/metadata/records.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/uuid.h"

namespace ropewalk::metadata {

using Configs = std::map<std::string, std::string, std::less<>>;
using PartitionPtr = std::shared_ptr<const Partition>;

struct Topic {
  TopicId id;
  std::string name;
  std::vector<PartitionPtr> partitions;  // By index; none is null.
  Configs configs;                       // Only what was set.

  // Null if there is no such partition.
  const Partition* partition(PartitionId index) const {
    const auto at = index.value();
    return at >= 0 && static_cast<std::size_t>(at) < partitions.size()
               ? partitions[static_cast<std::size_t>(at)].get()
               : nullptr;
  }
};
using TopicPtr = std::shared_ptr<const Topic>;
using BrokerPtr = std::shared_ptr<const BrokerRegistration>;

// Null: it has no such listener.
const BrokerListener* find_listener(const BrokerRegistration& broker, std::string_view name);

class Image {
 public:
  // Everything up to here is in. 0: nothing yet.
  Offset offset() const { return offset_; }

  // All return null for what is not there; pointers are good as long as the image.
  const Topic* topic(TopicId id) const;
  const Topic* topic(std::string_view name) const;
  TopicPtr topic_ptr(TopicId id) const;
  const Partition* partition(const TopicPartition& id) const;
  const BrokerRegistration* broker(BrokerId id) const;

  const CowMap<TopicId, TopicPtr>& topics() const { return topics_; }
  const std::map<BrokerId, BrokerPtr>& brokers() const { return *brokers_; }
  const Configs& cluster_configs() const { return *cluster_configs_; }
  // Empty if nothing was set.
  const Configs& broker_configs(BrokerId id) const;
  const std::map<BrokerId, Configs>& all_broker_configs() const { return *broker_configs_; }
  const std::map<std::string, std::int32_t>& features() const { return *features_; }
  // Every producer id below was given away.
  const ProducerIdsRecord& producer_ids() const { return producer_ids_; }

 private:
  friend class ImageEditor;
  Offset offset_;
  CowMap<TopicId, TopicPtr> topics_;
  CowMap<std::string, TopicId> names_;
  std::shared_ptr<const std::map<BrokerId, BrokerPtr>> brokers_ =
      std::make_shared<std::map<BrokerId, BrokerPtr>>();
  std::shared_ptr<const Configs> cluster_configs_ = std::make_shared<Configs>();
  std::shared_ptr<const std::map<BrokerId, Configs>> broker_configs_ =
      std::make_shared<std::map<BrokerId, Configs>>();
  std::shared_ptr<const std::map<std::string, std::int32_t>> features_ =
      std::make_shared<std::map<std::string, std::int32_t>>();
  ProducerIdsRecord producer_ids_{ProducerId(0), kNoBroker, BrokerEpoch(-1)};
};
using ImagePtr = std::shared_ptr<const Image>;

// Makes the image after an entry (or a snapshot) from the one before it.
//
// view() shows the state with all records applied so far, also to the controller while it decides.
// A record that fails changes nothing. Use on one thread; finish() ends it.
class ImageEditor {
 public:
  // `next` is the offset of the entry whose records come.
  ImageEditor(ImagePtr base, Offset next);
  ~ImageEditor();
  ImageEditor(const ImageEditor&) = delete;
  ImageEditor& operator=(const ImageEditor&) = delete;

  // Errors (the record contradicts the state, so the log is not ours or is damaged): corrupt.
  Result<void> apply(const Record& record);

  // Good until the next apply().
  const Image& view() const { return *image_; }
  ImagePtr finish();

 private:
  Result<void> on(const FeatureLevelRecord& record);
  Result<void> on(const RegisterBrokerRecord& record);
  Result<void> on(const BrokerRegistrationChangeRecord& record);
  Result<void> on(const UnregisterBrokerRecord& record);
  Result<void> on(const TopicRecord& record);
  Result<void> on(const RemoveTopicRecord& record);
  Result<void> on(const PartitionRecord& record);
  Result<void> on(const PartitionChangeRecord& record);
  Result<void> on(const ConfigRecord& record);
  Result<void> on(const ProducerIdsRecord& record);
  Result<void> on(const NoOpRecord& record);
  // The topic as a copy that only this editor has, or null.
  Topic* own_topic(const TopicId& id);

  std::shared_ptr<Image> image_;
  CowMap<TopicId, TopicPtr>::Editor topics_;
  CowMap<std::string, TopicId>::Editor names_;
  std::map<TopicId, std::shared_ptr<Topic>> own_topics_;
};

// What differs between two images, for those who follow them.
struct PartitionDelta {
  TopicPartition id;
  TopicPtr topic;       // After; null if the topic is gone.
  PartitionPtr before;  // Null: new.
  PartitionPtr after;   // Null: gone.
};
// Partitions that are new, gone, changed, or whose topic's settings or those of the cluster changed
// (before and after are then the same); those of a topic together and in order.
std::vector<PartitionDelta> partition_changes(const Image& before, const Image& after);

// The image as records that make it out of nothing (for snapshots and dumps), in an order that can
// be applied; the same image always gives the same.
std::vector<Record> to_records(const Image& image);

}  // namespace ropewalk::metadata
