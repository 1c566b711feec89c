#pragma once

#include "auth/user_store.hpp"
#include "base/wait.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace kaiwa::test {

/// A `UserStore` in memory for tests of what stands above the port.
class MemoryUserStore final : public auth::UserStore {
public:
    using User = auth::User;
    using Session = auth::Session;
    using ApiKey = auth::ApiKey;
    using UserWithPassword = auth::UserWithPassword;

    asio::awaitable<Result<void>> add_user(UserWithPassword user) override {
        co_return insert(std::move(user));
    }

    asio::awaitable<Result<void>> add_first_administrator(UserWithPassword user) override {
        if (count_administrators() > 0) co_return fail(Errc::conflict, "done", "setup_done");
        co_return insert(std::move(user));
    }

    asio::awaitable<Result<bool>> has_administrator() override {
        co_return count_administrators() > 0;
    }

    asio::awaitable<Result<UserWithPassword>> user_by_name(std::string username) override {
        auto const found = std::ranges::find_if(
            accounts, [&](auto const& entry) { return entry.user.username == username; });
        if (found == accounts.end()) co_return absent();
        auto const read = *found;
        if (after_lookup) after_lookup();
        co_return read;
    }

    /// Knows the case of ASCII only.
    asio::awaitable<Result<std::optional<std::string>>> similar_username(
        std::string username) override {
        auto const lower = [](std::string text) {
            for (char& c : text)
                if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
            return text;
        };
        for (auto const& entry : accounts)
            if (lower(entry.user.username) == lower(username)) co_return entry.user.username;
        co_return std::nullopt;
    }

    asio::awaitable<Result<UserWithPassword>> user(UserId id) override {
        auto* found = find(id);
        if (!found) co_return absent();
        co_return *found;
    }

    asio::awaitable<Result<auth::Page<User>>> users(auth::UserQuery) override {
        auth::Page<User> page;
        for (auto const& entry : accounts) page.items.push_back(entry.user);
        co_return page;
    }

    asio::awaitable<Result<User>> update_user(UserId id, auth::UserPatch patch) override {
        auto* found = find(id);
        if (!found) co_return absent();
        auto changed = found->user;
        if (patch.name) changed.name = *patch.name;
        if (patch.role) changed.role = *patch.role;
        if (patch.disabled) changed.disabled = *patch.disabled;
        if (is_last_administrator(found->user) && !is_enabled_administrator(changed))
            co_return last_administrator();
        if (changed.disabled != found->user.disabled || changed.role != found->user.role)
            end_sessions(id, std::nullopt);
        found->user = changed;
        co_return changed;
    }

    asio::awaitable<Result<void>> set_password(UserId id, std::string password_hash,
                                               std::optional<SessionId> keep,
                                               std::optional<std::string> replaced) override {
        auto* found = find(id);
        if (!found) co_return absent();
        if (replaced && found->password_hash != *replaced)
            co_return fail(Errc::conflict, "the password was changed meanwhile");
        found->password_hash = std::move(password_hash);
        end_sessions(id, keep);
        co_return Result<void>{};
    }

    asio::awaitable<Result<void>> delete_user(UserId id) override {
        auto* found = find(id);
        if (!found) co_return absent();
        if (is_last_administrator(found->user)) co_return last_administrator();
        end_sessions(id, std::nullopt);
        std::erase_if(api_keys, [&](ApiKey const& key) { return key.user == id; });
        std::erase_if(accounts, [&](auto const& entry) { return entry.user.id == id; });
        co_return Result<void>{};
    }

    asio::awaitable<Result<void>> add_session(Session session,
                                              std::optional<std::string> proved) override {
        auto const* user = find(session.user);
        bool const refused =
            !user || user->user.disabled || (proved && *proved != user->password_hash);
        if (refused) co_return absent();
        open_sessions.push_back(std::move(session));
        co_return Result<void>{};
    }

    asio::awaitable<Result<SessionUser>> session(std::string token_hash) override {
        ++session_reads;
        if (session_read_time.count() > 0) co_await sleep_for(session_read_time);
        for (auto const& open : open_sessions)
            if (open.token_hash == token_hash) co_return SessionUser{open, find(open.user)->user};
        co_return absent();
    }

