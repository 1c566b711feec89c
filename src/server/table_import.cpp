#include "server/table_import.hpp"

#include "api/compat/roles.hpp"
#include "store/foreign/line_reader.hpp"

#include <fmt/format.h>

namespace kaiwa::server {
namespace {

using store::foreign::Conversation;
using store::foreign::Gathered;
using transfer::ImportOutcome;
using From = Import::From;

constexpr std::size_t items_a_line = 10'000;

/// Part of what ids are made of: never to change.
std::string_view word_of(From from) {
    switch (from) {
        case From::chainlit:
            return "chainlit";
        case From::langchain:
            return "langchain";
        case From::bedrock_chat:
            return "bedrock-chat";
        case From::genu:
            return "genu";
        case From::private_rag:
            return "private-rag";
        case From::user_roles:
            return "user-roles";
    }
    return {};
}

std::unique_ptr<store::foreign::Reader> reader_of(Import const& command, Timestamp now) {
    if (command.from == From::langchain)
        return store::foreign::langchain_reader({command.key, now});
    if (command.from == From::bedrock_chat) return store::foreign::bedrock_chat_reader();
    if (command.from == From::genu) return store::foreign::genu_reader();
    return store::foreign::private_rag_reader();
}

/// One import with what it works on.
class Importing {
public:
    Importing(ImportGround& ground, ForeignItems& items, ForeignObjects* objects = nullptr)
        : ground_(ground), items_(items), objects_(objects) {}

    /// Whole conversations are stored as they come, parts of others set aside until all are known.
    asio::awaitable<Result<ImportTally>> conversations() {
        auto const reader = reader_of(ground_.command, ground_.clock.now());
        auto spool = store::foreign::Spool::make();
        if (!spool) co_return std::unexpected(spool.error());
        for (std::size_t read = 1;; ++read) {
            auto item = co_await next_item();
            if (!item) co_return std::unexpected(item.error());
            if (!*item) break;
            auto taken = reader->take(**item, spool->end());
            if (taken.is_known) tally_.count_known();
            say_what_is_wrong(*reader);
            if (taken.is_part) {
                auto kept = spool->add(**item);
                if (!kept) co_return std::unexpected(kept.error());
            }
            if (taken.conversation) {
                auto stored = co_await store_whole(std::move(*taken.conversation), *reader);
                if (!stored) co_return std::unexpected(stored.error());
            }
            if (read % items_a_line == 0) tell_progress(fmt::format("{} items read", read));
        }
        for (auto& gathered : reader->finish()) {
            say_what_is_wrong(*reader);
            auto stored = co_await store_parts(std::move(gathered), *reader, *spool);
            if (!stored) co_return std::unexpected(stored.error());
        }
        if (reader->skipped() > 0)
            tally_.leave_out(fmt::format("{} items and messages of kinds that have no place here",
                                         reader->skipped()));
        co_return tally_;
    }

    asio::awaitable<Result<ImportTally>> roles() {
        for (;;) {
            auto const item = co_await next_item();
            if (!item) co_return std::unexpected(item.error());
            if (!*item) co_return tally_;
            auto role = store::foreign::read_user_role(**item);
            if (!role) {
                tally_.leave_out(role.error().message);
                continue;
            }
            tally_.count_known();
            auto const key = "user " + role->user;
            auto const outcome = co_await store_role(std::move(*role));
            auto const counted = count(outcome, key, 0);
            if (!counted) co_return std::unexpected(counted.error());
        }
    }

private:
    /// The next one that is an item; nothing at the end.
    asio::awaitable<Result<std::optional<store::dynamodb::Item>>> next_item() {
        for (;;) {
            auto item = co_await items_.next();
            if (item ? item->has_value() : item.error().code == Errc::invalid_argument)
                tally_.count_read();
            if (item || item.error().code != Errc::invalid_argument) co_return item;
            tally_.leave_out(item.error().message);
        }
    }
    void say_what_is_wrong(store::foreign::Reader& reader) {
        for (auto const& each : reader.unreadable()) tally_.leave_out(each);
        for (auto const& each : reader.changed()) ImportTally::note(each);
    }

    asio::awaitable<Result<auth::Principal>> owner_of(std::string subject) {
        if (ground_.user) co_return *ground_.user;
        auth::ExternalIdentity who{ground_.command.issuer, subject, subject};
        auto caller = co_await ground_.authenticator->recognise(std::move(who));
        if (!caller && caller.error().code == Errc::unauthenticated)
            co_return fail(Errc::unauthenticated, fmt::format("{} is disabled here", subject));
        if (!caller) co_return std::unexpected(caller.error());
        co_return std::move(caller->principal);
    }

