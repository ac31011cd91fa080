// What `ropewalkd new-id` prints.
#pragma once

#include "common/env/random.h"
#include "common/uuid.h"

namespace ropewalk::tools {

// None whose text begins with '-': behind a flag it would be taken for another one.
Uuid new_id(env::Random& random);

}  // namespace ropewalk::tools
