#include "common/env/sim/fabric.h"

#include <vector>

#include "common/env/sim/channel.h"
#include "common/env/sim/listener.h"
#include "common/env/sim/node.h"
#include "common/error.h"

namespace ropewalk::sim {

void Fabric::set_link(const std::string& from, const std::string& to, LinkOptions options) {
  links_.insert_or_assign({from, to}, options);
}

const LinkOptions& Fabric::link_of(const std::string& from, const std::string& to) const {
  auto it = links_.find({from, to});
  return it == links_.end() ? link : it->second;
}

Duration Fabric::delay(const std::string& from, const std::string& to) {
  const LinkOptions& options = link_of(from, to);
  return world_.between(options.delay_least, options.delay_most);
}

void Fabric::add_node(Node& node) { nodes_.emplace(node.name(), &node); }

Node* Fabric::find_node(std::string_view host) const {
  auto it = nodes_.find(host);
  return it == nodes_.end() ? nullptr : it->second;
}

template <class F>
void Fabric::for_each_channel(F function) {
  std::vector<std::shared_ptr<Channel>> living;
  for (auto it = channels_.begin(); it != channels_.end();) {
    if (auto channel = it->second.lock()) {
      living.push_back(std::move(channel));
      ++it;
    } else {
      it = channels_.erase(it);
    }
  }
  for (auto& channel : living) function(*channel);
}

void Fabric::add_channel(const std::shared_ptr<Channel>& channel) {
  channels_.emplace(++last_channel_, channel);
  if (last_channel_ % 64 == 0) for_each_channel([](Channel&) {});
}

bool Fabric::is_cut(const std::string& from, const std::string& to) const {
  return cuts_.contains({from, to});
}

void Fabric::cut(const std::string& from, const std::string& to) {
  if (cuts_.insert({from, to}).second) world_.count("net.cut");
}

void Fabric::heal(const std::string& from, const std::string& to) {
  if (cuts_.erase({from, to}) != 0) flush(from, to);
}

void Fabric::isolate(const std::string& node) {
  for (const auto& [name, other] : nodes_) {
    if (name == node) continue;
    cut(node, name);
    cut(name, node);
  }
}

void Fabric::heal() {
  const auto healed = std::exchange(cuts_, {});
  for (const auto& [from, to] : healed) flush(from, to);
}

void Fabric::flush(const std::string& from, const std::string& to) {
  for_each_channel([&](Channel& channel) { channel.healed(from, to); });
}

void Fabric::reset_connections(const std::string& node, Resets which) {
  for_each_channel([&](Channel& channel) {
    if (!channel.touches(node)) return;
    which == Resets::both_sides ? channel.reset_both() : channel.reset_side_of(node);
  });
}

Result<std::uint16_t> Fabric::bind(const std::string& node, std::uint16_t port,
                                   SimListener& listener) {
  if (port == 0) {
    do port = next_port();
    while (listeners_.contains({node, port}));
  }
  if (!listeners_.emplace(std::pair(node, port), &listener).second)
    return fail(Errc::address_in_use, "{}:{}", node, port);
  return port;
}

void Fabric::unbind(const std::string& node, std::uint16_t port, const SimListener& listener) {
  auto it = listeners_.find({node, port});
  if (it != listeners_.end() && it->second == &listener) listeners_.erase(it);
}

SimListener* Fabric::listener(const std::string& node, std::uint16_t port) const {
  auto it = listeners_.find({node, port});
  return it == listeners_.end() ? nullptr : it->second;
}

void Fabric::process_died(const SimEnvironment& life) {
  std::erase_if(listeners_, [&](const auto& entry) { return entry.second->belongs_to(life); });
  for_each_channel([&](Channel& channel) { channel.process_died(life); });
}

void Fabric::machine_died(const SimEnvironment& life) {
  std::erase_if(listeners_, [&](const auto& entry) { return entry.second->belongs_to(life); });
  for_each_channel([&](Channel& channel) { channel.machine_died(life); });
}

}  // namespace ropewalk::sim
