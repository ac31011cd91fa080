// Ids that tests tell apart by a number.
#pragma once

#include <cstdint>

#include "common/uuid.h"

namespace ropewalk {

template <class Id>
Id id_of(std::uint8_t number) {
  Uuid uuid;
  uuid.bytes[3] = number;
  return Id(uuid);
}

}  // namespace ropewalk
