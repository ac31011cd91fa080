#include "common/version.h"

namespace ropewalk {

std::string_view version() { return ROPEWALK_VERSION; }

}  // namespace ropewalk