    /// Nothing where the conversation is left out.
    asio::awaitable<Result<std::optional<auth::Principal>>> owner_of(
        Conversation const& conversation, std::size_t messages) {
        std::string why;
        if (messages == 0) why = "it has no messages";
        if (!ground_.user && conversation.owner.empty())
            why = "it names nobody; --user says whose it is";
        if (why.empty() && !ground_.only_looks()) {
            auto owner = co_await owner_of(conversation.owner);
            if (owner) co_return std::optional(std::move(*owner));
            if (!concerns_one(owner.error())) co_return std::unexpected(owner.error());
            why = owner.error().message;
        }
        if (why.empty())
            tally_.count(ImportOutcome::stored, messages);
        else
            tally_.leave_out(conversation.key + ": " + why);
        co_return std::optional<auth::Principal>();
    }

    asio::awaitable<Result<void>> store_whole(Conversation conversation,
                                              store::foreign::Reader& reader) {
        if (!conversation.messages_at.empty()) {
            auto const filled = co_await fill(conversation, reader);
            say_what_is_wrong(reader);
            if (!filled && !concerns_one(filled.error())) co_return std::unexpected(filled.error());
            if (!filled) {
                tally_.leave_out(conversation.key + ": " + filled.error().message);
                co_return Result<void>{};
            }
        }
        co_return co_await store(std::move(conversation));
    }

    asio::awaitable<Result<void>> fill(Conversation& conversation, store::foreign::Reader& reader) {
        auto const at = conversation.messages_at;
        if (!objects_)
            co_return fail(
                Errc::invalid_argument,
                fmt::format("its messages lie in S3 at {}; --bucket names the bucket", at));
        auto const text = co_await objects_->read(at);
        if (!text) co_return std::unexpected(text.error());
        co_return reader.fill(conversation, *text);
    }

    asio::awaitable<Result<void>> store(Conversation conversation) {
        auto owner = co_await owner_of(conversation, conversation.messages.size());
        if (!owner) co_return std::unexpected(owner.error());
        if (!*owner) co_return Result<void>{};
        auto const key = conversation.key;
        auto made = store::foreign::to_thread(std::move(conversation), source(), std::move(**owner),
                                              ground_.clock.now());
        for (auto const& id : made.left_out)
            tally_.leave_out(fmt::format("{}, message {}: its parent leads nowhere", key, id));
        auto const messages = made.messages.size();
        auto const outcome = co_await transfer::import_thread(
            ground_.target->archive(), std::move(made.thread), std::move(made.messages));
        co_return count(outcome, key, messages);
    }

    asio::awaitable<Result<void>> store_parts(Gathered gathered,
                                              store::foreign::Reader const& reader,
                                              store::foreign::Spool const& spool) {
        auto owner = co_await owner_of(gathered.conversation, gathered.messages());
        if (!owner) co_return std::unexpected(owner.error());
        if (!*owner) co_return Result<void>{};
        auto thread =
            store::foreign::to_thread(gathered, source(), std::move(**owner), ground_.clock.now());
        store::foreign::LineReader lines(thread.thread, gathered, reader, spool);
        auto const outcome =
            co_await transfer::import_thread(ground_.target->archive(), std::move(thread), lines);
        co_return count(outcome, gathered.conversation.key, gathered.messages());
    }

    Result<void> count(Result<ImportOutcome> const& outcome, std::string const& key,
                       std::size_t messages) {
        if (!outcome && !concerns_one(outcome.error())) return std::unexpected(outcome.error());
        if (outcome)
            tally_.count(*outcome, messages);
        else
            tally_.leave_out(key + ": " + outcome.error().message);
        return {};
    }

    asio::awaitable<Result<ImportOutcome>> store_role(store::foreign::UserRole role) {
        if (ground_.only_looks()) co_return ImportOutcome::stored;
        auto const owner = co_await owner_of(role.user);
        if (!owner) co_return std::unexpected(owner.error());
        auto const kept = co_await api::compat::kept_role(ground_.target->chats(), *owner);
        if (!kept) co_return std::unexpected(kept.error());
        if (*kept) co_return ImportOutcome::present;  // it may be newer than the table's
        auto const put =
            co_await api::compat::keep_role(ground_.target->chats(), *owner, std::move(role.role));
        if (!put) co_return std::unexpected(put.error());
        co_return ImportOutcome::stored;
    }

    [[nodiscard]] std::string source() const {
        return fmt::format("{}/{}", word_of(ground_.command.from), ground_.command.table);
    }

    ImportGround& ground_;
    ForeignItems& items_;
    ForeignObjects* objects_;
    ImportTally tally_;
};

}  // namespace

asio::awaitable<Result<ImportTally>> import_conversations(ImportGround& ground, ForeignItems& items,
                                                          ForeignObjects* objects) {
    Importing importing(ground, items, objects);
    co_return co_await importing.conversations();
}

asio::awaitable<Result<ImportTally>> import_roles(ImportGround& ground, ForeignItems& items) {
    Importing importing(ground, items);
    co_return co_await importing.roles();
}

}  // namespace kaiwa::server
