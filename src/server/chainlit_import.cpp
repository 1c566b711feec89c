#include "server/chainlit_import.hpp"

#include "auth/rules.hpp"
#include "transfer/blob_copy.hpp"
#include "transfer/migration.hpp"

#include <fmt/format.h>

#include <vector>

namespace kaiwa::server {
namespace {

using chat::ArchivedThread;
using chat::ThreadArchive;
using transfer::FileCarrier;
using transfer::ImportOutcome;

/// One import with what it works on.
class Importing {
public:
    Importing(ImportGround& ground, Stores& source, store::s3::Blobs* files)
        : ground_(ground), source_(source), target_(ground.target), files_(files) {}

    asio::awaitable<Result<ImportTally>> threads() {
        if (ground_.only_looks()) {
            auto const found = co_await find_target();
            if (!found) co_return std::unexpected(found.error());
        }
        auto const all = co_await transfer::all_threads(source_.archive());
        if (!all && all.error().reason == "no_table")
            co_return fail(Errc::not_found,
                           fmt::format("there is no table {} in DynamoDB; --table names it",
                                       ground_.command.table));
        if (!all) co_return std::unexpected(all.error());
        if (all->threads.empty() && all->unreadable.empty()) {
            auto const good = co_await check_keys();
            if (!good) co_return std::unexpected(good.error());
        }
        for (std::size_t i = 0; i < all->threads.size() + all->unreadable.size(); ++i) {
            tally_.count_read();
            tally_.count_known();
        }
        for (auto const& key : all->unreadable)
            tally_.leave_out(key + ": its id is no lower-case UUID");
        for (auto const& id : all->threads) {
            auto const stored = co_await store(id);
            if (!stored && stored.error().reason == "no_table")
                co_return fail(Errc::not_found,
                               fmt::format("there is no table {} in DynamoDB; --user-table names "
                                           "the table of users, or nothing where there is none",
                                           ground_.command.user_table));
            if (!stored && !concerns_one(stored.error())) co_return std::unexpected(stored.error());
            if (!stored)
                tally_.leave_out(fmt::format("THREAD#{}: {}", id.text(), stored.error().message));
        }
        co_return tally_;
    }

private:
    /// Whether a table without threads could have some.
    asio::awaitable<Result<void>> check_keys() {
        auto const thread = co_await source_.archive().find(ThreadId{});
        if (thread || thread.error().code == Errc::not_found) co_return Result<void>{};
        if (thread.error().reason != "other_keys") co_return std::unexpected(thread.error());
        co_return fail(Errc::invalid_argument,
                       fmt::format("the table {} is not Chainlit's: its keys are not PK and SK; "
                                   "--table names the right one",
                                   ground_.command.table));
    }
    /// The tables of a store that is yet to be made hold nothing.
    asio::awaitable<Result<void>> find_target() {
        if (!target_) co_return Result<void>{};
        auto const thread = co_await target_->archive().find(ThreadId{});
        if (thread || thread.error().code == Errc::not_found) co_return Result<void>{};
        if (thread.error().reason != "no_table") co_return std::unexpected(thread.error());
        target_ = nullptr;
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> store(ThreadId id) {
        auto thread = co_await source_.archive().find(id);
        if (!thread && thread.error().code == Errc::not_found) co_return Result<void>{};
        if (!thread) co_return std::unexpected(thread.error());
        if (thread->deleted_at) co_return fail(Errc::invalid_argument, "it was deleted");
        if (thread->thread.running)
            co_return fail(Errc::conflict, "an answer is being written in it; import it again");
        auto const reader = co_await source_.archive().read(id);
        if (!reader) co_return std::unexpected(reader.error());
        auto owner = co_await person(std::move(thread->owner));
        if (!owner) co_return std::unexpected(owner.error());
        thread->owner = std::move(*owner);
        if (ground_.only_looks()) co_return co_await look(std::move(*thread), **reader);
        FileCarrier carrier(**reader, {files_, files_}, target_->blobs(),
                            FileCarrier::Missing::left_out);
        auto const stored =
            co_await transfer::import_thread(target_->archive(), std::move(*thread), carrier);
        if (!stored) co_return std::unexpected(stored.error());
        tally_.count(*stored, carrier.messages());
        tally_.count_files(carrier.copied() + carrier.present());
        leave_out_messages(**reader);
        leave_out_files(id, carrier.missing());
        co_return Result<void>{};
    }

    asio::awaitable<Result<void>> look(ArchivedThread thread, ThreadArchive::Reader& reader) {
        auto const id = thread.thread.id;
        Result<ImportOutcome> found = ImportOutcome::stored;
        if (target_)
            found = co_await transfer::look_for_thread(target_->archive(), std::move(thread));
        if (!found) co_return std::unexpected(found.error());
        Seen seen;
        if (*found == ImportOutcome::stored) {
            auto const read = co_await read_through(reader, seen);
            if (!read) co_return std::unexpected(read.error());
        }
        tally_.count(*found, seen.messages);
        tally_.count_files(seen.files);
        leave_out_messages(reader);
        leave_out_files(id, seen.missing);
        co_return Result<void>{};
    }

    /// What of a thread would come in.
    struct Seen {
        std::size_t messages = 0;
        std::size_t files = 0;
        std::vector<chat::FileInfo> missing;
    };
    asio::awaitable<Result<void>> read_through(ThreadArchive::Reader& reader, Seen& seen) {
        for (;;) {
            auto const some = co_await reader.next();
            if (!some) co_return std::unexpected(some.error());
            if (some->empty()) co_return Result<void>{};
            seen.messages += some->size();
            for (auto const& archived : *some) {
                for (auto const& file : archived.message.files) {
                    auto there = Result<bool>(false);
                    if (files_) there = co_await files_->has(file);
                    if (!there) co_return std::unexpected(there.error());
                    if (*there) ++seen.files;
                    else seen.missing.push_back(file);
                }
            }
        }
    }

    void leave_out_messages(ThreadArchive::Reader const& reader) {
        for (auto const& key : reader.unreadable())
            tally_.leave_out(key + ": its id is no lower-case UUID");
    }

    void leave_out_files(ThreadId id, std::vector<chat::FileInfo> const& files) {
        if (files.empty()) return;
        if (!files_)
            return tally_.leave_out(
                fmt::format("THREAD#{}: {} files of its messages; --bucket names where they are",
                            id.text(), files.size()));
        for (auto const& file : files)
            tally_.leave_out(fmt::format(
                "THREAD#{}: its file {} is not in the bucket under {}", id.text(), file.name,
                file.foreign_key.empty() ? file.id.text() : file.foreign_key));
    }

    /// Whoever has that name here; else a new user, with the password that the table knows, if it
    /// does, and role user whatever it says.
    asio::awaitable<Result<auth::Principal>> person(auth::Principal theirs) {
        if (ground_.user) co_return *ground_.user;
        if (target_) {
            auto here = co_await target_->users().user_by_name(theirs.username);
            if (here) co_return auth::Principal{here->user.id, here->user.username, here->user.role};
            if (here.error().code != Errc::not_found) co_return std::unexpected(here.error());
        }
        if (auto good = auth::check_username(theirs.username); !good)
            co_return fail(Errc::invalid_argument,
                           fmt::format("its owner \"{}\" cannot be a user here: {}",
                                       theirs.username, good.error().message));
        auth::UserWithPassword added;
        added.user.id = theirs.id;
        added.user.username = theirs.username;
        added.user.created_at = ground_.clock.now();
        if (!ground_.command.user_table.empty()) {
            auto known = co_await source_.users().user_by_name(theirs.username);
            if (!known && known.error().code != Errc::not_found)
                co_return std::unexpected(known.error());
            if (known) {
                added.user.created_at = known->user.created_at;
                added.password_hash = std::move(known->password_hash);
            }
        }
        theirs.role = auth::UserRole::user;
        if (ground_.only_looks()) co_return theirs;
        auto stored = co_await target_->users().add_user(std::move(added));
        if (!stored) co_return std::unexpected(stored.error());
        co_return theirs;
    }

    ImportGround& ground_;
    Stores& source_;
    Stores* target_;           ///< Null where a look finds no store.
    store::s3::Blobs* files_;  ///< Null: nobody knows where they are.
    ImportTally tally_;
};

}  // namespace

asio::awaitable<Result<ImportTally>> import_chainlit(ImportGround& ground, Stores& source,
                                                     store::s3::Blobs* files) {
    Importing importing(ground, source, files);
    co_return co_await importing.threads();
}

}  // namespace kaiwa::server
