// What a partition has to tell to others, collected inside and delivered after leaving.
//
// Answers of one drain that go to the same core travel together: one wake-up, whatever their
// number. Those for the core that drains run there right after the partition was left.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "broker/log/log_view.h"
#include "broker/replication/epoch_end.h"
#include "common/env/core.h"
#include "common/env/environment.h"
#include "common/env/serial.h"
#include "common/error.h"
#include "common/ids.h"

namespace ropewalk::replication {

// Where a produced batch is.
struct Appended {
  Offset base_offset;
  std::int64_t append_time_ms = -1;  // -1: the producer's times stand.
  Offset log_start;
};

// Who produces. Called on the core that it called from, each item once.
class ProduceSink {
 public:
  virtual ~ProduceSink() = default;
  virtual void produced(std::uint32_t item, Result<Appended> outcome) = 0;
};

// What may be read of a partition at one moment. The fields are set as far as they are known, also
// beside an error.
struct Looked {
  Error error{Errc::none, {}};
  log::LogViewPtr view;
  Offset high_watermark = kNoOffset;
  // Nobody may be told yet that the partition ends there: leaders before may have told more.
  bool watermark_is_behind = false;
  Offset log_start = kNoOffset;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::optional<EpochEnd> epoch_end;  // Of the one that was asked for; none is known otherwise.
  std::optional<EpochEnd> diverging;  // What the reader has is not in this log from there on.
  Offset log_end = kNoOffset;         // For followers only, as are the views behind the watermark.
};

// Who reads. Called on the core that it called from.
class FetchSink {
 public:
  virtual ~FetchSink() = default;
  virtual void looked(std::uint32_t index, Looked found) = 0;
  // Something is to be had that was not there when it looked: records, or an error. Once a watch.
  virtual void moved(std::uint32_t index) = 0;
  // Of a follower's watch, which goes on: the high watermark alone has moved. At most once a watch.
  virtual void watermark_moved(std::uint32_t) {}
};

class Outbox {
 public:
  void add(env::Core& core, std::shared_ptr<ProduceSink> sink, std::uint32_t item,
           Result<Appended> outcome);
  void add(env::Core& core, std::shared_ptr<FetchSink> sink, std::uint32_t index, Looked found);
  void add_moved(env::Core& core, std::shared_ptr<FetchSink> sink, std::uint32_t index);
  void add_watermark_moved(env::Core& core, std::shared_ptr<FetchSink> sink, std::uint32_t index);
  // Whatever else is to be said there, in this order.
  void add(env::Core& core, env::Job letter);

  // Inside `serial`, at the end of a drain.
  void flush(env::Environment& environment, env::Serial& serial);

 private:
  struct Produced {
    std::shared_ptr<ProduceSink> sink;
    std::uint32_t item;
    Result<Appended> outcome;
  };
  enum class News { looked, moved, watermark_moved };
  struct Fetched {
    std::shared_ptr<FetchSink> sink;
    std::uint32_t index;
    News news;
    Looked found;  // Of a look.
  };
  struct Letters {
    env::Core* core;
    std::vector<Produced> produced;
    std::vector<Fetched> fetched;
    std::vector<env::Job> others;
    void deliver();
  };
  Letters& to(env::Core& core);

  std::vector<Letters> by_core_;  // Few: those that had work here since the last flush.
};

}  // namespace ropewalk::replication
