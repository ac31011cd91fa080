#include "broker/replication/outbox.h"

#include <utility>

namespace ropewalk::replication {

void Outbox::add(env::Core& core, std::shared_ptr<ProduceSink> sink, std::uint32_t item,
                 Result<Appended> outcome) {
  to(core).produced.push_back({std::move(sink), item, std::move(outcome)});
}

void Outbox::add(env::Core& core, std::shared_ptr<FetchSink> sink, std::uint32_t index,
                 Looked found) {
  to(core).fetched.push_back({std::move(sink), index, News::looked, std::move(found)});
}

void Outbox::add_moved(env::Core& core, std::shared_ptr<FetchSink> sink, std::uint32_t index) {
  to(core).fetched.push_back({std::move(sink), index, News::moved, {}});
}

void Outbox::add_watermark_moved(env::Core& core, std::shared_ptr<FetchSink> sink,
                                 std::uint32_t index) {
  to(core).fetched.push_back({std::move(sink), index, News::watermark_moved, {}});
}

void Outbox::add(env::Core& core, env::Job letter) { to(core).others.push_back(std::move(letter)); }

void Outbox::flush(env::Environment& environment, env::Serial& serial) {
  if (by_core_.empty()) return;
  env::Core& here = environment.current_core();
  for (Letters& letters : by_core_) {
    env::Core* const core = letters.core;
    env::Job deliver = [held = std::move(letters)]() mutable { held.deliver(); };
    if (core == &here) {
      serial.after_leaving(std::move(deliver));
    } else {
      core->post(std::move(deliver));
    }
  }
  by_core_.clear();
}

void Outbox::Letters::deliver() {
  for (Produced& letter : produced) letter.sink->produced(letter.item, std::move(letter.outcome));
  for (Fetched& letter : fetched) {
    switch (letter.news) {
      case News::looked:
        letter.sink->looked(letter.index, std::move(letter.found));
        break;
      case News::moved:
        letter.sink->moved(letter.index);
        break;
      case News::watermark_moved:
        letter.sink->watermark_moved(letter.index);
        break;
    }
  }
  for (env::Job& letter : others) letter();
}

Outbox::Letters& Outbox::to(env::Core& core) {
  for (Letters& letters : by_core_) {
    if (letters.core == &core) return letters;
  }
  by_core_.push_back({.core = &core, .produced = {}, .fetched = {}, .others = {}});
  return by_core_.back();
}

}  // namespace ropewalk::replication
