#include "common/env/sim/disk.h"

#include <algorithm>
#include <set>
#include <utility>

namespace ropewalk::sim {

namespace {

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

bool is_below(std::string_view path, std::string_view directory) {
  if (directory.empty()) return !path.empty();
  return path.size() > directory.size() && path.starts_with(directory) &&
         path[directory.size()] == '/';
}

}  // namespace

Disk::Disk() : books_(std::make_shared<DiskBooks>()) {
  cached_[""] = {};
  durable_[""] = {};
}

bool Disk::is_directory(std::string_view path) const {
  auto it = cached_.find(path);
  return it != cached_.end() && !it->second.file;
}

Result<void> Disk::check_parent(std::string_view path) const {
  if (path.empty() || path.front() == '/' || path.back() == '/')
    return fail(Errc::invalid_request, "a path like '{}'", path);
  if (!is_directory(parent_of(path))) return fail(Errc::not_found, "the folder of {}", path);
  return {};
}

Result<InodePtr> Disk::find(std::string_view path) const {
  auto it = cached_.find(path);
  if (it == cached_.end()) return fail(Errc::not_found, "{}", path);
  if (!it->second.file) return fail(Errc::io_error, "{} is a directory", path);
  return it->second.file;
}

// Whether it could be applied: part of a subset may hang in the air without the rest.
bool Disk::apply(Tree& tree, const Change& change) {
  const auto parent_is_there = [&tree](std::string_view path) {
    return tree.contains(parent_of(path));
  };
  switch (change.kind) {
    case Change::Kind::add:
      if (!parent_is_there(change.path)) return false;
      tree.insert_or_assign(change.path, change.entry);
      return true;
    case Change::Kind::remove: {
      // What was in a folder whose removal is durable is out of reach with it.
      const auto removed = tree.erase(change.path);
      std::erase_if(tree, [&](const auto& each) { return is_below(each.first, change.path); });
      return removed != 0;
    }
    case Change::Kind::rename: {
      if (!parent_is_there(change.to)) return false;
      Tree moved;
      for (auto it = tree.begin(); it != tree.end();) {
        if (it->first == change.path || is_below(it->first, change.path)) {
          auto node = tree.extract(it++);
          node.key() = change.to + node.key().substr(change.path.size());
          moved.insert(std::move(node));
        } else {
          ++it;
        }
      }
      if (moved.empty()) moved[change.to] = change.entry;  // Its creation was lost, this was not.
      for (auto& [path, entry] : moved) tree.insert_or_assign(path, entry);
      return true;
    }
  }
  return false;
}

void Disk::change(Change change) {
  change.step = books_->step([&] {
    using enum DiskStep::Kind;
    const auto kind = change.kind == Change::Kind::add      ? add
                      : change.kind == Change::Kind::remove ? remove
                                                            : rename;
    const std::uint64_t file = change.entry.file ? change.entry.file->number() : 0;
    return DiskStep{kind, file, 0, {}, change.path, change.to};
  });
  apply(cached_, change);
  pending_.push_back(std::move(change));
}

Result<InodePtr> Disk::create(std::string_view path) {
  TRY_VOID(check_parent(path));
  if (cached_.contains(path)) return fail(Errc::already_exists, "{}", path);
  auto inode = std::make_shared<Inode>(books_, ++books_->files);
  change({Change::Kind::add, std::string(path), {}, {inode}});
  return inode;
}

Result<void> Disk::make_directories(std::string_view path) {
  if (path.empty()) return {};
  auto it = cached_.find(path);
  if (it != cached_.end()) {
    if (it->second.file) return fail(Errc::already_exists, "{} is a file", path);
    return {};
  }
  TRY_VOID(make_directories(parent_of(path)));
  TRY_VOID(check_parent(path));
  change({Change::Kind::add, std::string(path), {}, {}});
  return {};
}

Result<void> Disk::rename(std::string_view from, std::string_view to) {
  auto it = cached_.find(from);
  if (it == cached_.end() || from.empty()) return fail(Errc::not_found, "{}", from);
  TRY_VOID(check_parent(to));
  if (from == to) return {};
  if (is_below(to, from)) return fail(Errc::invalid_request, "moving {} into itself", from);
  auto target = cached_.find(to);
  if (target != cached_.end()) {
    const bool both_files = it->second.file && target->second.file;
    if (!both_files) return fail(Errc::already_exists, "{}", to);
  }
  change({Change::Kind::rename, std::string(from), std::string(to), it->second});
  return {};
}

Result<void> Disk::remove(std::string_view path) {
  auto it = cached_.find(path);
  if (it == cached_.end() || path.empty()) return fail(Errc::not_found, "{}", path);
  auto next = cached_.lower_bound(std::string(path) + "/");
  if (next != cached_.end() && is_below(next->first, path))
    return fail(Errc::not_empty, "{}", path);
  change({Change::Kind::remove, std::string(path), {}, it->second});
  return {};
}

Result<void> Disk::sync_directory(std::string_view path) {
  if (!is_directory(path)) return fail(Errc::not_found, "{}", path);
  books_->step(
      [&] { return DiskStep{DiskStep::Kind::sync_directory, 0, 0, {}, std::string(path), {}}; });
  for (Change& change : pending_)
    if (parent_of(change.path) == path ||
        (change.kind == Change::Kind::rename && parent_of(change.to) == path))
      change.synced = true;
  settle();
  return {};
}

// What is synced inside a folder that is not itself durable yet waits for the folder.
void Disk::settle() {
  for (bool progress = true; progress;) {
    progress = false;
    std::vector<Change> left;
    for (Change& change : pending_) {
      if (change.synced && apply(durable_, change)) {
        progress = true;
        // What was done in a folder before it went is none of the next one's of that name.
        if (change.kind == Change::Kind::remove)
          std::erase_if(left, [&](const Change& earlier) {
            return is_below(earlier.path, change.path) || is_below(earlier.to, change.path);
          });
      } else {
        left.push_back(std::move(change));
      }
    }
    pending_ = std::move(left);
  }
}

Result<std::vector<std::string>> Disk::list(std::string_view path) const {
  if (!is_directory(path)) return fail(Errc::not_found, "{}", path);
  std::vector<std::string> names;
  for (const auto& [name, entry] : cached_)
    if (!name.empty() && parent_of(name) == path)
      names.push_back(name.substr(path.empty() ? 0 : path.size() + 1));
  std::sort(names.begin(), names.end());
  return names;
}

std::uint64_t Disk::free_bytes() const {
  return faults.capacity_bytes > used_bytes() ? faults.capacity_bytes - used_bytes() : 0;
}

PowerCutDamage Disk::power_cut(env::Random& random) {
  RandomCut choice(random);
  return power_cut(choice);
}

PowerCutDamage Disk::power_cut(CutChoice& choice) {
  PowerCutDamage damage;
  const std::size_t before = pending_.size();
  for (Change& change : pending_) change.synced = change.synced || choice.keeps_name(change.step);
  settle();
  damage.lost_entries = pending_.size();
  damage.kept_entries = before - pending_.size();
  pending_.clear();
  std::set<const Inode*> seen;  // Two names may have the same file after a lost rename.
  for (auto& [path, entry] : durable_) {
    if (!entry.file || !seen.insert(entry.file.get()).second) continue;
    const Inode::Cut cut = entry.file->power_cut(choice);
    if (cut.lost && cut.kept) damage.torn_files++;
    if (cut.lost && !cut.kept) damage.lost_writes++;
  }
  cached_ = durable_;
  locks.clear();
  return damage;
}

std::vector<std::string> Disk::files() const {
  std::vector<std::string> paths;
  for (const auto& [path, entry] : cached_)
    if (entry.file) paths.push_back(path);
  return paths;
}

std::vector<std::string> Disk::paths() const {
  std::vector<std::string> all;
  for (const auto& [path, entry] : cached_)
    if (!path.empty()) all.push_back(path);
  return all;
}

Result<void> Disk::flip_bit(std::string_view path, std::uint64_t position, unsigned bit) {
  TRY(auto inode, find(path));
  if (position >= inode->size()) return fail(Errc::invalid_request, "beyond the end of {}", path);
  inode->flip_bit(position, bit);
  return {};
}

Result<std::string> Disk::content(std::string_view path) const {
  TRY(auto inode, find(path));
  return std::string(as_text(inode->bytes()));
}

}  // namespace ropewalk::sim
