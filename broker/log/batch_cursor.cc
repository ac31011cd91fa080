#include "broker/log/batch_cursor.h"

#include <algorithm>

namespace ropewalk::log {

Task<Result<void>> read_fully(env::File& file, std::uint64_t position, MutableByteSpan into) {
  while (!into.empty()) {
    auto got = file.try_read_at(position, into);
    if (!got && got.error().code == Errc::would_block) got = co_await file.read_at(position, into);
    if (!got) co_return std::unexpected(std::move(got).error());
    if (*got == 0)
      co_return fail(Errc::corrupt, "{} ends at {}, {} bytes short", file.path(), position,
                     into.size());
    position += *got;
    into = into.subspan(*got);
  }
  co_return Result<void>();
}

Task<Result<ByteSpan>> BatchCursor::at_least(std::size_t bytes) {
  if (position_ < buffer_at_ || position_ + bytes > buffer_at_ + buffered_) {
    const std::uint64_t left = end_ - position_;
    const std::size_t want = static_cast<std::size_t>(
        std::min<std::uint64_t>(left, std::max<std::size_t>(bytes, window_)));
    buffer_.resize(std::max(buffer_.size(), want));
    buffered_ = 0;
    buffer_at_ = position_;
    CO_TRY_VOID(co_await read_fully(file_, position_, MutableByteSpan(buffer_).first(want)));
    buffered_ = want;
  }
  co_return ByteSpan(buffer_).first(buffered_).subspan(
      static_cast<std::size_t>(position_ - buffer_at_));
}

Task<Result<std::optional<BatchHeader>>> BatchCursor::header() {
  if (position_ >= end_) co_return std::optional<BatchHeader>();
  if (end_ - position_ < kBatchHeaderBytes)
    co_return fail(Errc::corrupt, "{} at {}: no room for a batch", file_.path(), position_);
  CO_TRY(const ByteSpan bytes, co_await at_least(kBatchHeaderBytes));
  auto parsed = BatchHeader::parse(bytes);
  if (!parsed)
    co_return fail(Errc::corrupt, "{} at {}: {}", file_.path(), position_, parsed.error());
  if (parsed->size() > end_ - position_)
    co_return fail(Errc::corrupt, "{} at {}: a batch of {} bytes ends behind {}", file_.path(),
                   position_, parsed->size(), end_);
  co_return std::optional<BatchHeader>(*parsed);
}

Task<Result<ByteSpan>> BatchCursor::batch(BatchHeader header) {
  CO_TRY(const ByteSpan bytes, co_await at_least(header.size()));
  co_return bytes.first(header.size());
}

}  // namespace ropewalk::log
