// The root of the library: connections, what is known of the cluster, and one I/O thread.
//
//   auto client = Client::connect({.brokers = {"127.0.0.1:9192"}});
//   Producer producer(*client, {});
//   producer.send({.topic = "flights", .key = "DTW", .value = "..."});
//
// Producer, Consumer and Admin share their client and keep what they need of it alive; close or
// destroy them first all the same. A Client may be used from several threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/error.h"
#include "ropewalk/statistics.h"

namespace ropewalk {

namespace env {
class Environment;
}
namespace client {
class Shell;
}

struct ClientOptions {
  // Where to begin, "HOST:PORT" each; the others are learnt.
  std::vector<std::string> brokers = {"127.0.0.1:9192"};
  std::string client_id = "ropewalk";  // For the broker's logs and quotas.
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds request_timeout{30'000};
  // How old the knowledge of a topic may get before a producer asks for more partitions. Leaders
  // are asked for whenever one denies to be it.
  std::chrono::milliseconds metadata_age_max{300'000};
  std::chrono::milliseconds retry_backoff{50};  // Doubles, with jitter, up to the next one.
  std::chrono::milliseconds retry_backoff_max{1'000};
};

class Client {
 public:
  // Makes the I/O thread and returns once a broker has answered. Errors: connection_refused,
  // request_timed_out, closed: trying again helps once a broker is there; invalid_request (an
  // address that is none), not_found (no such host), unsupported_version,
  // sasl_authentication_failed: it does not.
  static Result<Client> connect(ClientOptions options);

  // A client that lives in somebody else's environment (the simulation), on that core of it, and
  // connects when it is first needed. The environment must outlive it. Ignores addresses that are
  // none. On any thread outside the environment's tasks.
  Client(env::Environment& environment, std::size_t core, ClientOptions options);

  // Closes the connections; what is pending fails with Errc::closed.
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  ClientStatistics statistics() const;

  // For Producer, Consumer and Admin.
  const std::shared_ptr<client::Shell>& shell() const { return shell_; }

 private:
  explicit Client(std::shared_ptr<client::Shell> shell);
  std::shared_ptr<client::Shell> shell_;
};

}  // namespace ropewalk
