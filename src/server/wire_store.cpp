#include "server/wire_store.hpp"

#include "server/sealing_key.hpp"
#include "store/dynamodb/store.hpp"
#include "store/files/directory_blobs.hpp"
#include "store/sqlite/store.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>

namespace kaiwa::server {
namespace {

/// SQLite in the data folder.
class DataFolder final : public Stores {
public:
    DataFolder(std::unique_ptr<store::sqlite::SqliteStore> database,
               std::unique_ptr<chat::BlobStore> blobs)
        : database_(std::move(database)), blobs_(std::move(blobs)) {}

    chat::ChatStore& chats() override { return database_->chats(); }
    auth::UserStore& users() override { return database_->users(); }
    llm::ProviderStore& providers() override { return database_->providers(); }
    chat::MessageSearch& search() override { return database_->search(); }
    chat::ThreadArchive& archive() override { return database_->archive(); }
    chat::BlobStore& blobs() override { return *blobs_; }

    asio::awaitable<bool> takes_changes() override { return database_->takes_changes(); }
    asio::awaitable<void> keep_shown() override { co_return; }  // its folder is locked
    asio::awaitable<void> keep_clean() override { return database_->keep_clean(*blobs_); }
    asio::awaitable<Result<std::size_t>> clean(SteadyTime) override {
        return database_->clean_once(*blobs_);  // on a disk of our own it takes no time
    }
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

/// DynamoDB's tables.
class DynamoTables final : public Stores {
public:
    DynamoTables(Settings const& all, StoreUser user, std::unique_ptr<chat::BlobStore> blobs,
                 Sealer sealer, AwsGround& aws, Clock const& clock, Random& random, Log& log)
        : client_(aws::make_client(
              aws.session(all.dynamodb.profile),
              aws::ServiceAddress{"dynamodb", "dynamodb", all.dynamodb.region,
                                  all.dynamodb.endpoint},
              store::dynamodb::dynamodb_retries())),
          calls_(*client_),
          tables_(store::dynamodb::open(options(all, user, calls_, sealer, clock, random, log))),
          blobs_(std::move(blobs)) {}

    chat::ChatStore& chats() override { return tables_->chats(); }
    auth::UserStore& users() override { return tables_->users(); }
    llm::ProviderStore& providers() override { return tables_->providers(); }
    chat::MessageSearch& search() override { return tables_->search(); }
    chat::ThreadArchive& archive() override { return tables_->archive(); }
    chat::BlobStore& blobs() override { return *blobs_; }

    asio::awaitable<bool> takes_changes() override { co_return true; }
    asio::awaitable<void> keep_shown() override { return tables_->keep_shown(); }
    asio::awaitable<void> keep_clean() override { return tables_->keep_clean(*blobs_); }
    asio::awaitable<Result<std::size_t>> clean(SteadyTime until) override {
        return tables_->clean_once(*blobs_, until);
    }
    void add_metrics(api::Metrics& metrics) override {
        using Kind = api::Metrics::Kind;
        auto& tables = *tables_;
        metrics.add(Kind::counter, "kaiwa_dynamodb_calls_total", "Calls of DynamoDB.",
                    [&tables] { return static_cast<double>(tables.counts().calls); });
        metrics.add(Kind::counter, "kaiwa_dynamodb_retries_total",
                    "Batches and transactions that were sent again.",
                    [&tables] { return static_cast<double>(tables.counts().retries); });
        metrics.add(Kind::counter, "kaiwa_dynamodb_read_units_total", "Read request units.",
                    [&tables] { return tables.counts().read_units; });
        metrics.add(Kind::counter, "kaiwa_dynamodb_write_units_total", "Write request units.",
                    [&tables] { return tables.counts().write_units; });
    }

private:
    static store::dynamodb::Options options(Settings const& all, StoreUser user,
                                            store::dynamodb::Calls& calls, Sealer sealer,
                                            Clock const& clock, Random& random, Log& log) {
        auto const& settings = all.dynamodb;
        bool const in_bucket = all.files == FilesKind::s3;
        using store::dynamodb::MissingTables;
        using store::dynamodb::Elements;
        using store::dynamodb::Strangers;
        auto elements = Elements::reachable;
        if (user == StoreUser::mover) elements = Elements::all;
        if (user == StoreUser::importer) elements = Elements::as_written;
        bool const only_reads = user == StoreUser::importer || user == StoreUser::looker;
        using OldHashes = store::dynamodb::Options::OldHashes;
        return {.table = settings.table,
                .user_table = settings.user_table,
                .missing = settings.create_tables ? MissingTables::make : MissingTables::refuse,
                .old_hashes = settings.keep_sha256 ? OldHashes::keep : OldHashes::replace,
                .calls = calls,
                .clock = clock,
                .random = random,
                .log = log,
                .sealer = sealer,
                .object_prefix = in_bucket ? std::optional(all.s3.prefix) : std::nullopt,
                .elements = elements,
                .strangers = only_reads ? Strangers::leave : Strangers::adopt};
    }

