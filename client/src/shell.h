// The client behind the public classes: one core's connections, what is known of the cluster, and
// how application threads and that core find each other.
//
// "Core only" functions run on the client's core; the others on any thread. Held by shared_ptr by
// the public objects; close() ends everything and is called by the Client's destructor.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/src/core/cluster_view.h"
#include "client/src/core/waiting.h"
#include "client/src/core/whom_to_ask.h"
#include "client/src/link.h"
#include "common/env/environment.h"
#include "common/env/task_group.h"
#include "ropewalk/client.h"
#include "ropewalk/types.h"

namespace ropewalk::client {

// A producer or consumer, as far as the closing client must know it.
class Part {
 public:
  virtual ~Part() = default;
  // The client closes: decide everything that is pending. On the closing thread.
  virtual void client_closes() = 0;
};

class Shell : public std::enable_shared_from_this<Shell> {
 public:
  // Runs on that core of the environment, which outlives it (but see on_closed).
  Shell(env::Environment& environment, std::size_t core, ClientOptions options);
  ~Shell();

  // What close() does last, when nothing of the shell runs any more: an environment of its own is
  // stopped there. What the function holds lives as long as the shell.
  void on_closed(std::function<void()> end) { end_ = std::move(end); }
  // Ends all tasks and connections and fails what is pending. Not on the core. Again is fine.
  void close();
  bool closed() const { return closed_.load(std::memory_order_acquire); }

  env::Environment& environment() { return environment_; }
  env::Core& core() { return core_; }
  const ClientOptions& options() const { return options_; }
  env::MonotonicTime now() const { return environment_.now(); }
  const std::shared_ptr<Waiting>& waiting() const { return waiting_; }
  void add_part(const std::shared_ptr<Part>& part);
  ClientStatistics statistics() const { return meter_->read(); }

  // Runs the task on the core and waits for its result. Not on the core. Errors: closed.
  template <class T>
  Result<T> run(std::function<Task<Result<T>>()> make);

  // --- Core only ---
  env::TaskGroup& tasks() { return *tasks_; }
  ClusterView& view() { return view_; }
  // Between retries: grows with the attempts, from 0.
  env::Duration backoff(int attempts);
  double jitter() { return random_.unit(); }

  // The connection to that address, opened if there is none. It may still be connecting.
  std::shared_ptr<Link> link_to(const env::Endpoint& endpoint);
  std::shared_ptr<Link> link_to_broker(BrokerId broker);  // Null: its address is not known.
  // The broker led nowhere: others are asked first for a while.
  void doubt(BrokerId broker);
  // The partition's leader is not (any more) what we think, and may not know that itself.
  void forget_leader(const PartitionName& partition);
  // A connection to any broker that answers. One that does not at once is given the time in which
  // others are tried. Errors: the last broker's, cancelled.
  static Task<Result<std::shared_ptr<Link>>> any_link(std::shared_ptr<Shell> self,
                                                      env::MonotonicTime deadline);
  // Asks any broker, again after failures that may pass, until the deadline; the next one when it
  // does not answer soon. A `change` is not repeated once it may have been carried out. Errors:
  // outcome_unknown (such a change), the broker's, cancelled.
  struct Asked {
    env::Endpoint broker;
    env::MonotonicTime at{};
  };
  struct Question {
    v1::ApiKey api = v1::API_NONE;
    bool change = false;
    env::MonotonicTime deadline{};
    std::shared_ptr<Asked> asked = nullptr;  // Where given: who was asked last, and when.
  };
  static Task<Result<wire::ResponseFrame>> ask_any(std::shared_ptr<Shell> self, Question question,
                                                   Link::Encode encode);
  template <class Response, class Request>
  static Task<Result<Response>> ask(std::shared_ptr<Shell> self, Question question,
                                    Request request);
  // Learns about these topics (none: about brokers only).
  static Task<Result<void>> refresh(std::shared_ptr<Shell> self, std::vector<std::string> topics,
                                    env::MonotonicTime deadline);

 private:
  struct BlockingWait;

  std::vector<env::Endpoint> brokers_to_ask() const;
  bool has_choice() const { return brokers_to_ask().size() > 1; }
  Patience patience_for(const Question& question, int attempts) const;
  // A link for a change: to a broker that answered a moment ago, if any does.
  static Task<Result<std::shared_ptr<Link>>> link_for_change(std::shared_ptr<Shell> self,
                                                             env::MonotonicTime deadline);
  void heard_nothing(Link& link);
  // Learns whether the cluster has given up the broker that is silent; if so, closes the link.
  static Task<void> look_after(std::shared_ptr<Shell> self, std::shared_ptr<Link> silent);

  std::function<void()> end_;  // First: an own environment ends behind everything else.
  env::Environment& environment_;
  env::Core& core_;
  const ClientOptions options_;
  std::vector<env::Endpoint> bootstrap_;
  std::shared_ptr<ClientMeter> meter_;
  std::shared_ptr<BlockingWait> blocking_;
  std::shared_ptr<Waiting> waiting_;
  std::atomic<bool> closed_{false};
  std::mutex parts_mutex_;
  std::vector<std::weak_ptr<Part>> parts_;

  // Core only.
  env::Random random_;
  ClusterView view_;
  WhomToAsk whom_;
  bool looking_after_ = false;
  std::unique_ptr<LinkContext> links_context_;
  std::map<env::Endpoint, std::shared_ptr<Link>> links_;
  std::unique_ptr<env::TaskGroup> tasks_;
  std::unique_ptr<env::TaskGroup> closing_;
};

// What a blocked thread and the task that it waits for share.
template <class T>
struct Handover {
  std::mutex mutex;
  std::optional<Result<T>> result;
};

template <class T>
Task<void> hand_over(std::shared_ptr<Shell> shell, std::function<Task<Result<T>>()> make,
                     std::shared_ptr<Handover<T>> handover) {
  auto result = co_await make();
  {
    const std::lock_guard lock(handover->mutex);
    handover->result.emplace(std::move(result));
  }
  shell->environment().notify();
}

template <class T>
Result<T> Shell::run(std::function<Task<Result<T>>()> make) {
  if (closed()) return fail(Errc::closed, "the client is closed");
  auto handover = std::make_shared<Handover<T>>();
  auto self = shared_from_this();
  core_.post([self, make = std::move(make), handover] {
    auto task = hand_over<T>(self, make, handover);
    if (self->tasks_ && self->tasks_->spawn("blocking call", std::move(task))) return;
    const std::lock_guard lock(handover->mutex);
    handover->result.emplace(fail(Errc::closed, "the client is closed"));
    self->environment_.notify();
  });
  const std::function<bool()> ready = [&] {
    const std::lock_guard lock(handover->mutex);
    return handover->result.has_value() || closed();
  };
  environment_.block_until(ready, env::kNever);
  const std::lock_guard lock(handover->mutex);
  if (!handover->result) return fail(Errc::closed, "the client is closed");
  return std::move(*handover->result);
}

template <class Response, class Request>
Task<Result<Response>> Shell::ask(std::shared_ptr<Shell> self, Question question, Request request) {
  Link::Encode encode = [request = std::move(request)](const v1::RequestHeader& header) {
    return std::vector<SharedBytes>{wire::encode_frame(header, request)};
  };
  CO_TRY(const wire::ResponseFrame reply,
         co_await ask_any(std::move(self), question, std::move(encode)));
  Response response;
  CO_TRY_VOID(wire::parse(reply.body.span(), response));
  co_return response;
}

}  // namespace ropewalk::client
