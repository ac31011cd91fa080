#include "common/wire/errors.h"

namespace ropewalk::wire {

void set_error(v1::Error& into, const Error& error) {
  into.set_code(static_cast<v1::ErrorCode>(error.code));
  into.set_message(error.context);
  into.set_retriable(is_retriable(error.code));
}

v1::Error to_proto(const Error& error) {
  v1::Error result;
  set_error(result, error);
  return result;
}

Error from_proto(const v1::Error& error) {
  return Error{static_cast<Errc>(error.code()), error.message()};
}

}  // namespace ropewalk::wire
