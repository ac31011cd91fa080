#include "client/cli/bench/flights.h"

namespace ropewalk::cli {

void Flights::begin(std::uint64_t number, env::MonotonicTime due) {
  const std::lock_guard lock(mutex_);
  flights_[number].due = due;
}

std::optional<env::MonotonicTime> Flights::acknowledged(std::uint64_t number) {
  return arrived(number, &Flight::acknowledged);
}

std::optional<env::MonotonicTime> Flights::consumed(std::uint64_t number) {
  return arrived(number, &Flight::consumed);
}

void Flights::failed(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = error;
  changed_.notify_all();
}

std::optional<env::MonotonicTime> Flights::arrived(std::uint64_t number, bool Flight::* how) {
  const std::lock_guard lock(mutex_);
  const auto found = flights_.find(number);
  if (found == flights_.end() || found->second.*how) return std::nullopt;
  Flight& flight = found->second;
  const env::MonotonicTime due = flight.due;
  flight.*how = true;
  arrivals_++;
  if (flight.acknowledged && flight.consumed) flights_.erase(found);
  changed_.notify_all();
  return due;
}

Result<void> Flights::wait_until_at_most(std::size_t count, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const std::uint64_t arrivals = arrivals_;
    const bool moved = changed_.wait_for(
        lock, timeout, [&] { return error_ || flights_.size() <= count || arrivals_ != arrivals; });
    if (error_) return fail(*error_);
    if (flights_.size() <= count) return {};
    if (!moved) return fail(what_is_missing(timeout));
  }
}

Error Flights::what_is_missing(std::chrono::milliseconds timeout) const {
  const auto& [number, flight] = *flights_.begin();
  return {Errc::request_timed_out,
          fmt::format("record {} was not {} within {} ms", number,
                      flight.acknowledged ? "consumed" : "acknowledged", timeout.count())};
}

}  // namespace ropewalk::cli
