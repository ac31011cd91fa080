#include "common/env/waiters.h"

#include <utility>

namespace ropewalk::env {
namespace {

class WaiterService : public boost::asio::execution_context::service {
 public:
  using key_type = WaiterService;
  static inline boost::asio::execution_context::id id;

  explicit WaiterService(boost::asio::execution_context& context)
      : boost::asio::execution_context::service(context) {}
  const std::shared_ptr<WaiterTable>& table() const { return table_; }

 private:
  void shutdown() override { table_->close(); }
  std::shared_ptr<WaiterTable> table_ = std::make_shared<WaiterTable>();
};

}  // namespace

std::uint64_t WaiterTable::add(Complete complete) {
  if (closed_) return 0;  // The handler ends with its argument.
  waiting_.emplace(++last_id_, std::move(complete));
  return last_id_;
}

WaiterTable::Complete WaiterTable::take(std::uint64_t id) {
  auto node = waiting_.extract(id);
  return node.empty() ? Complete() : std::move(node.mapped());
}

void WaiterTable::close() {
  closed_ = true;
  // One at a time: a frame that ends may end events that others wait for.
  while (!waiting_.empty()) waiting_.extract(waiting_.begin());
}

std::shared_ptr<WaiterTable> waiters_of(boost::asio::execution_context& context) {
  return boost::asio::use_service<WaiterService>(context).table();
}

}  // namespace ropewalk::env
