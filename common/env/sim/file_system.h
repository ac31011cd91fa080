// env::FileSystem over a simulated disk: adds time, chance and the life of a process.
#pragma once

#include <memory>
#include <string>

#include "common/env/file.h"
#include "common/env/sim/disk.h"
#include "common/error.h"

namespace ropewalk::sim {

class SimEnvironment;

// `disk` outlives the environment.
Result<std::unique_ptr<env::FileSystem>> make_file_system(SimEnvironment& environment, Disk& disk,
                                                          std::string root);

}  // namespace ropewalk::sim
