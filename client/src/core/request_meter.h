// Counts requests and how long they took.
//
// Written by one thread (the client's core), read by any. Relaxed: each number is right, but not of
// one instant with the others.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "common/env/time.h"
#include "ropewalk/statistics.h"

namespace ropewalk::client {

class RequestMeter {
 public:
  void began() { sent_.fetch_add(1, std::memory_order_relaxed); }
  // Pre: began() was called for it.
  void answered(env::Duration took) {
    const std::int64_t nanoseconds = took.count();
    answered_.fetch_add(1, std::memory_order_relaxed);
    total_.fetch_add(nanoseconds, std::memory_order_relaxed);
    max_.store(std::max(max_.load(std::memory_order_relaxed), nanoseconds),
               std::memory_order_relaxed);
  }
  void failed() { failed_.fetch_add(1, std::memory_order_relaxed); }

  RequestStatistics read() const {
    RequestStatistics now;
    const std::uint64_t answered = answered_.load(std::memory_order_relaxed);
    now.failed = failed_.load(std::memory_order_relaxed);
    now.sent = std::max(sent_.load(std::memory_order_relaxed), answered + now.failed);
    now.in_flight = static_cast<std::size_t>(now.sent - answered - now.failed);
    const auto in_us = [](std::int64_t nanoseconds) {
      return std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::nanoseconds(nanoseconds));
    };
    if (answered != 0)
      now.latency_average =
          in_us(total_.load(std::memory_order_relaxed) / static_cast<std::int64_t>(answered));
    now.latency_max = in_us(max_.load(std::memory_order_relaxed));
    return now;
  }

 private:
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> answered_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::int64_t> total_{0};
  std::atomic<std::int64_t> max_{0};
};

// Of all connections of a client, and what it does beside.
struct ClientMeter {
  RequestMeter requests;
  std::atomic<std::uint64_t> connections_opened{0};
  std::atomic<std::uint64_t> reconnects{0};
  std::atomic<std::uint64_t> bytes_sent{0};
  std::atomic<std::uint64_t> bytes_received{0};
  std::atomic<std::uint64_t> retries{0};
  std::atomic<std::uint64_t> callback_failures{0};

  ClientStatistics read() const;
};

inline ClientStatistics ClientMeter::read() const {
  return {.connections_opened = connections_opened.load(std::memory_order_relaxed),
          .reconnects = reconnects.load(std::memory_order_relaxed),
          .bytes_sent = bytes_sent.load(std::memory_order_relaxed),
          .bytes_received = bytes_received.load(std::memory_order_relaxed),
          .retries = retries.load(std::memory_order_relaxed),
          .callback_failures = callback_failures.load(std::memory_order_relaxed),
          .requests = requests.read()};
}

}  // namespace ropewalk::client
