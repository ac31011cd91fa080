// What stands in a broker's data directories, against what its metadata says.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ropewalk::support {

// `topics`: number of partitions by the folder's name. The first file or folder that belongs to
// nothing; "" if there is none.
std::string orphan_in(const std::vector<std::string>& directories,
                      const std::map<std::string, std::int32_t>& topics);

}  // namespace ropewalk::support
