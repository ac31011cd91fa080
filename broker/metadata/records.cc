#include "broker/metadata/records.h"

namespace ropewalk::metadata {

std::string_view to_string(UncleanCause cause) {
  switch (cause) {
    case UncleanCause::none:
      break;
    case UncleanCause::tail_was_cut:
      return "tail_was_cut";
    case UncleanCause::all_are_back:
      return "all_are_back";
    case UncleanCause::wait_is_over:
      return "wait_is_over";
    case UncleanCause::topic_allows:
      return "topic_allows";
    case UncleanCause::was_asked_for:
      return "was_asked_for";
  }
  return "none";
}

}  // namespace ropewalk::metadata
