#pragma once

#include "api/routes.hpp"
#include "auth/sign_in_throttle.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/memory_user_store.hpp"

#include <boost/asio/io_context.hpp>

namespace kaiwa::api::test {

/// A chat store that holds nothing: whatever is asked for is not found.
class EmptyChatStore : public chat::ChatStore {
public:
    template <class T>
    using Answer = asio::awaitable<Result<T>>;
    using Who = chat::Principal;

    [[nodiscard]] bool is_shared() const override { return false; }
    Answer<chat::Thread> create_thread(Who, chat::NewThread) override { return none<chat::Thread>(); }
    Answer<chat::Thread> thread(Who, ThreadId) override { return none<chat::Thread>(); }
    Answer<auth::Page<chat::Thread>> threads(Who, chat::ThreadQuery) override {
        return none<auth::Page<chat::Thread>>();
    }
    Answer<chat::Thread> update_thread(Who, ThreadId, chat::ThreadPatch) override {
        return none<chat::Thread>();
    }
    Answer<void> delete_thread(Who, ThreadId) override { return none<void>(); }
    Answer<chat::Thread> restore_thread(Who, ThreadId) override { return none<chat::Thread>(); }
    Answer<auth::Page<chat::Message>> messages(Who, ThreadId, chat::MessageQuery) override {
        return none<auth::Page<chat::Message>>();
    }
    Answer<chat::Message> message(Who, ThreadId, MessageId) override { return none<chat::Message>(); }
    Answer<chat::Thread> select_branch(Who, ThreadId, MessageId) override {
        return none<chat::Thread>();
    }
    Answer<chat::TurnTicket> begin_turn(Who, ThreadId, chat::NewTurn) override {
        return none<chat::TurnTicket>();
    }
    Answer<chat::TurnTicket> begin_reply(Who, ThreadId, chat::NewReply) override {
        return none<chat::TurnTicket>();
    }
    Answer<std::optional<chat::TurnTicket>> find_ticket(Who, ThreadId, MessageId,
                                                        std::string) override {
        return none<std::optional<chat::TurnTicket>>();
    }
    Answer<chat::Generation> generation(Who, GenerationId) override {
        return none<chat::Generation>();
    }
    Answer<chat::LogPage> read_log(Who, GenerationId, std::uint64_t) override {
        return none<chat::LogPage>();
    }
    Answer<void> request_stop(Who, GenerationId) override { return none<void>(); }
    Answer<chat::ClaimedTurn> claim(GenerationId) override { return none<chat::ClaimedTurn>(); }
    Answer<chat::LogAck> append_log(chat::Lease, chat::LogSegment, std::uint64_t) override {
        return none<chat::LogAck>();
    }
    Answer<chat::LogAck> renew_lease(chat::Lease) override { return none<chat::LogAck>(); }
    Answer<void> end_generation(chat::Lease, chat::Ending) override { return none<void>(); }
    Answer<chat::Generation> interrupt_expired(Who, GenerationId) override {
        return none<chat::Generation>();
    }
    Answer<void> put_feedback(Who, ThreadId, MessageId, chat::Feedback) override {
        return none<void>();
    }
    Answer<void> remove_feedback(Who, ThreadId, MessageId) override { return none<void>(); }
    Answer<void> add_file(Who, chat::FileInfo) override { return none<void>(); }
    Answer<chat::FileInfo> file(Who, FileId) override { return none<chat::FileInfo>(); }

private:
    template <class T>
    static asio::awaitable<Result<T>> none() {
        co_return fail(Errc::not_found, "nothing is here");
    }
};

class EmptySearch final : public chat::MessageSearch {
public:
    asio::awaitable<Result<chat::SearchPage>> search(chat::Principal, std::string, std::size_t,
                                                     std::string) override {
        co_return chat::SearchPage{};
    }
};

class EmptyBlobStore final : public chat::BlobStore {
public:
    asio::awaitable<Result<std::unique_ptr<Writer>>> create(FileId) override {
        co_return fail(Errc::unavailable, "no space");
    }
    asio::awaitable<Result<std::unique_ptr<Reader>>> open(FileId, chat::BlobPart) override {
        co_return fail(Errc::not_found, "no such file");
    }
    asio::awaitable<Result<void>> remove(FileId) override { co_return Result<void>{}; }
};

class MemoryProviderStore final : public llm::ProviderStore {
public:
    asio::awaitable<Result<std::vector<llm::ProviderConfig>>> providers() override { co_return all; }
    asio::awaitable<Result<void>> put_provider(llm::ProviderConfig provider) override {
        std::erase_if(all, [&](auto const& old) { return old.name == provider.name; });
        all.push_back(std::move(provider));
        co_return Result<void>{};
    }
    asio::awaitable<Result<void>> remove_provider(std::string name) override {
        if (std::erase_if(all, [&](auto const& old) { return old.name == name; }) == 0)
            co_return fail(Errc::not_found, "no such provider");
        co_return Result<void>{};
    }

