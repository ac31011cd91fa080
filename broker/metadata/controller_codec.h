// The conversation of ControllerPort as bytes, for a controller that is another broker
// (proto/ropewalk/internal/controller.proto). Pure.
//
// What arrives is checked for its form only: whether it makes sense is the controller's business.
#pragma once

#include <string_view>

#include "broker/metadata/controller_port.h"
#include "common/bytes.h"
#include "common/error.h"

namespace ropewalk::metadata {

SharedBytes encode_event(const ControllerEvent& event);
// Errors: malformed_frame; unsupported_version (a kind or version that this build does not know: it
// must not be decided as if it said less).
Result<ControllerEvent> decode_event(std::string_view bytes);

SharedBytes encode_answer(const Result<ControllerAnswer>& answer);
// What the other side said, if that can be read. `asked` is what it answers: there is an item of
// the right kind, or an error, for each thing that it concerns. Errors of the outer:
// malformed_frame.
Result<Result<ControllerAnswer>> decode_answer(std::string_view bytes,
                                               const ControllerEvent& asked);

}  // namespace ropewalk::metadata
