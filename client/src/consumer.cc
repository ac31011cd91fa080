#include "ropewalk/consumer.h"

#include "client/src/consumer_shell.h"

namespace ropewalk {

Consumer::Consumer(Client& client, ConsumerOptions options)
    : shell_(client::ConsumerShell::make(client.shell(), std::move(options))) {}

Consumer::~Consumer() {
  if (shell_) shell_->close();
}
Consumer::Consumer(Consumer&&) noexcept = default;
Consumer& Consumer::operator=(Consumer&& other) noexcept {
  std::swap(shell_, other.shell_);
  return *this;
}

Result<void> Consumer::assign(std::vector<PartitionName> partitions) {
  return shell_->assign(partitions);
}
Result<void> Consumer::assign_topic(const std::string& topic) {
  return shell_->assign_topic(topic);
}
std::vector<PartitionName> Consumer::assignment() const { return shell_->assignment(); }

Result<void> Consumer::seek(const PartitionName& partition, std::int64_t offset) {
  return shell_->seek(partition, offset);
}
Result<void> Consumer::seek_to_beginning(const PartitionName& partition) {
  return shell_->seek_to(partition, OffsetReset::earliest);
}
Result<void> Consumer::seek_to_end(const PartitionName& partition) {
  return shell_->seek_to(partition, OffsetReset::latest);
}

Result<void> Consumer::seek_to_time(const PartitionName& partition, Timestamp from) {
  return shell_->seek_to_time(partition, from);
}

Result<void> Consumer::pause(const std::vector<PartitionName>& partitions) {
  return shell_->set_paused(partitions, true);
}
Result<void> Consumer::resume(const std::vector<PartitionName>& partitions) {
  return shell_->set_paused(partitions, false);
}
std::vector<PartitionName> Consumer::paused() const { return shell_->paused(); }

Result<Records> Consumer::poll(std::chrono::nanoseconds timeout) { return shell_->poll(timeout); }
Result<std::int64_t> Consumer::position(const PartitionName& partition) {
  return shell_->position(partition);
}

Result<std::vector<std::int64_t>> Consumer::beginning_offsets(
    const std::vector<PartitionName>& of) {
  return shell_->offsets(of, OffsetWanted::earliest);
}
Result<std::vector<std::int64_t>> Consumer::end_offsets(const std::vector<PartitionName>& of) {
  return shell_->offsets(of, OffsetWanted::latest);
}

ConsumerStatistics Consumer::statistics() const { return shell_->statistics(); }

void Consumer::close() { shell_->close(); }

}  // namespace ropewalk
