// Files with certificates and keys.
#pragma once

#include <string>
#include <string_view>

#include "common/error.h"

namespace ropewalk::env::tls {

// A file, and what whoever named it calls it: the name of a setting, for errors.
struct NamedFile {
  std::string name;
  std::string path;
};

// Why a file is no use: invalid_setting.
std::unexpected<Error> no_use(const NamedFile& file, std::string_view why);

// Errors: invalid_setting (it cannot be read; it is no file, or none of a sane size; a key that
// everybody on this machine may read).
Result<std::string> read_certificates(const NamedFile& file);
Result<std::string> read_key(const NamedFile& file);

// For its owner only, if it is not there yet. Errors: io_error.
Result<void> make_directory(const std::string& path);
bool exists(const std::string& path);
// In the place of what is there. Others than its owner cannot read it, not for a moment either.
// Errors: io_error.
Result<void> write_private_file(const std::string& path, std::string_view content);

}  // namespace ropewalk::env::tls
