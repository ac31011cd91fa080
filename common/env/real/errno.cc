#include "common/env/real/errno.h"

#include <cerrno>
#include <system_error>

namespace ropewalk::env::real {
namespace {

Errc code_of(int number) {
  switch (number) {
    case ENOENT:
      return Errc::not_found;
    case EEXIST:
      return Errc::already_exists;
    case ENOTEMPTY:
      return Errc::not_empty;
    case EACCES:
    case EPERM:
    case EROFS:
      return Errc::permission_denied;
    case ENOSPC:
    case EDQUOT:
      return Errc::disk_full;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Errc::budget_exceeded;  // No fault of what was used.
    case EADDRINUSE:
      return Errc::address_in_use;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
      return Errc::invalid_request;
    case ECONNREFUSED:
      return Errc::connection_refused;
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
      return Errc::request_timed_out;  // Nobody answered, and nobody will.
    case ECONNRESET:
    case EPIPE:
    case ENOTCONN:
    case ECONNABORTED:
      return Errc::closed;
    default:
      return Errc::io_error;
  }
}

}  // namespace

std::unexpected<Error> fail_errno(int number, std::string_view doing, std::string_view what) {
  return fail(code_of(number), "{} {}: {}", doing, what, std::generic_category().message(number));
}

}  // namespace ropewalk::env::real
