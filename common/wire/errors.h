// Errors on their way into a reply and back out of one.
#pragma once

#include "common/error.h"
#include "ropewalk/v1/error.pb.h"

namespace ropewalk::wire {

// `retriable` follows is_retriable().
v1::Error to_proto(const Error& error);
void set_error(v1::Error& into, const Error& error);

// A number that this build does not know stays as it is. Whether to retry then:
// `error.retriable()`.
Error from_proto(const v1::Error& error);

}  // namespace ropewalk::wire
