#include "common/env/sim/file_system.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/env/sim/environment.h"
#include "common/env/sim/sim_file.h"

namespace ropewalk::sim {

namespace {

class SimFileSystem final : public env::FileSystem {
 public:
  SimFileSystem(DiskAccess access, std::string root) : access_(access), root_(std::move(root)) {}
  ~SimFileSystem() override {
    // A dead process' locks are free already, and perhaps somebody else's by now.
    if (!access_.environment.alive()) return;
    for (const std::string& path : *locked_) access_.disk.locks.erase(path);
  }

  std::string name() const override { return root_; }

  Task<Result<env::FilePtr>> open(std::string path, env::OpenMode mode) override {
    auto work = [access = access_, path, mode] { return open_now(access, path, mode); };
    return in_pool<env::FilePtr>(access_, access_.delay(), std::move(work));
  }
  Task<Result<void>> make_directories(std::string path) override {
    return changing(path, [path](Disk& disk) { return disk.make_directories(path); });
  }
  Task<Result<void>> rename(std::string from, std::string to) override {
    return changing(from, [from, to](Disk& disk) { return disk.rename(from, to); });
  }
  Task<Result<void>> remove(std::string path) override {
    return changing(path, [path](Disk& disk) { return disk.remove(path); });
  }
  Task<Result<void>> sync_directory(std::string path) override {
    const DiskFaults& faults = access_.disk.faults;
    auto work = [access = access_, path] { return access.disk.sync_directory(path); };
    return in_pool<void>(access_, access_.world().between(faults.sync_least, faults.sync_most),
                         std::move(work));
  }
  Task<Result<std::vector<std::string>>> list(std::string path) override {
    auto work = [access = access_, path] { return access.disk.list(path); };
    return in_pool<std::vector<std::string>>(access_, access_.delay(), std::move(work));
  }
  Task<Result<env::DiskSpace>> space() override {
    auto work = [access = access_]() -> Result<env::DiskSpace> {
      return env::DiskSpace{access.disk.faults.capacity_bytes, access.disk.free_bytes()};
    };
    return in_pool<env::DiskSpace>(access_, access_.delay(), std::move(work));
  }
  Task<Result<void>> lock(std::string path) override {
    auto work = [access = access_, locked = locked_, path]() -> Result<void> {
      if (std::ranges::find(*locked, path) != locked->end()) return {};
      if (!access.disk.find(path)) TRY_VOID(access.disk.create(path));
      if (!access.disk.locks.emplace(path, access.environment.core(0).number()).second)
        return fail(Errc::wrong_owner, "{} is locked", path);
      locked->push_back(path);
      return {};
    };
    return in_pool<void>(access_, access_.delay(), std::move(work));
  }
  Task<Result<bool>> is_locked(std::string path) override {
    auto work = [access = access_, path]() -> Result<bool> {
      return access.disk.locks.contains(path);
    };
    return in_pool<bool>(access_, access_.delay(), std::move(work));
  }

 private:
  static Result<env::FilePtr> open_now(DiskAccess access, const std::string& path,
                                       env::OpenMode mode) {
    using env::OpenMode;
    const bool writable = mode != OpenMode::read_only;
    const bool creates = mode == OpenMode::create_new || mode == OpenMode::create_or_truncate;
    if (writable) TRY_VOID(access.check_writable(path));
    auto found = access.disk.find(path);
    if (!found && found.error().code == Errc::not_found && creates)
      found = access.disk.create(path);
    else if (found && mode == OpenMode::create_new)
      return fail(Errc::already_exists, "{}", path);
    TRY(auto inode, std::move(found));
    if (mode == OpenMode::create_or_truncate) inode->resize(0);
    return std::make_shared<SimFile>(access, path, std::move(inode), writable);
  }

  template <class Change>
  Task<Result<void>> changing(std::string path, Change change) {
    auto work = [access = access_, path, change]() -> Result<void> {
      TRY_VOID(access.check_writable(path));
      // Also a removal writes, and finds no block to write to.
      if (access.disk.faults.copies_on_write && access.disk.free_bytes() == 0)
        return fail(Errc::disk_full, "{}", path);
      return change(access.disk);
    };
    return in_pool<void>(access_, access_.delay(), std::move(work));
  }

  const DiskAccess access_;
  const std::string root_;
  const std::shared_ptr<std::vector<std::string>> locked_ =
      std::make_shared<std::vector<std::string>>();
};

}  // namespace

Result<std::unique_ptr<env::FileSystem>> make_file_system(SimEnvironment& environment, Disk& disk,
                                                          std::string root) {
  if (!environment.alive()) return fail(Errc::closed, "{} is dead", environment.label());
  return std::make_unique<SimFileSystem>(DiskAccess{environment, disk}, std::move(root));
}

}  // namespace ropewalk::sim