    asio::awaitable<Result<void>> touch_session(SessionId id, Timestamp used_at) override {
        for (auto& open : open_sessions)
            if (open.id == id) open.last_used_at = used_at;
        ++touches;
        co_return Result<void>{};
    }

    asio::awaitable<Result<std::vector<Session>>> sessions(UserId user) override {
        std::vector<Session> own;
        for (auto const& open : open_sessions)
            if (open.user == user) own.push_back(open);
        co_return own;
    }

    asio::awaitable<Result<void>> end_session(UserId user, SessionId id) override {
        auto const ended = std::erase_if(
            open_sessions, [&](Session const& open) { return open.id == id && open.user == user; });
        if (ended == 0) co_return absent();
        co_return Result<void>{};
    }

    asio::awaitable<Result<void>> add_key(ApiKey key) override {
        for (auto const& known : api_keys)
            if (known.name == key.name && known.user == key.user)
                co_return fail(Errc::conflict, "taken", "key_name_taken");
        api_keys.push_back(std::move(key));
        co_return Result<void>{};
    }

    asio::awaitable<Result<KeyUser>> key(std::string key_hash) override {
        for (auto const& known : api_keys) {
            if (known.key_hash != key_hash) continue;
            KeyUser answer{known, std::nullopt};
            if (known.user) answer.user = find(*known.user)->user;
            co_return answer;
        }
        co_return absent();
    }

    asio::awaitable<Result<void>> touch_key(KeyId id, Timestamp used_at) override {
        for (auto& known : api_keys)
            if (known.id == id) known.last_used_at = used_at;
        co_return Result<void>{};
    }

    asio::awaitable<Result<std::vector<ApiKey>>> keys(std::optional<UserId> user) override {
        std::vector<ApiKey> own;
        for (auto const& known : api_keys)
            if (!user || known.user == user) own.push_back(known);
        co_return own;
    }

    asio::awaitable<Result<void>> revoke_key(std::optional<UserId> user, KeyId id) override {
        auto const revoked = std::erase_if(
            api_keys, [&](ApiKey const& known) { return known.id == id && known.user == user; });
        if (revoked == 0) co_return absent();
        co_return Result<void>{};
    }

    std::vector<UserWithPassword> accounts;
    std::vector<Session> open_sessions;
    std::vector<ApiKey> api_keys;
    int session_reads = 0;
    std::chrono::milliseconds session_read_time{};  ///< Of each read of a session.
    std::function<void()> after_lookup;  ///< What happens just after a user was found by its name.
    int touches = 0;

private:
    static std::unexpected<Error> absent() { return fail(Errc::not_found, "not found"); }
    static std::unexpected<Error> last_administrator() {
        return fail(Errc::conflict, "the last administrator stays", "last_administrator");
    }
    static bool is_enabled_administrator(User const& user) {
        return user.role == auth::UserRole::administrator && !user.disabled;
    }
    std::ptrdiff_t count_administrators() const {
        return std::ranges::count_if(
            accounts, [](auto const& entry) { return is_enabled_administrator(entry.user); });
    }
    bool is_last_administrator(User const& user) const {
        return is_enabled_administrator(user) && count_administrators() == 1;
    }
    Result<void> insert(UserWithPassword user) {
        for (auto const& entry : accounts)
            if (entry.user.username == user.user.username)
                return fail(Errc::conflict, "taken", "username_taken");
        accounts.push_back(std::move(user));
        return {};
    }
    UserWithPassword* find(UserId id) {
        auto const found =
            std::ranges::find_if(accounts, [&](auto const& entry) { return entry.user.id == id; });
        return found == accounts.end() ? nullptr : &*found;
    }
    void end_sessions(UserId id, std::optional<SessionId> keep) {
        std::erase_if(open_sessions,
                      [&](Session const& open) { return open.user == id && open.id != keep; });
    }
};

}  // namespace kaiwa::test
