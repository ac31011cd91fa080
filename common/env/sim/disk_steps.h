// The history of one simulated disk, step by step, and what a power cut keeps of what was not
// synced.
//
// A test that keeps the steps (Disk::record) can do the first n of them again on an empty disk
// (DiskReplay), cut the power there with a choice of its own, and look at what recovery makes of
// it. Steps are numbered from 1, and a replay gives them the same numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "common/env/random.h"

namespace ropewalk::sim {

class Disk;
class Inode;

struct DiskStep {
  enum class Kind {
    write,  // Also what makes the file longer.
    resize,
    begin_sync,
    finish_sync,
    fail_sync,
    add,
    remove,
    rename,
    sync_directory,
  };
  Kind kind{};
  std::uint64_t file = 0;    // By number, from 1; 0 is a directory.
  std::uint64_t number = 0;  // The position of a write, the new size, the step that began the sync.
  std::string bytes;
  std::string path;
  std::string to;  // Of a rename.
};
std::string describe(const DiskStep& step);

// What all files of a disk share.
struct DiskBooks {
  std::uint64_t used_bytes = 0;
  std::uint64_t steps = 0;
  std::uint64_t files = 0;
  std::function<void(DiskStep)> record;  // Empty: nobody wants to know.

  // Counts a step; `make` says which, and is asked only if somebody wants to know.
  template <class Make>
  std::uint64_t step(Make make) {
    if (record) record(make());
    return ++steps;
  }
};

// What a file's size was after a step.
struct SizeStep {
  std::uint64_t step = 0;
  std::uint64_t size = 0;
};

// Decides what a power cut keeps of what was not synced. Asked in the order of the disk: names by
// their steps, then file by file.
class CutChoice {
 public:
  virtual ~CutChoice() = default;
  virtual bool keeps_name(std::uint64_t step) = 0;
  virtual void next_file(std::uint64_t /*number*/) {}
  // Of a file whose size changed: the size that was synced, then what each step made of it.
  virtual std::uint64_t size(std::span<const SizeStep> sizes) = 0;
  // The latest write of a sector first, then those before, until one is kept. With none the sector
  // is as it was synced.
  virtual bool keeps_sector(std::uint64_t step, std::uint64_t sector) = 0;
};

// By chance, so that some cuts lose nearly nothing and some nearly all: those are the interesting
// ones.
class RandomCut final : public CutChoice {
 public:
  explicit RandomCut(env::Random& random);
  bool keeps_name(std::uint64_t step) override;
  void next_file(std::uint64_t number) override;
  std::uint64_t size(std::span<const SizeStep> sizes) override;
  bool keeps_sector(std::uint64_t step, std::uint64_t sector) override;

 private:
  env::Random& random_;
  double names_;
  double sectors_ = 0;
};

// Does the steps of one disk again on another, which was empty.
class DiskReplay {
 public:
  explicit DiskReplay(Disk& disk) : disk_(disk) {}
  void take(const DiskStep& step);

 private:
  Inode& file(const DiskStep& step) { return *files_.at(step.file); }

  Disk& disk_;
  std::map<std::uint64_t, std::shared_ptr<Inode>> files_;  // Also those without a name by now.
};

}  // namespace ropewalk::sim
