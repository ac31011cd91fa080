// Answers between brokers that carry record batches: the same frames as clients get (architecture,
// D2), for those who know connections and not their bytes.
#pragma once

#include "common/wire/records_last.h"

namespace ropewalk::rpc {

using wire::PartToWrite;
using wire::RecordsLastFrame;
using wire::slice_body;
using wire::Sliced;
using wire::write_records_last;

}  // namespace ropewalk::rpc
