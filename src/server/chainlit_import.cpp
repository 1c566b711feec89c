#include "server/chainlit_import.hpp"

#include "auth/rules.hpp"
#include "transfer/migration.hpp"

#include <fmt/format.h>

namespace kaiwa::server {
namespace {

using chat::ArchivedThread;
using chat::ThreadArchive;
using transfer::ImportOutcome;

/// Takes files off messages, which stay where they are, and counts what passes.
class TextsOnly final : public ThreadArchive::Reader {
public:
    explicit TextsOnly(ThreadArchive::Reader& reader) : reader_(reader) {}

    asio::awaitable<Result<std::vector<chat::ArchivedMessage>>> next() override {
        auto some = co_await reader_.next();
        if (!some) co_return some;
        for (auto& archived : *some) {
            files_ += archived.message.files.size();
            archived.message.files.clear();
        }
        messages_ += some->size();
        co_return some;
    }
    [[nodiscard]] std::vector<std::string> const& unreadable() const override {
        return reader_.unreadable();
    }
    [[nodiscard]] std::size_t messages() const { return messages_; }
    [[nodiscard]] std::size_t files() const { return files_; }

private:
    ThreadArchive::Reader& reader_;
    std::size_t messages_ = 0;
    std::size_t files_ = 0;
};

/// One import with what it works on.
class Importing {
public:
    Importing(ImportGround& ground, Stores& source) : ground_(ground), source_(source) {}

    asio::awaitable<Result<ImportTally>> threads() {
        auto const all = co_await transfer::all_threads(source_.archive());
        if (!all && all.error().reason == "no_table")
            co_return fail(Errc::not_found,
                           fmt::format("there is no table {} in DynamoDB; --table names it",
                                       ground_.command.table));
        if (!all) co_return std::unexpected(all.error());
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
    asio::awaitable<Result<void>> store(ThreadId id) {
        auto thread = co_await source_.archive().find(id);
        if (!thread && thread.error().code == Errc::not_found) co_return Result<void>{};
        if (!thread) co_return std::unexpected(thread.error());
        if (thread->deleted_at) co_return fail(Errc::invalid_argument, "it was deleted");
        if (thread->thread.running)
            co_return fail(Errc::conflict, "an answer is being written in it; import it again");
        auto const reader = co_await source_.archive().read(id);
        if (!reader) co_return std::unexpected(reader.error());
        TextsOnly texts(**reader);
        Result<ImportOutcome> stored;
        if (ground_.only_looks())
            stored = co_await look(texts);
        else
            stored = co_await copy(std::move(*thread), texts);
        if (!stored) co_return std::unexpected(stored.error());
        for (auto const& key : texts.unreadable())
            tally_.leave_out(key + ": its id is no lower-case UUID");
        if (texts.files() > 0)
            tally_.leave_out(
                fmt::format("THREAD#{}: {} files of its messages", id.text(), texts.files()));
        tally_.count(*stored, texts.messages());
        co_return Result<void>{};
    }

    asio::awaitable<Result<ImportOutcome>> look(ThreadArchive::Reader& messages) {
        for (;;) {
            auto const some = co_await messages.next();
            if (!some) co_return std::unexpected(some.error());
            if (some->empty()) co_return ImportOutcome::stored;
        }
    }

    asio::awaitable<Result<ImportOutcome>> copy(ArchivedThread thread,
                                                ThreadArchive::Reader& messages) {
        auto owner = co_await person(thread.owner);
        if (!owner) co_return std::unexpected(owner.error());
        thread.owner = std::move(*owner);
        co_return co_await transfer::import_thread(ground_.target.archive(), std::move(thread),
                                                   messages);
    }

    /// Whoever has that name here; else a new user, with the password that the table knows, if it
    /// does, and role user whatever it says.
    asio::awaitable<Result<auth::Principal>> person(auth::Principal theirs) {
        if (ground_.user) co_return *ground_.user;
        auto here = co_await ground_.target.users().user_by_name(theirs.username);
        if (here) co_return auth::Principal{here->user.id, here->user.username, here->user.role};
        if (here.error().code != Errc::not_found) co_return std::unexpected(here.error());
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
        auto stored = co_await ground_.target.users().add_user(std::move(added));
        if (!stored) co_return std::unexpected(stored.error());
        theirs.role = auth::UserRole::user;
        co_return theirs;
    }

    ImportGround& ground_;
    Stores& source_;
    ImportTally tally_;
};

}  // namespace

asio::awaitable<Result<ImportTally>> import_chainlit(ImportGround& ground, Stores& source) {
    Importing importing(ground, source);
    co_return co_await importing.threads();
}

}  // namespace kaiwa::server
