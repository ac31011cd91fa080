// What the broker takes of its machine over time, and whether that stays flat.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace ropewalk::load {

struct Sample {
  double seconds = 0;
  double resident_bytes = 0;
  double descriptors = 0;
  double threads = 0;
  double disk_bytes = 0;
};

Sample take_sample(double seconds, pid_t broker, const std::string& data_directory);
std::string table_head();
std::string table_row(const Sample& sample);

// How much may come on top over the time that is looked at: a fixed part and a share of the mean.
struct Flatness {
  double fixed = 0;
  double share = 0;
};

struct Trend {
  std::string name;
  double mean = 0;
  double growth = 0;  // Of the line of least squares, over the time that is looked at.
  double limit = 0;
  bool flat() const { return growth <= limit; }
};

// Without the first fifth of the time, which warms up. Pre: not empty.
std::vector<Trend> trends(const std::vector<Sample>& samples);

}  // namespace ropewalk::load
