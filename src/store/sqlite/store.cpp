#include "store/sqlite/store.hpp"

#include "store/sqlite/chat_rows.hpp"
#include "store/sqlite/chat_store.hpp"
#include "store/sqlite/cleaner.hpp"
#include "store/sqlite/data_lock.hpp"
#include "store/sqlite/engine.hpp"
#include "store/sqlite/provider_store.hpp"
#include "store/sqlite/schema.hpp"
#include "store/sqlite/search.hpp"
#include "store/sqlite/thread_archive.hpp"
#include "store/sqlite/user_store.hpp"

#include <fmt/format.h>

namespace kaiwa::store::sqlite {
namespace {

/// Ends what a server that is no more was running.
Result<void> interrupt_running(Connection& db, Clock const& clock) {
    std::vector<GenerationId> running;
    auto const now = clock.now();
    db.run("BEGIN IMMEDIATE");
    {
        auto row =
            db.query("SELECT id FROM generations INDEXED BY generations_running WHERE state = 0");
        while (row.row()) running.push_back(row.id<GenerationId>(0));
    }
    for (auto const& id : running) {
        if (auto const found = find_generation(db, id)) {
            interrupt(db, *found, "server_restarted", now);
        }
    }
    db.run("COMMIT");
    auto error = db.take_error();
    if (!error) return {};
    if (db.in_transaction()) db.run("ROLLBACK");
    return std::unexpected(std::move(*error));
}

Engine with(Engine const& engine, Readers& readers) {
    return {readers,      engine.writer, engine.cursors, engine.sealer,
            engine.clock, engine.random, engine.log};
}

class Store final : public SqliteStore {
public:
    Store(Options options, std::optional<DataLock> lock, Connection db)
        : lock_(std::move(lock)),
          sealer_(options.sealer),
          cursors_(options.sealer, options.random),
          writer_(std::move(db), lock_ ? Writer::Checkpoints::own : Writer::Checkpoints::none,
                  Writer::Limits{}, options.log),
          readers_(database_file(options.data_dir), options.reader_threads),
          search_readers_(database_file(options.data_dir), 1),
          engine_{readers_, writer_, cursors_, sealer_, options.clock, options.random, options.log},
          chats_(engine_),
          users_(engine_),
          providers_(engine_),
          search_(with(engine_, search_readers_)),
          archive_(engine_),
          cleaner_(engine_) {}

    chat::ChatStore& chats() override { return chats_; }
    auth::UserStore& users() override { return users_; }
    llm::ProviderStore& providers() override { return providers_; }
    chat::MessageSearch& search() override { return search_; }
    chat::ThreadArchive& archive() override { return archive_; }

    asio::awaitable<void> keep_clean(chat::BlobStore& blobs) override {
        return cleaner_.keep_clean(blobs);
    }
    asio::awaitable<Result<std::size_t>> clean_once(chat::BlobStore& blobs) override {
        return cleaner_.clean_once(blobs);
    }

    asio::awaitable<bool> takes_changes() override { return writer_.takes_changes(); }
    [[nodiscard]] Counts counts() const override {
        auto const counts = writer_.counts();
        return {counts.operations, counts.commits, counts.checkpoints, counts.busy};
    }
    [[nodiscard]] std::string_view engine_version() const override { return sqlite3_libversion(); }

private:
    std::optional<DataLock> lock_;  // released last
    Sealer sealer_;
    Cursors cursors_;
    Writer writer_;
    Readers readers_;
    Readers search_readers_;  // a long search holds up only searches
    Engine engine_;
    SqliteChatStore chats_;
    SqliteUserStore users_;
    SqliteProviderStore providers_;
    SqliteSearch search_;
    SqliteThreadArchive archive_;
    Cleaner cleaner_;
};

}  // namespace

Result<std::unique_ptr<SqliteStore>> open(Options options) {
    bool const looks = options.access == Access::look;
    auto const file = database_file(options.data_dir);
    if (auto made = looks ? Result<void>{} : make_data_dir(options.data_dir); !made)
        return std::unexpected(made.error());
    std::optional<DataLock> lock;
    if (options.access == Access::server) {
        auto taken = DataLock::take(options.data_dir);
        if (!taken) return std::unexpected(taken.error());
        lock = std::move(*taken);
    }
    if (!looks) make_private_file(file);
    auto db = Connection::open(file, looks ? Connection::Mode::read_only
                                           : Connection::Mode::read_write);
    if (!db) return std::unexpected(db.error());
    if (auto fits = looks ? check_newest(*db) : migrate(*db); !fits) {
        auto error = std::move(fits.error());
        error.message = fmt::format("{}: {}", file.string(), error.message);
        return std::unexpected(std::move(error));
    }
    if (lock) {
        auto interrupted = interrupt_running(*db, options.clock);
        if (!interrupted) return std::unexpected(interrupted.error());
    }
    return std::make_unique<Store>(std::move(options), std::move(lock), std::move(*db));
}

}  // namespace kaiwa::store::sqlite
