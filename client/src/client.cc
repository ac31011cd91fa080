#include "ropewalk/client.h"

#include "client/src/shell.h"
#include "common/env/real/real_environment.h"

namespace ropewalk {

namespace {

Task<Result<bool>> find_any_broker(std::shared_ptr<client::Shell> shell) {
  const env::MonotonicTime deadline = shell->now() + shell->options().connect_timeout;
  CO_TRY_VOID(co_await client::Shell::any_link(shell, deadline));
  co_return true;
}

}  // namespace

Result<Client> Client::connect(ClientOptions options) {
  if (options.brokers.empty())
    return fail(Errc::invalid_request, "no broker addresses to begin with");
  for (const std::string& text : options.brokers) {
    auto endpoint = env::Endpoint::parse(text);
    if (!endpoint) return fail(std::move(endpoint).error());
  }
  std::shared_ptr<env::RealEnvironment> environment =
      env::make_real_environment({.cores = 1, .pin = false});
  auto shell = std::make_shared<client::Shell>(*environment, 0, std::move(options));
  shell->on_closed([environment] {
    environment->stop();
    environment->run_until_stopped();
  });
  Client client(shell);
  auto found = shell->run<bool>([shell] { return find_any_broker(shell); });
  if (!found) return fail(std::move(found).error());
  return client;
}

Client::Client(env::Environment& environment, std::size_t core, ClientOptions options)
    : shell_(std::make_shared<client::Shell>(environment, core, std::move(options))) {}

Client::Client(std::shared_ptr<client::Shell> shell) : shell_(std::move(shell)) {}

ClientStatistics Client::statistics() const { return shell_->statistics(); }

Client::~Client() {
  if (shell_) shell_->close();
}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&& other) noexcept {
  std::swap(shell_, other.shell_);
  return *this;
}

}  // namespace ropewalk
