#include "broker/tools/new_id.h"

namespace ropewalk::tools {

Uuid new_id(env::Random& random) {
  for (;;) {
    const Uuid id = random.uuid();
    if (!id.to_base64().starts_with('-')) return id;
  }
}

}  // namespace ropewalk::tools
