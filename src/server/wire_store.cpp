#include "server/wire_store.hpp"

#include "server/sealing_key.hpp"
#include "store/files/directory_blobs.hpp"
#include "store/sqlite/store.hpp"

namespace kaiwa::server {
namespace {

/// SQLite and files in the data folder.
class DataFolder final : public Stores {
public:
    DataFolder(std::unique_ptr<store::sqlite::SqliteStore> database,
               std::unique_ptr<chat::BlobStore> blobs)
        : database_(std::move(database)), blobs_(std::move(blobs)) {}

    chat::ChatStore& chats() override { return database_->chats(); }
    auth::UserStore& users() override { return database_->users(); }
    llm::ProviderStore& providers() override { return database_->providers(); }
    chat::MessageSearch& search() override { return database_->search(); }
    chat::BlobStore& blobs() override { return *blobs_; }

    asio::awaitable<void> keep_clean() override { return database_->keep_clean(*blobs_); }
    void add_metrics(api::Metrics& metrics) override {
        using Kind = api::Metrics::Kind;
        auto& database = *database_;
        metrics.add(Kind::counter, "kaiwa_store_operations_total", "Changes asked of the database.",
                    [&database] { return static_cast<double>(database.counts().operations); });
        metrics.add(Kind::counter, "kaiwa_store_commits_total", "Flushes that they took.",
                    [&database] { return static_cast<double>(database.counts().commits); });
    }

private:
    std::unique_ptr<store::sqlite::SqliteStore> database_;
    std::unique_ptr<chat::BlobStore> blobs_;
};

}  // namespace

Result<std::unique_ptr<Stores>> open_stores(Settings const& settings, StoreUser user,
                                            Clock const& clock, Random& random, Log& log) {
    using store::sqlite::Access;
    auto sealer = sealing_key(settings, random);
    if (!sealer) return std::unexpected(sealer.error());
    auto const access = user == StoreUser::server ? Access::server : Access::tool;
    auto database = store::sqlite::open({.data_dir = settings.data,
                                         .access = access,
                                         .clock = clock,
                                         .random = random,
                                         .log = log,
                                         .sealer = *sealer});
    if (!database) return std::unexpected(database.error());
    std::unique_ptr<chat::BlobStore> blobs;
    if (user == StoreUser::server) {
        auto opened = store::files::open({.dir = settings.data / "files"});
        if (!opened) return std::unexpected(opened.error());
        blobs = std::move(*opened);
    }
    return std::make_unique<DataFolder>(std::move(*database), std::move(blobs));
}

Result<void> back_up_stores(Settings const& settings, std::filesystem::path const& target) {
    return store::sqlite::backup(settings.data, target);
}

Result<void> restore_stores(Settings const& settings, std::filesystem::path const& source,
                            Clock const& clock) {
    return store::sqlite::restore(source, settings.data, clock);
}

}  // namespace kaiwa::server
