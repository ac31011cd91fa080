// One simulated disk: names, files, and what of both survives a power cut.
//
// Synchronous and without a clock: the file system on top (file_system.h) adds delays and chance.
// It outlives the processes of its node. Paths are relative ("a/b"), "" is the root.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/env/random.h"
#include "common/env/sim/inode.h"
#include "common/env/time.h"
#include "common/error.h"

namespace ropewalk::sim {

// What may go wrong by chance, and how slow it is. A test changes them while it runs.
struct DiskFaults {
  double read_would_block = 0.05;  // The bytes are not in memory.
  double read_error = 0;
  double read_rot = 0;     // A bit of what was read is wrong; what is stored is not.
  double write_error = 0;  // Half of them after a part was written.
  double sync_error = 0;   // Of files.
  double sync_stall = 0;   // A sync that takes `stall`.
  env::Duration stall = std::chrono::seconds(2);
  env::Duration delay_least = std::chrono::microseconds(20);
  env::Duration delay_most = std::chrono::microseconds(300);
  env::Duration sync_least = std::chrono::microseconds(200);
  env::Duration sync_most = std::chrono::milliseconds(5);
  bool read_only = false;
  // A full disk takes no bytes over blocks that are there, either, and changes no name.
  bool copies_on_write = false;
  std::uint64_t capacity_bytes = std::uint64_t{1} << 40;
};

// What a power cut did.
struct PowerCutDamage {
  std::uint64_t torn_files = 0;    // Parts of what was not synced are there, others not.
  std::uint64_t lost_writes = 0;   // Files that lost everything not synced.
  std::uint64_t lost_entries = 0;  // Creations, renames and removals undone.
  std::uint64_t kept_entries = 0;  // Not synced and there all the same.
};

class Disk {
 public:
  Disk();

  DiskFaults faults;

  // Names. Errors as in env::FileSystem.
  Result<InodePtr> find(std::string_view path) const;
  Result<InodePtr> create(std::string_view path);  // Replaces nothing: already_exists.
  Result<void> make_directories(std::string_view path);
  Result<void> rename(std::string_view from, std::string_view to);
  Result<void> remove(std::string_view path);
  Result<void> sync_directory(std::string_view path);
  Result<std::vector<std::string>> list(std::string_view path) const;
  bool is_directory(std::string_view path) const;

  std::uint64_t used_bytes() const { return books_->used_bytes; }
  std::uint64_t free_bytes() const;

  PowerCutDamage power_cut(env::Random& random);
  PowerCutDamage power_cut(CutChoice& choice);
  // Told of every step from now on; nobody, if empty.
  void record(std::function<void(DiskStep)> recorder) { books_->record = std::move(recorder); }

  // For tests: the paths of all files, sorted, and with the folders; a wrong bit in the stored
  // file; its content.
  std::vector<std::string> files() const;
  std::vector<std::string> paths() const;
  Result<void> flip_bit(std::string_view path, std::uint64_t position, unsigned bit = 0);
  Result<std::string> content(std::string_view path) const;

  // Locks, by the number of the holder.
  std::map<std::string, std::uint64_t, std::less<>> locks;

 private:
  struct Entry {
    InodePtr file;  // Null: a directory.
  };
  // All names of the disk with their full paths. A directory's descendants follow it.
  using Tree = std::map<std::string, Entry, std::less<>>;
  // A change of names that is not durable. Kept whole or lost whole, as a journal would.
  struct Change {
    enum class Kind { add, remove, rename } kind;
    std::string path;
    std::string to;  // Of a rename.
    Entry entry;
    std::uint64_t step = 0;
    bool synced = false;
  };
  static bool apply(Tree& tree, const Change& change);
  void change(Change change);
  void settle();
  Result<void> check_parent(std::string_view path) const;

  std::shared_ptr<DiskBooks> books_;
  Tree cached_;
  Tree durable_;
  std::vector<Change> pending_;
};

}  // namespace ropewalk::sim
