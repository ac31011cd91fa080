#include "broker/listeners/kafka/codec/header.h"

#include <utility>

#include "broker/listeners/kafka/codec/reader.h"

namespace ropewalk::kafka {

Result<RequestStart> read_request_header(const SharedBytes& frame) {
  RequestStart start;
  // What version 0 has is in front of all of them.
  Reader beginning(frame, 0, {"any", "request header", 0, false});
  beginning.read(start.header);
  TRY_VOID(beginning.result());
  start.body_at = beginning.position();

  const Api* const api = find_api(start.header.api_key);
  if (api == nullptr || !api->serves(start.header.api_version)) return start;
  Reader whole(frame, 0, shape_of_request_header(*api, start.header.api_version));
  whole.read(start.header);
  TRY_VOID(whole.result());
  start.api = api;
  start.body_at = whole.position();
  return start;
}

}  // namespace ropewalk::kafka
