// The metadata batch under construction: records, and the image as if they were committed already.
#pragma once

#include <utility>
#include <vector>

#include "broker/metadata/image.h"

namespace ropewalk::controller {

class Batch {
 public:
  // `next` is where the batch will stand in the metadata log.
  Batch(metadata::ImagePtr base, Offset next) : editor_(std::move(base), next) {}

  // The image plus the records so far. Pointers out of it are good until the next add().
  const metadata::Image& image() const { return editor_.view(); }

  // Pre: the record fits the image; the controller makes no other.
  void add(metadata::Record record) {
    auto applied = editor_.apply(record);
    ENSURE(applied, "the controller made a record that does not fit: {}", applied.error());
    records_.push_back(std::move(record));
  }

  const std::vector<metadata::Record>& records() const { return records_; }

 private:
  metadata::ImageEditor editor_;
  std::vector<metadata::Record> records_;
};

}  // namespace ropewalk::controller
