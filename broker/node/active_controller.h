// The shell of the active controller: M6's loop, and the way to it from every core.
//
// At most one metadata batch is uncommitted. Events that arrive meanwhile wait; once it is applied
// they are decided in order, each against the image plus the records already in the new batch. An
// answer, also a rejection, leaves only when all that it was decided on is committed and applied,
// and this broker has led since it was decided: a majority confirms what makes no records. A change
// of voters is an entry of its own, and takes its turn.
// Lives on the control core; propose() is for every core.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "broker/controller/controller.h"
#include "broker/metadata/controller_port.h"
#include "broker/metadata/metadata_machine.h"
#include "broker/metadata/metadata_view.h"
#include "broker/quorum/metadata_quorum.h"
#include "broker/telemetry/page.h"
#include "common/env/environment.h"
#include "common/env/event.h"
#include "common/env/task_group.h"

namespace ropewalk::node {

struct ActiveControllerOptions {
  BrokerId self;
  controller::ControllerOptions controller;  // draw_id and votes are set here.
  std::size_t waiting_max = 1024;            // Events; more are refused with budget_exceeded.
  std::size_t batch_records = 10'000;        // No event is added to a batch of so many records.
};

class ActiveController final : public metadata::ControllerPort, public metadata::MachineListener {
 public:
  // Add it to the MetadataMachine's listeners before the quorum starts. All outlive it.
  ActiveController(env::Environment& environment, quorum::MetadataQuorum& quorum,
                   metadata::MetadataView& view, ActiveControllerOptions options);
  ~ActiveController() override;

  Task<Result<metadata::ControllerAnswer>> propose(metadata::ControllerEvent event,
                                                   env::MonotonicTime deadline) override;

  // On the control core. Nobody listens where this broker did (M3): if this is the controller, its
  // session ends now. A life that registers afterwards is another one.
  void broker_is_dead(BrokerId broker);

  // On the control core: whoever waits is told shutting_down.
  Task<void> stop();

  // On the control core.
  void show(telemetry::Page& page) const;

  void image_changed(const metadata::ImagePtr&, const metadata::ImagePtr&) override {}
  void leader_changed(BrokerId leader, Term term) override;

 private:
  using Answer = Result<metadata::ControllerAnswer>;
  struct Waiting {
    metadata::ControllerEvent event;
    env::OneShot<Answer> done;
  };
  struct Decided {
    env::OneShot<Answer> done;
    std::vector<Result<metadata::ItemAnswer>> items;
  };
  void enqueue(Waiting waiting);
  void drop_heartbeats(BrokerId broker, BrokerEpoch epoch);
  metadata::QuorumState quorum_now() const;
  void refuse_waiting(const Error& error);
  Task<void> serve(Term term);
  // False when this is not the controller any more.
  Task<bool> one_batch(Term term, controller::Controller& decisions);
  // The same for a change of voters that is next. Pre: none is uncommitted.
  Task<bool> change_voters(Term term);
  // What the change came to, and where. The outer error: this is not the controller any more.
  Task<Result<Offset>> take_steps(Term term, std::vector<quorum::Voters> steps, Error& refused);
  bool voters_are_next() const;
  std::vector<Decided> decide_waiting(controller::Controller& decisions, controller::Batch& batch);
  void tell_of_unclean(const std::vector<metadata::Record>& records);
  bool leads(Term term) const { return leading_ && *leading_ == term; }

  env::Environment& environment_;
  quorum::MetadataQuorum& quorum_;
  metadata::MetadataView& view_;
  ActiveControllerOptions options_;
  env::Random random_;
  std::optional<Term> leading_;
  bool stopped_ = false;
  std::deque<Waiting> waiting_;
  std::vector<std::pair<BrokerId, BrokerEpoch>> dead_;  // Not decided upon yet.
  env::Event woken_;                                    // Something waits, or the term has ended.
  // By cause; none is the first and stays 0.
  std::array<std::uint64_t, metadata::kUncleanCauses> unclean_elections_{};
  std::shared_ptr<ActiveController*> self_;  // What jobs from other cores hold, weakly.
  env::TaskGroup tasks_;
};

}  // namespace ropewalk::node
