// What every request that takes time begins and ends with, for the files of serve.h.
#pragma once

#include "broker/listeners/native/call.h"
#include "broker/listeners/native/shared.h"
#include "common/env/task.h"
#include "common/error.h"

namespace ropewalk::native {

// Whether the request may go on: this broker has come as far as its client has seen. It is answered
// otherwise.
inline Task<bool> caught_up(Shared& shared, const Call& call) {
  if (call.least_metadata_offset <= Offset(0)) co_return true;
  auto reached =
      co_await shared.uses.await_metadata.handle(call.context, call.least_metadata_offset);
  if (!reached) call.fail(reached.error());
  co_return reached.has_value();
}

// Answers with the error, if there is one.
template <class T>
bool failed(const Call& call, const Result<T>& result) {
  if (!result) call.fail(result.error());
  return !result.has_value();
}
inline bool failed(const Call& call, const Error& error) {
  if (error.code != Errc::none) call.fail(error);
  return error.code != Errc::none;
}

}  // namespace ropewalk::native
