// New directories for replicas whose own is gone for good: the disk was replaced, or the broker
// formatted anew (R12, R13).
//
// A broker that could use every data_dir of its settings and does not offer a replica's directory
// will not offer it again; one that could not use them all may yet. A replica moves while another
// leads, and none of it counts any more: its leader is asked for all of it.
#pragma once

#include <cstddef>

#include "broker/controller/batch.h"

namespace ropewalk::controller {

// Whether the replica's directory is gone for good, and its broker has another one.
bool is_homeless(const metadata::Image& image, const metadata::Partition& partition,
                 BrokerId broker);

// Gives directories to those replicas that may move since the batch's record number `from`.
void home_replicas(Batch& batch, std::size_t from);

}  // namespace ropewalk::controller
