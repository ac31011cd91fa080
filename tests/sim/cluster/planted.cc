// RW_PLANTED=name puts that mistake (common/plant.h) back into this program.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "common/error.h"
#include "common/plant.h"

namespace ropewalk::testing {
namespace {

bool plant() {
  const char* name = std::getenv("RW_PLANTED");
  if (name == nullptr) return false;
  const auto found = std::ranges::find(kPlants, std::string_view(name),
                                       &std::pair<Plant, std::string_view>::second);
  ENSURE(found != kPlants.end(), "RW_PLANTED={}: no such mistake", name);
  planted = found->first;
  return true;
}

[[maybe_unused]] const bool is_planted = plant();

}  // namespace
}  // namespace ropewalk::testing
