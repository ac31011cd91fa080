#include "broker/security/authorizer.h"

namespace ropewalk::security {

Result<void> AllowAll::authorize(const RequestContext&, const Access&) { return {}; }

}  // namespace ropewalk::security
