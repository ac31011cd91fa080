#include "common/env/real/process_stats.h"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

namespace ropewalk::env::real {
namespace {

double in_seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

std::uint64_t count_open_files() {
  std::error_code error;
  std::uint64_t count = 0;
  std::filesystem::directory_iterator at("/proc/self/fd", error);
  for (const std::filesystem::directory_iterator end; !error && at != end; at.increment(error))
    count++;
  return count > 0 ? count - 1 : 0;  // One of them is this look.
}

}  // namespace

Memory read_memory() {
  std::uint64_t pages = 0;
  std::uint64_t resident_pages = 0;
  std::ifstream file("/proc/self/statm");
  if (!(file >> pages >> resident_pages)) return {};
  const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return {.virtual_bytes = pages * page_bytes, .resident_bytes = resident_pages * page_bytes};
}

ProcessStats read_process_stats() {
  ProcessStats stats;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    stats.cpu_seconds = in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) stats.open_files_max = files.rlim_cur;
  stats.open_files = count_open_files();
  const Memory memory = read_memory();
  stats.virtual_bytes = memory.virtual_bytes;
  stats.resident_bytes = memory.resident_bytes;
  return stats;
}

}  // namespace ropewalk::env::real
