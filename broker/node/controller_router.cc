#include "broker/node/controller_router.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "broker/metadata/controller_codec.h"

namespace ropewalk::node {
namespace {

using metadata::ControllerEvent;

// The control core knows more about a proposal whose time is over than the clock does, if it is not
// stuck.
constexpr std::chrono::milliseconds kLastWord{500};

// Whether it does no harm to carry it out twice (metadata-quorum.md, 6.1): a life that registers
// again keeps its epoch, and what only validates changes nothing.
bool may_be_repeated(const metadata::RegisterBroker&) { return true; }
bool may_be_repeated(const metadata::BrokerHeartbeat&) { return true; }
bool may_be_repeated(const metadata::CreateTopics& event) { return event.validate_only; }
bool may_be_repeated(const metadata::DeleteTopics&) { return false; }
bool may_be_repeated(const metadata::CreatePartitions& event) { return event.validate_only; }
bool may_be_repeated(const metadata::SetConfigs& event) { return event.validate_only; }
bool may_be_repeated(const metadata::AllocateProducerIds&) { return false; }
bool may_be_repeated(const metadata::ReportSynced&) { return false; }
// R6: the leader must know of each copy what became of it.
bool may_be_repeated(const metadata::AlterInSync&) { return false; }
bool may_be_repeated(const metadata::ReportDamaged&) { return true; }
bool may_be_repeated(const metadata::ElectLeaders&) { return false; }
bool may_be_repeated(const metadata::AlterReassignments&) { return false; }
bool may_be_repeated(const metadata::UnregisterBroker&) { return false; }
bool may_be_repeated(const metadata::ChangeVoters&) { return false; }
bool may_be_repeated(const metadata::DescribeVoters&) { return true; }
bool may_be_repeated(const metadata::UpdateFeature&) { return true; }

// The event has not left this broker, or the other one has not looked at it.
bool was_not_heard(Errc code) {
  switch (code) {
    case Errc::connection_refused:
    case Errc::not_found:  // No such name.
    case Errc::io_error:   // No way there.
    case Errc::network_exception:
    case Errc::permission_denied:
    case Errc::wrong_owner:  // Somebody else is there.
    case Errc::inconsistent_cluster_id:
    case Errc::unsupported_version:
    case Errc::malformed_frame:
    case Errc::unknown_api:
    case Errc::not_negotiated:
    case Errc::shutting_down:
      return true;
    default:
      return false;
  }
}

constexpr telemetry::Family kElsewhere{
    "ropewalk_controller_requests_total",
    "Requests of this broker to a controller that is another broker."};
constexpr telemetry::Family kAgain{
    "ropewalk_controller_retries_total",
    "Times that this broker has asked for the controller's decision again."};

}  // namespace

struct ControllerRouter::Proposal {
  ControllerEvent event;
  env::MonotonicTime deadline;
  env::OneShot<Answer> done;
  bool repeatable = false;
  SharedBytes bytes = {};   // Once it was to leave this broker.
  bool maybe_done = false;  // Somebody has it, or had it and left open what became of it.
};

// Held by the task that asks and by the proposal, which may not wait for the end.
struct ControllerRouter::Asked {
  std::optional<Result<SharedBytes>> body;
};

ControllerRouter::ControllerRouter(env::Environment& environment, metadata::ControllerPort& local,
                                   ControllerPeers& peers, ControllerRouterOptions options)
    : environment_(environment),
      local_(local),
      peers_(peers),
      options_(options),
      woken_(environment.control_core()),
      self_(std::make_shared<ControllerRouter*>(this)),
      tasks_(environment.control_core()) {}

ControllerRouter::~ControllerRouter() = default;

Task<Result<metadata::ControllerAnswer>> ControllerRouter::propose(ControllerEvent event,
                                                                   env::MonotonicTime deadline) {
  env::OneShot<Answer> done(environment_.current_core());
  const bool repeatable = std::visit([](const auto& kind) { return may_be_repeated(kind); }, event);
  auto proposal =
      std::make_unique<Proposal>(Proposal{std::move(event), deadline, done, repeatable});
  environment_.control_core().post(
      [weak = std::weak_ptr(self_), proposal = std::move(proposal)]() mutable {
        if (auto self = weak.lock())
          (*self)->start(std::move(proposal));
        else
          proposal->done.set(fail(Errc::shutting_down, "the way to the controller is gone"));
      });
  const auto until = deadline == env::kNever ? deadline : deadline + kLastWord;
  auto answer = co_await done.wait_until(until);
  if (!answer) co_return within("waiting for the controller", std::move(answer).error());
  co_return *std::move(answer);
}

void ControllerRouter::start(std::unique_ptr<Proposal> proposal) {
  if (stopped_) return proposal->done.set(fail(Errc::shutting_down, "this broker stops"));
  if (proposals_ >= options_.proposals_max)
    return proposal->done.set(
        fail(Errc::budget_exceeded, "{} changes of metadata wait already", proposals_));
  proposals_++;
  tasks_.spawn("proposal", carry_out(std::move(proposal)));
}

Task<void> ControllerRouter::carry_out(std::unique_ptr<Proposal> proposal) {
  auto answer = co_await find_answer(*proposal);
  proposals_--;
  const bool stopped = stopped_ && !answer && answer.error().code == Errc::cancelled;
  if (stopped && proposal->maybe_done && !proposal->repeatable)
    answer = fail(Errc::outcome_unknown, "this broker stops, and the controller was asked");
  else if (stopped)
    answer = fail(Errc::shutting_down, "this broker stops");
  proposal->done.set(std::move(answer));
}

Task<Result<metadata::ControllerAnswer>> ControllerRouter::find_answer(Proposal& proposal) {
  Error last{Errc::not_controller, "nobody is known to be the controller"};
  env::Duration pause = options_.pause_least;
  for (;;) {
    const std::uint64_t election = elections_;
    if (leader_ != kNoBroker) {
      const bool before = std::exchange(proposal.maybe_done, true);
      auto tried = co_await attempt(proposal);
      const bool may_repeat = tried.fate == Fate::undecided || proposal.repeatable;
      if (tried.fate == Fate::settled || !may_repeat) co_return std::move(tried.answer);
      proposal.maybe_done = before || tried.fate == Fate::unknown;
      last = std::move(tried.answer).error();
    }
    const env::MonotonicTime now = environment_.now();
    if (now >= proposal.deadline) break;
    if (elections_ == election) {
      const bool known = leader_ != kNoBroker;
      const auto until = known && proposal.deadline - now > pause ? now + pause : proposal.deadline;
      const auto waited = co_await woken_.wait_until(until);
      if (!waited && waited.error().code != Errc::request_timed_out) co_return fail(waited.error());
    }
    pause =
        elections_ == election ? std::min(pause * 2, options_.pause_most) : options_.pause_least;
    asked_again_++;
  }
  if (proposal.maybe_done)
    co_return fail(Errc::request_timed_out, "asking the controller: {}", to_string(last));
  co_return fail(Errc::not_controller, "no controller has decided in time: {}", to_string(last));
}

// Pre: somebody leads.
Task<ControllerRouter::Attempt> ControllerRouter::attempt(Proposal& proposal) {
  if (leader_ != options_.self) co_return co_await ask_elsewhere(proposal);
  ControllerEvent copy = proposal.event;
  auto answer = co_await local_.propose(std::move(copy), proposal.deadline);
  Fate fate = Fate::settled;
  if (!answer && answer.error().code == Errc::not_controller) fate = Fate::undecided;
  if (!answer && answer.error().code == Errc::outcome_unknown) fate = Fate::unknown;
  co_return Attempt{fate, std::move(answer)};
}

Task<ControllerRouter::Attempt> ControllerRouter::ask_elsewhere(Proposal& proposal) {
  const BrokerId broker = leader_;
  const std::uint64_t election = elections_;
  const auto undecided = [broker](const Error& why) {
    return Attempt{Fate::undecided,
                   fail(why.code, "asking broker {}, the controller: {}", broker, why.context)};
  };
  const auto unknown = [broker](const Error& why) {
    return Attempt{Fate::unknown,
                   fail(Errc::outcome_unknown, "asking broker {}, the controller: {}", broker,
                        to_string(why))};
  };
  auto at = peers_.address_of(broker);
  if (!at) co_return undecided({Errc::broker_not_available, "its address is not known"});
  if (proposal.bytes.empty()) proposal.bytes = metadata::encode_event(proposal.event);
  asked_elsewhere_++;
  auto asked = std::make_shared<Asked>();
  tasks_.spawn("ask the controller",
               ask(asked, broker, *std::move(at), proposal.bytes, proposal.deadline));
  // What may be repeated need not wait for one who leads no more: he may be cut off.
  while (!asked->body && !(proposal.repeatable && elections_ != election)) {
    const auto waited = co_await woken_.wait_until(env::kNever);
    if (!waited) co_return Attempt{Fate::settled, fail(waited.error())};
  }
  if (!asked->body) co_return unknown({Errc::not_controller, "it leads no more"});
  if (!*asked->body) {
    const Error& error = asked->body->error();
    const bool early =
        error.code == Errc::request_timed_out && environment_.now() < proposal.deadline;
    if (early || was_not_heard(error.code)) co_return undecided(error);
    const bool told = error.code == Errc::budget_exceeded || error.code == Errc::cancelled ||
                      error.code == Errc::message_too_large;
    if (told) co_return Attempt{Fate::settled, fail(error)};
    co_return unknown(error);
  }
  auto answer = metadata::decode_answer((*asked->body)->text(), proposal.event);
  if (!answer) co_return unknown(answer.error());
  if (*answer) co_return Attempt{Fate::settled, std::move(*answer)};
  switch (answer->error().code) {
    case Errc::not_controller:
    case Errc::shutting_down:
      co_return undecided(answer->error());
    case Errc::outcome_unknown:
    case Errc::request_timed_out:
      co_return unknown(answer->error());
    default:
      co_return Attempt{Fate::settled, std::move(*answer)};
  }
}

Task<void> ControllerRouter::ask(std::shared_ptr<Asked> asked, BrokerId broker, env::Endpoint at,
                                 SharedBytes event, env::MonotonicTime deadline) {
  auto body = co_await peers_.ask(broker, std::move(at), std::move(event), deadline);
  asked->body.emplace(std::move(body));
  wake();
}

void ControllerRouter::leader_changed(BrokerId leader, Term) {
  leader_ = leader;
  elections_++;
  wake();
}

// All who wait now look again.
void ControllerRouter::wake() {
  woken_.set();
  woken_.reset();
}

void ControllerRouter::show(telemetry::Page& page) const {
  page.counter(kElsewhere, {}, asked_elsewhere_);
  page.counter(kAgain, {}, asked_again_);
}

Task<void> ControllerRouter::stop() {
  stopped_ = true;
  co_await tasks_.stop();
}

}  // namespace ropewalk::node
