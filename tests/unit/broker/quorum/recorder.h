// A state machine that remembers what it was given.
#pragma once

#include <map>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "broker/quorum/metadata_quorum.h"
#include "common/records/batch_builder.h"
#include "common/records/record_reader.h"

namespace ropewalk::quorum {

inline SharedBytes entry(const std::string& text) {
  BatchBuilder builder;
  NewRecord record;
  record.timestamp = 1;
  record.value = as_bytes(text);
  builder.append(record);
  return *builder.finish(Codec::none);
}

// Remembers what was applied at which offset; control batches as "".
class Recorder final : public StateMachine {
 public:
  Result<void> apply(Offset offset, Term term, ByteSpan batch) override {
    EXPECT_EQ(offset.value(), last.value() + 1);  // M1: in order, each once.
    EXPECT_GE(term, last_term);
    last = offset;
    last_term = term;
    auto reader = RecordReader::open(batch, 1 << 20);
    EXPECT_TRUE(reader);
    if (reader->header().is_control()) {
      controls++;
      return {};
    }
    entries[offset] = as_text(*(**reader->next()).value);
    if (entries[offset] == "refuse me") return fail(Errc::corrupt, "refused");
    return {};
  }
  Result<void> load(SnapshotReader& reader) override {
    last = reader.last_offset();
    entries.clear();
    while (auto chunk = reader.next_chunk()) {
      const std::string text(as_text(*chunk));
      const auto colon = text.find(':');
      entries[Offset(std::stoll(text.substr(0, colon)))] = text.substr(colon + 1);
    }
    loaded = true;
    return {};
  }
  void save(SnapshotWriter& writer) override {
    for (const auto& [offset, text] : entries) writer.add_chunk(fmt::format("{}:{}", offset, text));
  }
  void leader_changed(BrokerId id, Term term) override {
    leader = id;
    leader_term = term;
  }

  std::map<Offset, std::string> entries;
  Offset last{0};
  Term last_term;
  int controls = 0;
  bool loaded = false;
  BrokerId leader = kNoBroker;
  Term leader_term;
};

}  // namespace ropewalk::quorum
