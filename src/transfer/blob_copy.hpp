#pragma once

#include "chat/chat_store.hpp"

namespace kaiwa::transfer {

enum class BlobOutcome { copied, present, missing };

/// Copies the bytes of a file that `target` does not have, and compares both afterwards.
/// `missing`: `source` has none. Fails with `unavailable`, or `internal` when the copy differs.
asio::awaitable<Result<BlobOutcome>> copy_blob(chat::BlobStore& source, chat::BlobStore& target,
                                               FileId id);

}  // namespace kaiwa::transfer
