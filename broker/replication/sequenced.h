// What a batch's header says about its producer.
#pragma once

#include <cstdint>

#include "common/ids.h"

namespace ropewalk::replication {

struct Sequenced {
  ProducerId producer = kNoProducer;
  ProducerEpoch epoch = kNoProducerEpoch;
  std::int32_t first_sequence = -1;
  std::int32_t record_count = 0;

  // Batches of producers that are not idempotent are not remembered.
  bool is_idempotent() const { return producer != kNoProducer; }
};

}  // namespace ropewalk::replication
