#pragma once

#include "api/metrics.hpp"
#include "auth/user_store.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "chat/chat_store.hpp"
#include "chat/thread_archive.hpp"
#include "llm/catalogue.hpp"
#include "server/settings.hpp"
#include "server/wire_aws.hpp"
#include "store/s3/s3_blobs.hpp"

#include <filesystem>
#include <memory>

namespace kaiwa::server {

/// Who opens the stores: the server, or a command of the command line beside a running one, which
/// may add files, too.
enum class StoreUser {
    server,
    tool,
    tool_with_files,
    mover,     ///< As a server, and reads which files Chainlit stored wherever ours lie.
    importer,  ///< Reads another program's tables, and the keys of files as they stand there.
    looker,    ///< Reads, and changes nothing; not even what an older version left.
};

/// Everything that is kept, as the configuration keeps it. Outlives every task that uses one of
/// its ports; the loops of those tasks outlive it.
class Stores {
public:
    virtual ~Stores() = default;

    virtual chat::ChatStore& chats() = 0;
    virtual auth::UserStore& users() = 0;
    virtual llm::ProviderStore& providers() = 0;
    virtual chat::MessageSearch& search() = 0;
    virtual chat::ThreadArchive& archive() = 0;
    /// Not of `StoreUser::tool`, `importer` and `looker`.
    virtual chat::BlobStore& blobs() = 0;

    /// Shows other programs that a server is at work, where they cannot see it by themselves, until
    /// stopped. One task of the server.
    virtual asio::awaitable<void> keep_shown() = 0;
    /// Removes what is past its time, now and every few minutes, until stopped. One task of the
    /// server.
    virtual asio::awaitable<void> keep_clean() = 0;
    /// The same once, until `until` or nothing is left; tells how many items went.
    virtual asio::awaitable<Result<std::size_t>> clean(SteadyTime until) = 0;
    /// Whether changes can be stored, as far as that is known without the network.
    virtual asio::awaitable<bool> takes_changes() = 0;
    /// Adds what this kind of store counts.
    virtual void add_metrics(api::Metrics& metrics) = 0;
};

/// Whether a command may begin a new store: one that adds somebody, and says so on standard error.
/// Whoever looks for what is there, and names the wrong folder, is told.
enum class NewStore { made, refused };
/// Fails with `not_found` where there is no database and none may be made.
Result<void> find_store(Settings const& settings, NewStore absent);

/// Opens the stores; no network, no long work. What is kept in AWS is reached through `aws`, which
/// outlives the result. Fails as the store's own `open()` does.
Result<std::unique_ptr<Stores>> open_stores(Settings const& settings, StoreUser user,
                                            AwsGround& aws, Clock const& clock, Random& random,
                                            Log& log);

/// Files in a bucket, no network yet; `aws` outlives the result.
std::unique_ptr<store::s3::Blobs> open_bucket(S3Settings const& s3, AwsGround& aws);

/// Copies what is kept into the new folder `target`, beside a running server or not. Blocks.
/// Fails as store::sqlite::backup() does.
Result<void> back_up_stores(Settings const& settings, std::filesystem::path const& target);

/// Puts such a copy in the place of what is kept, when no server runs. Blocks.
/// Tells in sentences what to know of it. Fails as store::sqlite::restore() does.
Result<std::string> restore_stores(Settings const& settings, std::filesystem::path const& source,
                                   Clock const& clock);

}  // namespace kaiwa::server
