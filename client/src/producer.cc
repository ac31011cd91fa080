#include "ropewalk/producer.h"

#include "client/src/producer_shell.h"

namespace ropewalk {

Producer::Producer(Client& client, ProducerOptions options)
    : shell_(client::ProducerShell::make(client.shell(), std::move(options))) {}

Producer::~Producer() {
  if (shell_) close_now();
}
Producer::Producer(Producer&&) noexcept = default;
Producer& Producer::operator=(Producer&& other) noexcept {
  std::swap(shell_, other.shell_);
  return *this;
}

Delivery Producer::send(Record record) { return shell_->send(std::move(record)); }
Result<void> Producer::flush(std::chrono::nanoseconds timeout) { return shell_->flush(timeout); }
Result<void> Producer::close(std::chrono::nanoseconds timeout) { return shell_->close(timeout); }
void Producer::close_now() { (void)shell_->close(std::chrono::nanoseconds(0)); }
ProducerStatistics Producer::statistics() const { return shell_->statistics(); }

}  // namespace ropewalk
