#include "ropewalk/producer.h"

#include "client/src/producer_shell.h"

namespace ropewalk {

Producer::Producer(Client& client, ProducerOptions options)
    : shell_(client::ProducerShell::make(client.shell(), options)) {}

Producer::~Producer() {
  if (shell_) (void)shell_->close(std::chrono::nanoseconds(0));
}
Producer::Producer(Producer&&) noexcept = default;
Producer& Producer::operator=(Producer&& other) noexcept {
  std::swap(shell_, other.shell_);
  return *this;
}

Delivery Producer::send(Record record) { return shell_->send(std::move(record)); }
Result<void> Producer::flush(std::chrono::nanoseconds timeout) { return shell_->flush(timeout); }
Result<void> Producer::close(std::chrono::nanoseconds timeout) { return shell_->close(timeout); }

}  // namespace ropewalk
