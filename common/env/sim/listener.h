// A simulated listening socket with its backlog.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "common/env/network.h"
#include "common/env/sim/channel.h"

namespace ropewalk::sim {

class SimListener final : public env::Listener {
 public:
  static constexpr std::size_t kBacklog = 128;

  SimListener(Fabric& fabric, SimEnvironment& environment, env::Endpoint at,
              std::shared_ptr<const env::TlsIdentity> tls)
      : fabric_(fabric), environment_(environment), at_(std::move(at)), tls_(std::move(tls)) {}
  ~SimListener() override { close(); }

  Result<void> bind();
  env::Endpoint local() const override { return at_; }
  Task<Result<std::unique_ptr<env::Connection>>> accept(env::Core& owner) override;
  void close() override;

  bool belongs_to(const SimEnvironment& life) const { return &environment_ == &life; }
  bool reachable_from(const std::string& node) const;
  bool full() const { return backlog_.size() >= kBacklog; }
  void arrived(std::shared_ptr<Channel> channel);

 private:
  using Accepted = Result<std::unique_ptr<env::Connection>>;
  void serve();

  Fabric& fabric_;
  SimEnvironment& environment_;
  env::Endpoint at_;
  const std::shared_ptr<const env::TlsIdentity> tls_;
  bool closed_ = false;
  std::deque<std::shared_ptr<Channel>> backlog_;
  OperationRef<Accepted> accepting_;
  SimCore* owner_ = nullptr;  // Of the connection that accepting_ waits for.
};

std::unique_ptr<env::Connection> make_connection(std::shared_ptr<Channel> channel,
                                                 std::size_t side);

}  // namespace ropewalk::sim
