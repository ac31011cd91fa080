// Answers about all topics, kept until what they tell has changed: a client of a large cluster is
// answered without describing it again, and answers that wait to be taken share their memory.
//
// Pure; one a core, used there only.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>

#include "broker/service/metadata.h"
#include "common/bytes.h"
#include "common/env/network.h"

namespace ropewalk::kafka {

class KeptMetadata {
 public:
  // All that such an answer depends on.
  struct Key {
    service::MetadataStamp as_of;
    std::int16_t version = 0;
    bool topic_operations = false;
    bool cluster_operations = false;
    env::Endpoint reached;  // The brokers' addresses are told by it.
    auto operator<=>(const Key&) const = default;
  };

  // At `bytes_max` those go that were asked for longest ago.
  explicit KeptMetadata(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // The answer behind its correlation id.
  std::optional<SharedBytes> find(const Key& key);
  // Those that are as of something else go.
  void keep(Key key, SharedBytes answer);

 private:
  struct Entry {
    Key key;
    SharedBytes answer;
  };

  const std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::list<Entry> entries_;  // What was asked for last is in front.
};

}  // namespace ropewalk::kafka
