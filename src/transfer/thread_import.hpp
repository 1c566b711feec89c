#pragma once

#include "chat/thread_archive.hpp"

#include <vector>

namespace kaiwa::transfer {

enum class ImportOutcome {
    stored,
    present,  ///< Was there, whole: it may have gone on since, and stays as it is.
};

/// What `import_thread()` would come to, with nothing stored. Fails likewise.
asio::awaitable<Result<ImportOutcome>> look_for_thread(chat::ThreadArchive& target,
                                                       chat::ArchivedThread thread);

/// Stores a thread beside others, in a store that may be in use. One that an earlier try left
/// half-way is made whole. Fails with `conflict` when its id is somebody else's, and as the archive
/// does.
asio::awaitable<Result<ImportOutcome>> import_thread(chat::ThreadArchive& target,
                                                     chat::ArchivedThread thread,
                                                     chat::ThreadArchive::Reader& messages);

/// The same for messages at hand.
asio::awaitable<Result<ImportOutcome>> import_thread(chat::ThreadArchive& target,
                                                     chat::ArchivedThread thread,
                                                     std::vector<chat::ArchivedMessage> messages);

}  // namespace kaiwa::transfer
