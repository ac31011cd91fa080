#include "broker/rpc/peer_links.h"

#include <algorithm>
#include <utility>

#include "broker/rpc/peer_link.h"

namespace ropewalk::rpc {

PeerLinks::PeerLinks(env::Environment& environment, env::Core& core, const PeerIdentity& self,
                     PeerLinkOptions options)
    : shared_(
          std::make_unique<PeerLinkShared>(environment, core, self, std::move(options), tasks_)),
      tasks_(core) {}

PeerLinks::~PeerLinks() = default;

const PeerLinkCounts& PeerLinks::counts() const { return shared_->counts; }

void PeerLinks::connect(const PeerAddress& to) {
  if (const auto link = link_to(to)) link->connect();
}

void PeerLinks::send(const PeerAddress& to, std::int32_t api_key, SharedBytes body) {
  const auto link = link_to(to);
  const bool taken = link && link->send(api_key, std::move(body));
  if (!taken) shared_->counts.dropped++;
}

Task<Result<SharedBytes>> PeerLinks::call(PeerAddress to, std::int32_t api_key, SharedBytes body,
                                          env::MonotonicTime deadline) {
  if (tasks_.stopping()) co_return fail(Errc::shutting_down, "this broker stops");
  const auto link = link_to(to);
  if (!link)
    co_return fail(Errc::budget_exceeded, "{} brokers are connected already", links_.size());
  auto answer = co_await PeerLink::call(link, api_key, std::move(body), deadline);
  co_return answer;
}

void PeerLinks::close(const PeerAddress& to) {
  const auto found = links_.find(to);
  if (found == links_.end()) return;
  found->second->retire();
  links_.erase(found);
}

// Null when there are too many, or this was stopped.
std::shared_ptr<PeerLink> PeerLinks::link_to(const PeerAddress& to) {
  if (const auto found = links_.find(to); found != links_.end()) return found->second;
  if (links_.size() >= shared_->options.links_max && !make_room()) return nullptr;
  auto link = std::make_shared<PeerLink>(*shared_, to);
  if (!tasks_.spawn("link to a broker", PeerLink::run(link))) return nullptr;
  links_.emplace(to, link);
  return link;
}

bool PeerLinks::make_room() {
  const auto idle =
      std::ranges::find_if(links_, [](const auto& entry) { return entry.second->is_idle(); });
  if (idle == links_.end()) return false;
  idle->second->retire();
  links_.erase(idle);
  return true;
}

Task<void> PeerLinks::stop() {
  co_await tasks_.stop();
  links_.clear();
}

}  // namespace ropewalk::rpc
