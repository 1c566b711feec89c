#pragma once

#include "auth/user_store.hpp"
#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "chat/chat_store.hpp"
#include "chat/thread_archive.hpp"
#include "kaiwa/error.hpp"
#include "llm/catalogue.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

namespace kaiwa::store::sqlite {

/// Who opens the data folder. There is one server at a time; tools (the command line) may work
/// beside it and leave everything about the database's upkeep to it. Who only looks changes nothing:
/// an older database stays what it is.
enum class Access { server, tool, look };

struct Options {
    std::filesystem::path data_dir;  ///< Made with mode 0700 when it is not there.
    Access access = Access::server;
    Clock const& clock;
    Random& random;
    Log& log;
    Sealer sealer;  ///< For providers' keys and for cursors.
    unsigned reader_threads = 2;
};

/// What the store has done since it was opened.
struct Counts {
    std::uint64_t operations = 0;  ///< Changes that were asked for.
    std::uint64_t commits = 0;     ///< Flushes that they took.
    std::uint64_t checkpoints = 0;
    std::chrono::nanoseconds writer_busy{};  ///< Processor time of the writing thread.
};

/// Everything that Kaiwa keeps but files' bytes, in `kaiwa.db` of the data folder.
///
/// Outlives every task that uses one of its ports; the loops of those tasks outlive it.
class SqliteStore {
public:
    virtual ~SqliteStore() = default;

    virtual chat::ChatStore& chats() = 0;
    virtual auth::UserStore& users() = 0;
    virtual llm::ProviderStore& providers() = 0;
    virtual chat::MessageSearch& search() = 0;
    virtual chat::ThreadArchive& archive() = 0;

    /// Removes what is past its time (event logs, deleted threads and their files, ended sessions)
    /// in small steps, now and every few minutes, until it is stopped. One task of the server.
    virtual asio::awaitable<void> keep_clean(chat::BlobStore& blobs) = 0;
    /// One round of it; tells how many rows went.
    virtual asio::awaitable<Result<std::size_t>> clean_once(chat::BlobStore& blobs) = 0;

    /// Whether the disk takes changes; see `Writer::takes_changes()`.
    virtual asio::awaitable<bool> takes_changes() = 0;
    [[nodiscard]] virtual Counts counts() const = 0;
    /// Of SQLite, e.g. "3.40.1".
    [[nodiscard]] virtual std::string_view engine_version() const = 0;
};

/// Opens the data folder; no network, no long work. For a server, generations that were running
/// when the last server ended become interrupted here, with their text kept.
///
/// Fails with `conflict` (reason "in_use": another server has the folder), `unsupported` (the file
/// is another program's or a newer version's; for a look, an older one's, too) or `unavailable`.
Result<std::unique_ptr<SqliteStore>> open(Options options);

/// Copies the database as it is at one moment, beside a running server or not, and the files in
/// `files/`, into the new folder `target`. The key that providers' secrets are sealed with is not
/// in it. One that broke off leaves nothing, or what the next one into the same folder replaces.
/// Blocks.
///
/// Fails with `not_found` (no database), `conflict` (`target` is not empty, or another backup goes
/// there), `invalid_argument` (`target` is in the data folder) or `unavailable`.
Result<void> backup(std::filesystem::path const& data_dir, std::filesystem::path const& target);

struct Restored {
    std::optional<std::filesystem::path> moved_to;  ///< Where that is which was there before.
    std::size_t sealed_keys = 0;  ///< Providers' keys in it, which only its sealing key opens.
};

/// Puts a backup in the place of the data in `data_dir`; what was there is moved into a folder
/// `before-restore-…` in it. Blocks.
///
/// Fails with `conflict` (reason "in_use") while a server runs on `data_dir`, `invalid_argument`
/// when `source` is no whole backup, `unsupported` when a newer Kaiwa made it, or `unavailable`.
Result<Restored> restore(std::filesystem::path const& source,
                         std::filesystem::path const& data_dir, Clock const& clock);

}  // namespace kaiwa::store::sqlite
