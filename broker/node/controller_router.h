// The way to the controller, wherever it is: here, or at another broker's `broker_listen`.
//
// Lives on the control core; propose() is for every core. While nobody is known to be the
// controller, or the one who was asked has decided nothing, a proposal looks again until its
// deadline. One that may have been carried out is asked again only where that is safe; else its
// caller is told outcome_unknown. An answer is passed on as it comes: who must see in the own image
// what was decided waits for the answer's offset there (M5), as for an answer of this broker.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "broker/metadata/controller_port.h"
#include "broker/metadata/metadata_machine.h"
#include "broker/telemetry/page.h"
#include "common/bytes.h"
#include "common/env/environment.h"
#include "common/env/event.h"
#include "common/env/network.h"
#include "common/env/task_group.h"

namespace ropewalk::node {

// How another broker is asked. On the control core.
class ControllerPeers {
 public:
  virtual ~ControllerPeers() = default;
  // Where that broker may be reached, as far as is known here.
  virtual std::optional<env::Endpoint> address_of(BrokerId broker) const = 0;
  // The body of its answer (ControllerRequests). Errors: closed, broker_not_available, or
  // request_timed_out at the deadline: it may have been carried out; cancelled; all others,
  // request_timed_out before the deadline too: it was not.
  virtual Task<Result<SharedBytes>> ask(BrokerId broker, env::Endpoint at, SharedBytes event,
                                        env::MonotonicTime deadline) = 0;
};

struct ControllerRouterOptions {
  BrokerId self;
  std::size_t proposals_max = 1024;  // At a time; more are refused with budget_exceeded.
  // Between two times that the same broker is asked; doubles.
  env::Duration pause_least = std::chrono::milliseconds(10);
  env::Duration pause_most = std::chrono::milliseconds(200);
};

class ControllerRouter final : public metadata::ControllerPort, public metadata::MachineListener {
 public:
  // Add it to the MetadataMachine's listeners before the quorum starts. All outlive it; `local` is
  // this broker's own.
  ControllerRouter(env::Environment& environment, metadata::ControllerPort& local,
                   ControllerPeers& peers, ControllerRouterOptions options);
  ~ControllerRouter() override;

  // Errors as of ControllerPort. Until the deadline nobody was reached who decides: not_controller.
  Task<Result<metadata::ControllerAnswer>> propose(metadata::ControllerEvent event,
                                                   env::MonotonicTime deadline) override;

  // On the control core: whoever waits is told shutting_down, or outcome_unknown of what a
  // controller has been asked to change and has not answered. Before the local controller's stop.
  Task<void> stop();

  // On the control core.
  void show(telemetry::Page& page) const;

  void image_changed(const metadata::ImagePtr&, const metadata::ImagePtr&) override {}
  void leader_changed(BrokerId leader, Term term) override;

 private:
  using Answer = Result<metadata::ControllerAnswer>;
  struct Proposal;
  struct Asked;
  // What an attempt came to: it was decided or refused; nothing was decided; nobody can tell.
  enum class Fate : std::uint8_t { settled, undecided, unknown };
  struct Attempt {
    Fate fate;
    Answer answer;
  };
  void start(std::unique_ptr<Proposal> proposal);
  Task<void> carry_out(std::unique_ptr<Proposal> proposal);
  Task<Answer> find_answer(Proposal& proposal);
  Task<Attempt> attempt(Proposal& proposal);
  Task<Attempt> ask_elsewhere(Proposal& proposal);
  Task<void> ask(std::shared_ptr<Asked> asked, BrokerId broker, env::Endpoint at, SharedBytes event,
                 env::MonotonicTime deadline);
  void wake();

  env::Environment& environment_;
  metadata::ControllerPort& local_;
  ControllerPeers& peers_;
  const ControllerRouterOptions options_;
  BrokerId leader_ = kNoBroker;
  std::uint64_t elections_ = 0;  // Changes of the leader that this broker has heard of.
  bool stopped_ = false;
  std::size_t proposals_ = 0;
  std::uint64_t asked_elsewhere_ = 0;
  std::uint64_t asked_again_ = 0;
  env::Event woken_;                         // The leader has changed, or somebody has answered.
  std::shared_ptr<ControllerRouter*> self_;  // What jobs from other cores hold, weakly.
  env::TaskGroup tasks_;
};

}  // namespace ropewalk::node
