#include "server/move_commands.hpp"

#include "server/late_secrets.hpp"
#include "server/run_alone.hpp"
#include "server/wire_store.hpp"
#include "transfer/migration.hpp"

#include <fmt/format.h>

#include <iostream>

namespace kaiwa::server {
namespace {

using transfer::MigrationReport;
using transfer::Side;

void tell(std::string const& line) {
    std::cerr << line << std::endl;  // at once: somebody waits
}

std::string_view name_of(StoreKind kind) {
    return kind == StoreKind::sqlite ? "sqlite" : "dynamodb";
}

/// The configuration with another store and another place for files in it.
Settings with(Settings settings, StoreKind store, std::optional<FilesKind> files) {
    settings.store = store;
    settings.files = files.value_or(settings.files);
    return settings;
}

Result<void> check(Migrate const& command, Settings const& settings) {
    if (command.from == command.to)
        return fail(Errc::invalid_argument, "--from and --to name the same kind of store");
    bool const uses_s3 = command.files_from == FilesKind::s3 || command.files_to == FilesKind::s3;
    if (uses_s3 && settings.s3.bucket.empty())
        return fail(Errc::invalid_argument, "files.s3.bucket names no bucket");
    return find_store(with(settings, command.from, command.files_from),
                      command.from == StoreKind::sqlite ? NewStore::refused : NewStore::made);
}

Side side_of(Stores& stores) {
    return {stores.users(), stores.providers(), stores.archive(), stores.blobs()};
}

void print(MigrationReport const& report) {
    for (auto const& each : report.left_out) std::cout << "left out: " << each << '\n';
    auto const line = [](char const* what, transfer::Tally const& tally) {
        return fmt::format(
            "{}: {} users, {} API keys, {} providers, {} threads, {} messages, {} files\n", what,
            tally.users, tally.keys, tally.providers, tally.threads, tally.messages, tally.files);
    };
    std::cout << line("copied", report.copied) << line("were there", report.present);
}

}  // namespace

Result<void> migrate_stores(Migrate const& command, Settings settings) {
    if (auto good = check(command, settings); !good) return good;
    SystemClock clock;
    SystemRandom random;
    StderrLog log(LogFormat::text, LogLevel::warning);
    asio::io_context loop;
    if (auto read = read_sealing_secret_now(settings, clock, random, log); !read) return read;
    AwsGround aws(settings, AwsGround::Connections::kept, clock, random, log);
    auto from_settings = with(settings, command.from, command.files_from);
    from_settings.dynamodb.create_tables = false;
    // Where the files are that the table names and Chainlit stored.
    std::unique_ptr<chat::BlobStore> foreign_files;
    if (!settings.s3.bucket.empty()) foreign_files = open_bucket(settings.s3, aws);
    auto const to_settings = with(settings, command.to, command.files_to);
    auto const reads = foreign_files ? StoreUser::mover : StoreUser::server;
    auto source = open_stores(from_settings, reads, aws, clock, random, log);
    if (!source) return std::unexpected(source.error());
    auto target = open_stores(to_settings, StoreUser::server, aws, clock, random, log);
    if (!target) return std::unexpected(target.error());

    tell(fmt::format("copying from {} to {}; the source stays as it is", name_of(command.from),
                     name_of(command.to)));
    auto from = side_of(**source);
    from.foreign = foreign_files.get();
    // The store says nothing about where files are: where that is the same, their bytes stay.
    bool const same_files = from_settings.files == to_settings.files;
    auto& blobs = same_files ? (*source)->blobs() : (*target)->blobs();
    Side const to{(*target)->users(), (*target)->providers(), (*target)->archive(), blobs};
    transfer::Migration migration(from, to, tell);
    auto const report = run_alone(loop, aws, migration.run());
    if (!report) return std::unexpected(report.error());
    print(*report);
    return {};
}

}  // namespace kaiwa::server
