// Who keeps the metadata, as `cluster voters` and `cluster status` show it. Pure.
#pragma once

#include <string>

#include <boost/json/fwd.hpp>

#include <ropewalk/voters.h>

namespace ropewalk::cli {

std::string voters_text(const MetadataQuorum& quorum);
std::string voters_json(const MetadataQuorum& quorum);  // One object in one line.
boost::json::object voters_object(const MetadataQuorum& quorum);

// In one line: "voters 1 2 3  observers 4 (12 behind)".
std::string voters_line(const MetadataQuorum& quorum);

}  // namespace ropewalk::cli
