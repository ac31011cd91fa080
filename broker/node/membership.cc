#include "broker/node/membership.h"

#include <algorithm>
#include <utility>

#include "common/log.h"
#include "common/plant.h"

namespace ropewalk::node {
namespace {

constexpr std::chrono::milliseconds kRetryEvery{100};

constexpr telemetry::Family kHeartbeats{"ropewalk_heartbeats_total",
                                        "Heartbeats that this broker has sent to the controller."};
constexpr telemetry::Family kHeartbeatFailures{
    "ropewalk_heartbeat_failures_total",
    "Heartbeats of this broker that the controller did not confirm in time."};
constexpr telemetry::Family kLeaseSeconds{
    "ropewalk_lease_remaining_seconds",
    "For how long this broker may serve without another heartbeat that is confirmed."};

}  // namespace

Membership::Membership(env::Environment& environment, metadata::ControllerPort& controller,
                       metadata::MetadataView& view, MembershipOptions options)
    : environment_(environment),
      controller_(controller),
      view_(view),
      options_(std::move(options)),
      hurry_(environment.control_core()),
      tasks_(environment.control_core()) {}

Task<Result<BrokerEpoch>> Membership::register_now(env::MonotonicTime deadline) {
  // Whose disk was replaced comes before the session of its last life has ended; who stays taken
  // after that is somebody else, who lives.
  const env::MonotonicTime taken_until = environment_.now() + 2 * options_.session;
  bool waits = false;
  for (;;) {
    if (gave_up_) co_return fail(Errc::shutting_down, "registering this broker");
    metadata::ControllerEvent event = options_.registration;
    auto answer = co_await controller_.propose(std::move(event), deadline);
    Error error;
    if (answer && answer->items.at(0)) {
      epoch_ = std::get<metadata::BrokerRegistered>(*answer->items[0]).epoch;
      CO_TRY_VOID(co_await view_.wait_for(answer->offset, deadline));
      log_info("broker {} registered under epoch {}", options_.registration.broker.id, *epoch_);
      co_return *epoch_;
    }
    error = answer ? answer->items[0].error() : answer.error();
    // Asking again with the same incarnation is safe whatever became of the first time.
    const bool taken = error.code == Errc::wrong_owner && environment_.now() < taken_until;
    if (taken && !std::exchange(waits, true))
      log_info("{}: waiting for as long as a session may last", error);
    const bool again = taken || is_retriable(error.code) || error.code == Errc::outcome_unknown;
    if (!again || environment_.now() + kRetryEvery >= deadline)
      co_return within("registering this broker", std::move(error));
    const bool slept =
        co_await environment_.control_core().sleep_until(environment_.now() + kRetryEvery);
    if (!slept) co_return fail(Errc::cancelled, "registering this broker");
  }
}

Task<Result<metadata::HeartbeatState>> Membership::heartbeat(env::MonotonicTime deadline) {
  metadata::BrokerHeartbeat beat;
  beat.broker = options_.registration.broker.id;
  beat.epoch = *epoch_;
  beat.applied = view_.get()->offset();
  beat.wants_shutdown = leaving_;
  beat.failed_directories = lost_directories_;
  const env::BootTime sent = environment_.boot_now();
  metadata::ControllerEvent event = beat;
  CO_TRY(auto answer, co_await controller_.propose(std::move(event), deadline));
  CO_TRY(const auto item, std::move(answer.items.at(0)));
  const auto state = std::get<metadata::HeartbeatState>(item);
  if (!state.fenced) {
    CO_TRY_VOID(co_await view_.wait_for(answer.offset, deadline));
    // Counted from when it was sent: the controller's session began later (R8).
    const auto lasts = RW_PLANT(lease_not_checked) ? env::Duration(std::chrono::hours(1))
                                                   : options_.session - options_.margin;
    lease_.store(Lease{sent + lasts}, std::memory_order_release);
  } else {
    lease_.store(Lease{}, std::memory_order_release);
  }
  co_return state;
}

Task<Result<void>> Membership::unfence(env::MonotonicTime deadline) {
  for (;;) {
    if (gave_up_) co_return fail(Errc::shutting_down, "the first heartbeat");
    auto state = co_await heartbeat(deadline);
    if (state && !state->fenced) break;
    if (!state && !is_retriable(state.error().code) && state.error().code != Errc::outcome_unknown)
      co_return within("the first heartbeat", std::move(state).error());
    if (environment_.now() + kRetryEvery >= deadline)
      co_return fail(Errc::request_timed_out, "this broker was not let in: {}",
                     state ? std::string("still fenced") : to_string(state.error()));
    const bool slept =
        co_await environment_.control_core().sleep_until(environment_.now() + kRetryEvery);
    if (!slept) co_return fail(Errc::cancelled, "the first heartbeat");
  }
  tasks_.spawn("heartbeats", keep_alive());
  co_return Result<void>{};
}

bool Membership::others_serve() const {
  const metadata::ImagePtr& image = view_.get();
  return std::ranges::any_of(image->brokers(), [this](const auto& entry) {
    const metadata::BrokerRegistration& broker = *entry.second;
    return broker.id != options_.registration.broker.id && !broker.fenced &&
           !broker.in_controlled_shutdown;
  });
}

Task<bool> Membership::leave(env::MonotonicTime deadline) {
  leaving_ = others_serve();
  while (others_serve()) {
    const auto state = co_await heartbeat(deadline);
    if (state && state->may_shut_down) co_return true;
    const bool again =
        state || is_retriable(state.error().code) || state.error().code == Errc::outcome_unknown;
    if (!again || environment_.now() + kRetryEvery >= deadline) {
      log_warn("this broker ends although it was not let go: {}",
               state ? std::string("others do not know yet who leads") : to_string(state.error()));
      co_return false;
    }
    const bool slept =
        co_await environment_.control_core().sleep_until(environment_.now() + kRetryEvery);
    if (!slept) co_return false;
  }
  co_return true;
}

void Membership::lost_directory(const DirectoryId& id) {
  lost_directories_.push_back(id);
  hurry_.set();
}

void Membership::show(telemetry::Page& page) const {
  page.counter(kHeartbeats, {}, heartbeats_);
  page.counter(kHeartbeatFailures, {}, heartbeat_failures_);
  const std::chrono::duration<double> left = lease().until - environment_.boot_now();
  page.gauge(kLeaseSeconds, {}, std::max(left.count(), 0.0));
}

Task<void> Membership::keep_alive() {
  for (;;) {
    const auto next = environment_.now() + options_.heartbeat_every;
    const auto hurried = co_await hurry_.wait_until(next);
    if (!hurried && hurried.error().code != Errc::request_timed_out) co_return;
    hurry_.reset();
    auto state = co_await heartbeat(environment_.now() + options_.session);
    heartbeats_++;
    if (!state) heartbeat_failures_++;
    if (state) {
      if (state->fenced) log_warn("this broker is fenced; it asks to be let in again");
      continue;
    }
    if (state.error().code == Errc::cancelled || state.error().code == Errc::shutting_down)
      co_return;
    log_warn("heartbeat: {}", state.error());
    if (state.error().code != Errc::stale_broker_epoch) continue;
    if (options_.on_expelled) options_.on_expelled(state.error());
    co_return;
  }
}

}  // namespace ropewalk::node
