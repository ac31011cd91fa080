// A simulated broker with one topic, and connections of a listener to it.
//
// It is kept from one input to the next and made anew from time to time, since its log grows; each
// input has a connection of its own.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/log.h"
#include "tests/support/kept_outbox.h"
#include "tests/unit/broker/service/service_rig.h"

namespace ropewalk::fuzz {

// `Listener` as NativeListener is.
template <class Listener, class Options>
class SessionWorld {
 public:
  explicit SessionWorld(const char* topic_name, Options options = {}) : rig_(7) {
    topic = rig_.add_topic(topic_name, 2);
    rig_.produce_one(service::ServiceRig::to(topic, 1, service::ServiceRig::batch(3)));
    listener_ = std::make_unique<Listener>(rig_.environment(), *rig_.use_cases, options);
    sessions_ = listener_->sessions();
  }
  ~SessionWorld() {
    sessions_ = nullptr;
    rig_.world.run(rig_.core(), listener_->stop());
    listener_.reset();
  }

  // Frames without their lengths, each of a read of its own. How many were answered.
  std::size_t serve(const std::vector<std::string>& frames) {
    while (rig_.controller.answers.size() < 64)
      rig_.controller.answers.push_back(fail(Errc::not_controller, "there is none"));
    rig_.controller.asked.clear();
    auto outbox = std::make_shared<support::KeptOutbox>(rig_.core());
    std::unique_ptr<rpc::Session> session;
    rig_.on_core([&] {
      session = sessions_({rig_.core(), {"a", 9192}, {"b", 4000}, outbox});
      for (const std::string& frame : frames) {
        if (outbox->closed) break;
        const SharedBytes bytes{std::string(frame)};
        session->on_frames(std::span(&bytes, 1));
      }
    });
    rig_.world.run_for(std::chrono::milliseconds(50));
    const std::size_t answered = outbox->frames.size();
    rig_.on_core([&] {
      session->on_closed();
      session.reset();
    });
    rig_.world.run_for(std::chrono::milliseconds(10));
    return answered;
  }

  TopicId topic;

 private:
  service::ServiceRig rig_;
  std::unique_ptr<Listener> listener_;
  rpc::SessionFactory sessions_;
};

// The one for this input.
template <class World>
World& kept_world(const char* topic_name) {
  constexpr int kInputsOfABroker = 500;
  static std::unique_ptr<World> kept;
  static int inputs = 0;
  if (!kept || ++inputs % kInputsOfABroker == 0) {
    configure_log(LogFormat::text, LogLevel::error);
    kept.reset();
    kept = std::make_unique<World>(topic_name);
  }
  return *kept;
}

}  // namespace ropewalk::fuzz