    std::vector<llm::ProviderConfig> all;
};

class SilentResponder final : public chat::Responder {
public:
    asio::awaitable<llm::Outcome<llm::FinishReason>> respond(chat::TurnContext const&,
                                                             chat::TurnSink&) override {
        co_return llm::FinishReason::stop;
    }
};

/// Everything that the routes need, with nobody and nothing in it.
struct TestServices {
    kaiwa::test::ManualClock clock;
    SystemRandom random;
    NullLog log;
    kaiwa::test::MemoryUserStore user_store;
    auth::Passwords passwords{random};
    auth::SignInThrottle throttle{clock};
    auth::CredentialCache cache;
    auth::Authenticator authenticator{user_store, passwords, throttle, cache, clock, random, log};
    auth::UserAdministration users{user_store, passwords, cache, clock, random};
    auth::FirstAdministrator first_administrator{user_store, passwords, clock, random};
    EmptyChatStore chats;
    EmptySearch search;
    EmptyBlobStore blobs;
    /// Set before `services()`: what the routes read and write besides turns.
    chat::ChatStore* routes_chats = &chats;
    chat::BlobStore* routes_blobs = &blobs;
    chat::Notices notices;
    chat::RecentBranches recent;
    MemoryProviderStore providers;
    SilentResponder responder;
    llm::Catalogue catalogue{[](llm::ProviderConfig const&) {
                                 return Result<std::shared_ptr<llm::ChatModel>>(
                                     fail(Errc::unsupported, "no models here"));
                             },
                             clock, log};
    asio::io_context io;
    chat::TurnService turns{{chats, responder, notices, recent, clock, random, log,
                             [] { return std::string("local/a"); }},
                            {},
                            {io.get_executor()}};
    Metrics metrics;
    std::shared_ptr<Settings> settings = std::make_shared<Settings>();
    bool disk_is_full = false;

    [[nodiscard]] Services services() {
        return {.authenticator = authenticator,
                .users = users,
                .first_administrator = first_administrator,
                .turns = turns,
                .chats = *routes_chats,
                .search = search,
                .blobs = *routes_blobs,
                .notices = notices,
                .catalogue = catalogue,
                .providers = providers,
                .metrics = metrics,
                .clock = clock,
                .random = random,
                .log = log,
                .settings = [this] { return settings; },
                .default_model = [] { return std::string("local/a"); },
                .reload_providers = [] { return reloaded(); },
                .find_servers = [] { return nothing_found(); },
                .takes_changes = [this] { return takes_changes(); }};
    }

    /// A new user with a session; returns the cookie's value.
    asio::awaitable<std::string> sign_in(std::string username, auth::UserRole role) {
        auth::User user;
        user.id = UserId{make_uuid7(clock, random)};
        user.username = std::move(username);
        user.role = role;
        user.created_at = clock.now();
        auth::UserWithPassword record{user, {}};
        (void)co_await user_store.add_user(std::move(record));
        auto const signed_in = co_await authenticator.begin_session(user, "test", "");
        co_return signed_in->token.reveal();
    }

    /// A key of a new user; returns its text.
    asio::awaitable<std::string> make_key(std::string username) {
        auto token = co_await sign_in(std::move(username), auth::UserRole::user);
        auto caller = co_await authenticator.check_session(std::move(token));
        auto const made = co_await authenticator.add_key(std::move(*caller), "a key");
        co_return made->text.reveal();
    }

private:
    asio::awaitable<bool> takes_changes() { co_return !disk_is_full; }
    static asio::awaitable<Result<void>> reloaded() { co_return Result<void>{}; }
    static asio::awaitable<std::vector<FoundServer>> nothing_found() { co_return std::vector<FoundServer>{}; }
};

}  // namespace kaiwa::api::test