    std::unique_ptr<aws::ServiceClient> client_;
    store::dynamodb::ServiceCalls calls_;
    std::unique_ptr<store::dynamodb::DynamoStore> tables_;
    std::unique_ptr<chat::BlobStore> blobs_;
};

Result<std::unique_ptr<chat::BlobStore>> open_blobs(Settings const& settings, StoreUser user,
                                                    AwsGround& aws) {
    bool const without =
        user == StoreUser::tool || user == StoreUser::importer || user == StoreUser::looker;
    if (without) return nullptr;
    if (settings.files == FilesKind::directory)
        return store::files::open({.dir = settings.data / "files"});
    return open_bucket(settings.s3, aws);
}

std::unexpected<Error> only_sqlite(std::string_view command) {
    return fail(
        Errc::unsupported,
        fmt::format("kaiwa {} copies SQLite's data; for DynamoDB use its own backups", command));
}

}  // namespace

Result<void> find_store(Settings const& settings, NewStore absent) {
    if (settings.store != StoreKind::sqlite) return {};
    auto const database = settings.data / "kaiwa.db";
    std::error_code failure;
    if (std::filesystem::exists(database, failure)) return {};
    if (failure)
        return fail(Errc::unavailable,
                    fmt::format("the database {} cannot be reached: {}; are you its owner?",
                                database.string(), failure.message()));
    if (absent == NewStore::refused)
        return fail(Errc::not_found, fmt::format("there is no database {}; --data names the folder",
                                                 database.string()));
    std::cerr << fmt::format("There was no database {}: it is made.\n", database.string());
    return {};
}

std::unique_ptr<store::s3::Blobs> open_bucket(S3Settings const& s3, AwsGround& aws) {
    return store::s3::open(
        {.session = aws.session(s3.profile),
         .bucket = {.name = s3.bucket, .region = s3.region, .endpoint = s3.endpoint},
         .prefix = s3.prefix});
}

Result<std::unique_ptr<Stores>> open_stores(Settings const& settings, StoreUser user,
                                            AwsGround& aws, Clock const& clock, Random& random,
                                            Log& log) {
    using store::sqlite::Access;
    auto sealer = sealing_key(settings, random);
    if (!sealer) return std::unexpected(sealer.error());
    if (settings.store == StoreKind::dynamodb) {
        auto blobs = open_blobs(settings, user, aws);
        if (!blobs) return std::unexpected(blobs.error());
        return std::make_unique<DynamoTables>(settings, user, std::move(*blobs), *sealer, aws,
                                              clock, random, aws.log());
    }
    bool const alone = user == StoreUser::server || user == StoreUser::mover;
    auto access = alone ? Access::server : Access::tool;
    if (user == StoreUser::looker) access = Access::look;
    auto database = store::sqlite::open({.data_dir = settings.data,
                                         .access = access,
                                         .clock = clock,
                                         .random = random,
                                         .log = log,
                                         .sealer = *sealer});
    if (!database) return std::unexpected(database.error());
    auto blobs = open_blobs(settings, user, aws);
    if (!blobs) return std::unexpected(blobs.error());
    return std::make_unique<DataFolder>(std::move(*database), std::move(*blobs));
}

Result<void> back_up_stores(Settings const& settings, std::filesystem::path const& target) {
    if (settings.store != StoreKind::sqlite) return only_sqlite("backup");
    return store::sqlite::backup(settings.data, target);
}

Result<std::string> restore_stores(Settings const& settings, std::filesystem::path const& source,
                                   Clock const& clock) {
    if (settings.store != StoreKind::sqlite) return only_sqlite("restore");
    auto const restored = store::sqlite::restore(source, settings.data, clock);
    if (!restored) return std::unexpected(restored.error());
    auto told = fmt::format("Restored {}.", source.string());
    if (auto const& old = restored->moved_to)
        told += fmt::format(" What was in its place is in {}.", old->string());
    bool const from_file = !settings.sealing_secret && settings.sealing_secret_from.empty();
    auto const key = settings.data / "secret.key";
    std::error_code absent;
    if (restored->sealed_keys > 0 && from_file && !std::filesystem::exists(key, absent))
        told += fmt::format(
            "\n{} is missing: it opens the {} providers' keys that are stored. Copy it from the data "
            "folder that the backup is of before the server starts, or set KAIWA_SECRET if that "
            "had one. Without it, enter these keys again in the page.",
            key.string(), restored->sealed_keys);
    return told;
}

}  // namespace kaiwa::server
