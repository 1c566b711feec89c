#pragma once

#include "chat/chat_store.hpp"
#include "kaiwa/error.hpp"

#include <filesystem>
#include <memory>

namespace kaiwa::store::files {

struct Options {
    std::filesystem::path dir;  ///< Made with mode 0700 when it is not there.
    unsigned threads = 2;       ///< That read and write.
};

/// Opens a folder as a `BlobStore`. A blob is one file, named by its id alone and reached without
/// following links; it appears under its name only when it is whole and durable. Several processes
/// may store into one folder, a server and tools; opening it removes what writers left behind that
/// were killed. The store outlives its writers and readers.
///
/// Fails with `unavailable`.
Result<std::unique_ptr<chat::BlobStore>> open(Options options);

}  // namespace kaiwa::store::files
