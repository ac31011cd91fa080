// What somebody who sets something should know, though it is not wrong. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "broker/metadata/image.h"

namespace ropewalk::service {

// Of what a topic with so many replicas has set: what changes nothing, and what counts as another
// value. Empty: there is nothing to say.
std::string notes_on(const metadata::Configs& set, std::int32_t replication_factor);

}  // namespace ropewalk::service
