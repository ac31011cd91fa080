// What a topic's settings ask of a produced batch. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/metadata/topic_settings.h"
#include "broker/service/service.h"
#include "common/env/time.h"
#include "common/records/batch_validator.h"
#include "common/records/compression.h"

namespace ropewalk::service {

struct BatchRules {
  BatchLimits limits;
  std::optional<Codec> codec;                  // compression.type; none: as the producer has it.
  std::optional<int> level;                    // Of that codec.
  std::optional<std::int64_t> append_time_ms;  // message.timestamp.type=LogAppendTime: now.

  bool recodes(const BatchHeader& header) const {
    return codec && static_cast<int>(*codec) != (header.attributes & batch_bit::kCodecMask);
  }
};

struct TopicRules {
  BatchRules rules;  // But for what depends on the time of day.
  bool by_the_clock = false;
  bool append_time = false;
  std::int64_t before_max_ms = 0;
  std::int64_t after_max_ms = 0;
};

TopicRules topic_rules(const metadata::TopicSettings& settings, const Limits& limits);

// For a batch that arrives at `now`. Pre: by_the_clock.
BatchRules batch_rules(const TopicRules& topic, env::WallTime now);

}  // namespace ropewalk::service
