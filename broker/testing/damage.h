// Damage on a disk that nobody is told of, for tests: a bit of a stored record changes.
#pragma once

#include "common/env/random.h"
#include "common/env/sim/disk.h"

namespace ropewalk::testing {

// Of some batch of some partition, in what its checksum covers. False: there is none.
bool damage_a_batch(sim::Disk& disk, env::Random& random);

}  // namespace ropewalk::testing
