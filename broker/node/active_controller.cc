#include "broker/node/active_controller.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/record_codec.h"
#include "broker/node/voter_plan.h"
#include "common/log.h"

namespace ropewalk::node {
namespace {

// What append() failed with, as an answer to those whose records were in the batch.
Error as_answer(const Error& error) {
  switch (error.code) {
    case Errc::not_controller:
    case Errc::shutting_down:
    case Errc::outcome_unknown:
    case Errc::disk_full:
    case Errc::message_too_large:
      return error;
    default:
      return {Errc::outcome_unknown, to_string(error)};
  }
}

constexpr telemetry::Family kActive{"ropewalk_controller_active",
                                    "Whether this broker is the controller of its cluster."};
constexpr telemetry::Family kWaiting{"ropewalk_controller_waiting_changes",
                                     "Changes of metadata that wait to be decided."};

constexpr telemetry::Family kUnclean{
    "ropewalk_unclean_elections_total",
    "Leaders that this broker, as the controller, has elected although they may lack records."};

// A change of two steps.
constexpr std::string_view kHalfDone =
    "the first of two steps is done (`cluster voters list` shows which voters there are now), and "
    "the second is not";

bool votes(const quorum::QuorumLook& look, BrokerId broker) {
  return std::ranges::any_of(look.members, [&](const quorum::QuorumMember& member) {
    return member.votes && member.replica.id == broker;
  });
}

bool names(const quorum::Voters& voters, BrokerId broker) {
  return std::ranges::any_of(voters, [&](const auto& voter) { return voter.id == broker; });
}

std::string names_of_voters(const quorum::QuorumLook& look) {
  std::vector<std::string> names;
  for (const quorum::QuorumMember& member : look.members)
    if (member.votes) names.push_back(fmt::format("{}", member.replica.id));
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

ActiveController::ActiveController(env::Environment& environment, quorum::MetadataQuorum& quorum,
                                   metadata::MetadataView& view, ActiveControllerOptions options)
    : environment_(environment),
      quorum_(quorum),
      view_(view),
      options_(std::move(options)),
      random_(environment.random("controller")),
      woken_(environment.control_core()),
      self_(std::make_shared<ActiveController*>(this)),
      tasks_(environment.control_core()) {
  options_.controller.draw_id = [this] { return random_.uuid(); };
  options_.controller.votes = [this](BrokerId broker) { return votes(quorum_.look(), broker); };
}

ActiveController::~ActiveController() = default;

Task<Result<metadata::ControllerAnswer>> ActiveController::propose(metadata::ControllerEvent event,
                                                                   env::MonotonicTime deadline) {
  env::OneShot<Answer> done(environment_.current_core());
  Waiting waiting{std::move(event), done};
  environment_.control_core().post(
      [weak = std::weak_ptr(self_), waiting = std::move(waiting)]() mutable {
        if (auto self = weak.lock())
          (*self)->enqueue(std::move(waiting));
        else
          waiting.done.set(fail(Errc::shutting_down, "the controller is gone"));
      });
  auto answer = co_await done.wait_until(deadline);
  if (!answer) co_return within("waiting for the controller", std::move(answer).error());
  co_return *std::move(answer);
}

void ActiveController::show(telemetry::Page& page) const {
  page.gauge(kActive, {}, leading_.has_value());
  page.gauge(kWaiting, {}, std::uint64_t{waiting_.size()});
  for (std::size_t cause = 1; cause < unclean_elections_.size(); cause++)
    page.counter(kUnclean,
                 {{"cause", metadata::to_string(static_cast<metadata::UncleanCause>(cause))}},
                 unclean_elections_[cause]);
}

void ActiveController::enqueue(Waiting waiting) {
  if (stopped_) return waiting.done.set(fail(Errc::shutting_down, "the controller has stopped"));
  if (!leading_)
    return waiting.done.set(fail(Errc::not_controller, "this broker is not the controller"));
  if (waiting_.size() >= options_.waiting_max)
    return waiting.done.set(
        fail(Errc::budget_exceeded, "{} changes of metadata wait already", waiting_.size()));
  if (std::holds_alternative<metadata::DescribeVoters>(waiting.event))
    return waiting.done.set(metadata::ControllerAnswer{view_.get()->offset(), {quorum_now()}});
  waiting_.push_back(std::move(waiting));
  woken_.set();
}

void ActiveController::refuse_waiting(const Error& error) {
  for (Waiting& waiting : std::exchange(waiting_, {})) waiting.done.set(fail(error));
}

void ActiveController::broker_is_dead(BrokerId broker) {
  const metadata::ImagePtr image = view_.get();
  const auto* registered = image->broker(broker);
  if (!leading_ || stopped_ || !registered || registered->fenced) return;
  log_info("broker {} does not listen any more", broker);
  dead_.emplace_back(broker, registered->epoch);
  drop_heartbeats(broker, registered->epoch);
  woken_.set();
}

// What it said before it died must not bring it back. Who lives all the same says it again.
void ActiveController::drop_heartbeats(BrokerId broker, BrokerEpoch epoch) {
  std::erase_if(waiting_, [&](Waiting& waiting) {
    const auto* heartbeat = std::get_if<metadata::BrokerHeartbeat>(&waiting.event);
    if (!heartbeat || heartbeat->broker != broker || heartbeat->epoch != epoch) return false;
    waiting.done.set(fail(Errc::broker_not_available, "broker {} does not listen", broker));
    return true;
  });
}

void ActiveController::leader_changed(BrokerId leader, Term term) {
  dead_.clear();
  if (leader == options_.self && !stopped_) {
    leading_ = term;
    tasks_.spawn("controller", serve(term));
    return;
  }
  leading_.reset();
  refuse_waiting({Errc::not_controller, "this broker is not the controller any more"});
  woken_.set();
}

Task<void> ActiveController::serve(Term term) {
  controller::Controller decisions(options_.controller, *view_.get(), environment_.now());
  log_info("controller of term {} from metadata offset {} on", term, view_.get()->offset());
  {
    controller::Batch first(view_.get(), view_.get()->offset() + 1);
    decisions.prepare(first);
    if (!first.records().empty()) {
      auto entry = metadata::encode_entry(first.records(),
                                          environment_.wall_now().time_since_epoch().count());
      auto committed = co_await quorum_.append(term, std::move(entry));
      if (!committed) {
        if (!stopped_) log_error("preparing the metadata: {}", committed.error());
        quorum_.resign(term);
        co_return;
      }
    }
  }
  while (leads(term)) {
    if (waiting_.empty() && dead_.empty() && decisions.next_expiry() > environment_.now()) {
      woken_.reset();
      auto woken = co_await woken_.wait_until(decisions.next_expiry());
      if (!woken && woken.error().code != Errc::request_timed_out) co_return;
      continue;
    }
    bool goes_on = co_await one_batch(term, decisions);
    if (goes_on && leads(term) && voters_are_next()) goes_on = co_await change_voters(term);
    if (goes_on) continue;
    quorum_.resign(term);  // Whatever it was: the next term begins with a fresh view of things.
    co_return;
  }
}

std::vector<ActiveController::Decided> ActiveController::decide_waiting(
    controller::Controller& decisions, controller::Batch& batch) {
  const auto now = environment_.now();
  for (const auto& [broker, epoch] : std::exchange(dead_, {}))
    decisions.end_session(broker, epoch, batch.image());
  decisions.expire(batch, now);
  std::vector<Decided> decided;
  while (!waiting_.empty() && !voters_are_next() &&
         batch.records().size() < options_.batch_records) {
    Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    auto items = decisions.decide(batch, next.event, now);
    decided.push_back({std::move(next.done), std::move(items)});
  }
  return decided;
}

Task<bool> ActiveController::one_batch(Term term, controller::Controller& decisions) {
  const metadata::ImagePtr base = view_.get();
  controller::Batch batch(base, base->offset() + 1);
  std::vector<Decided> decided = decide_waiting(decisions, batch);
  Offset answered_at = base->offset();
  std::optional<Error> failed;
  if (!batch.records().empty()) {
    auto entry =
        metadata::encode_entry(batch.records(), environment_.wall_now().time_since_epoch().count());
    auto committed = co_await quorum_.append(term, std::move(entry));
    if (committed) {
      // The epochs that were given away are this offset.
      ENSURE(*committed == batch.image().offset(), "entry {} instead of {}", *committed,
             batch.image().offset());
      answered_at = *committed;
      auto applied = co_await view_.wait_for(answered_at, env::kNever);
      if (!applied) failed = as_answer(applied.error());
      tell_of_unclean(batch.records());
    } else {
      failed = as_answer(committed.error());
    }
  } else if (!decided.empty()) {
    // Nothing was changed, but somebody else may lead by now, who knows better: a heartbeat that is
    // answered here would prolong a lease that he has let run out (R8).
    const auto confirmed = co_await quorum_.read_barrier();
    if (!confirmed) failed = Error{Errc::not_controller, confirmed.error().context};
  }
  for (Decided& each : decided) {
    if (failed)
      each.done.set(fail(*failed));
    else
      each.done.set(metadata::ControllerAnswer{answered_at, std::move(each.items)});
  }
  co_return !failed || failed->code == Errc::disk_full || failed->code == Errc::message_too_large;
}

bool ActiveController::voters_are_next() const {
  return !waiting_.empty() &&
         std::holds_alternative<metadata::ChangeVoters>(waiting_.front().event);
}

metadata::QuorumState ActiveController::quorum_now() const {
  return quorum_state(*view_.get(), quorum_.look(), options_.self);
}

Task<bool> ActiveController::change_voters(Term term) {
  Waiting asked = std::move(waiting_.front());
  waiting_.pop_front();
  const auto& event = std::get<metadata::ChangeVoters>(asked.event);
  Error refused{Errc::none, {}};
  std::vector<quorum::Voters> steps;
  auto planned = plan_voters(*view_.get(), quorum_.look(), event);
  if (planned)
    steps = std::move(*planned);
  else
    refused = std::move(planned).error();
  // Once its vote is gone nobody here could take the second step.
  if (steps.size() > 1 && !names(steps.front(), options_.self)) {
    asked.done.set(fail(Errc::not_controller,
                        "broker {} hands over first: its own vote is to go to another",
                        options_.self));
    co_return false;
  }
  const auto at = co_await take_steps(term, std::move(steps), refused);
  if (!at) {
    asked.done.set(fail(at.error()));
    co_return false;
  }
  metadata::ControllerAnswer answer{*at, {}};
  if (refused.code == Errc::none)
    answer.items.emplace_back(std::monostate());
  else
    answer.items.push_back(fail(std::move(refused)));
  asked.done.set(std::move(answer));
  co_return true;
}

Task<Result<Offset>> ActiveController::take_steps(Term term, std::vector<quorum::Voters> steps,
                                                  Error& refused) {
  Offset at = view_.get()->offset();
  bool changed = false;
  for (quorum::Voters& voters : steps) {
    const auto committed = co_await quorum_.change_voters(term, std::move(voters));
    if (committed) {
      CO_TRY_VOID(co_await view_.wait_for(*committed, env::kNever));
      at = *committed;
      changed = true;
      log_info("the voters of the metadata have changed: {}", names_of_voters(quorum_.look()));
      continue;
    }
    const Error& error = committed.error();
    const Error told =
        changed ? Error{Errc::outcome_unknown, fmt::format("{}: {}", kHalfDone, to_string(error))}
                : error;
    const bool goes_on = error.code != Errc::not_controller && error.code != Errc::shutting_down &&
                         error.code != Errc::outcome_unknown;
    if (!goes_on) co_return fail(told);
    refused = told;
    break;
  }
  if (changed) co_return at;
  const auto confirmed = co_await quorum_.read_barrier();
  if (!confirmed) co_return fail(Errc::not_controller, "{}", confirmed.error().context);
  co_return at;
}

// Pre: they are committed.
void ActiveController::tell_of_unclean(const std::vector<metadata::Record>& records) {
  for (const metadata::Record& record : records) {
    const auto* change = std::get_if<metadata::PartitionChangeRecord>(&record);
    if (change == nullptr || !change->unclean) continue;
    unclean_elections_[static_cast<std::size_t>(change->unclean_cause)]++;
    log_warn("partition {}-{}: broker {} leads although it may lack records ({})", change->topic,
             change->index, change->leader.value_or(kNoBroker),
             metadata::to_string(change->unclean_cause));
  }
}

Task<void> ActiveController::stop() {
  stopped_ = true;
  leading_.reset();
  refuse_waiting({Errc::shutting_down, "the controller has stopped"});
  woken_.set();
  co_await tasks_.stop();
}

}  // namespace ropewalk::node
