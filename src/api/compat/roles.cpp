#include "api/compat/roles.hpp"

#include "api/compat/conversation.hpp"
#include "api/json_text.hpp"

namespace kaiwa::api::compat {
namespace {

Reply role_reply(unsigned status, std::string_view name, std::string_view text) {
    Reply reply{status, "{"};
    JsonMembers(reply.json).text(name, text);
    reply.json += '}';
    return reply;
}

/// Where a caller's role is kept, and under which name.
class CallersRole {
public:
    CallersRole(Services const& services, DialectCaller caller)
        : chats_(services.api->chats),
          table_(services.roles),
          who_(caller.caller->principal),
          name_(caller.subject.empty() ? who_.username : caller.subject) {}

    /// As the issuer calls the person, which is what the table has; else the user name.
    [[nodiscard]] std::string const& name() const { return name_; }

    asio::awaitable<Result<std::optional<std::string>>> read() {
        if (table_) co_return co_await table_->role(name_);
        co_return co_await kept_role(chats_, who_);
    }
    asio::awaitable<Result<void>> put(std::string role) {
        if (table_) co_return co_await table_->put_role(name_, std::move(role));
        co_return co_await keep_role(chats_, who_, std::move(role));
    }
    asio::awaitable<Result<void>> remove() {
        if (table_) co_return co_await table_->remove_role(name_);
        auto const role = co_await kept_role(chats_, who_);
        if (!role) co_return std::unexpected(role.error());
        if (!*role) co_return Result<void>{};
        co_return co_await keep_role(chats_, who_, std::nullopt);
    }

private:
    chat::ChatStore& chats_;
    chat::RoleStore* table_;
    auth::Principal who_;
    std::string name_;
};

}  // namespace

asio::awaitable<Result<std::optional<std::string>>> kept_role(chat::ChatStore& chats,
                                                              auth::Principal who) {
    auto thread = co_await chats.thread(who, role_thread(who));
    if (thread) co_return std::move(thread->settings.system_prompt);
    if (thread.error().code != Errc::not_found) co_return std::unexpected(thread.error());
    co_return std::optional<std::string>();
}

asio::awaitable<Result<void>> keep_role(chat::ChatStore& chats, auth::Principal who,
                                        std::optional<std::string> role) {
    auto const id = role_thread(who);
    chat::NewThread wanted;
    wanted.id = id;
    wanted.title = "GPTGRAM role";
    auto thread = co_await chats.create_thread(who, std::move(wanted));
    if (!thread && thread.error().code == Errc::not_found)
        thread = co_await chats.restore_thread(who, id);
    if (!thread) co_return std::unexpected(thread.error());
    chat::ThreadPatch patch;
    auto& settings = patch.settings.emplace();
    settings.clears_system_prompt = !role;
    settings.set.system_prompt = std::move(role);
    patch.archived = true;
    auto updated = co_await chats.update_thread(who, id, std::move(patch));
    if (!updated) co_return std::unexpected(updated.error());
    co_return Result<void>{};
}

asio::awaitable<Result<Reply>> act_on_role(Services const& services, DialectCaller caller,
                                           RoleAction action) {
    if (!caller.caller) co_return role_reply(400, "error", "a role is kept for whoever signs in");
    CallersRole kept(services, std::move(caller));
    if (action.kind == RoleAction::Kind::put) {
        auto put = co_await kept.put(std::move(action.role));
        if (!put) co_return std::unexpected(put.error());
        co_return role_reply(200, "message", "Role added or updated successfully");
    }
    if (action.kind == RoleAction::Kind::remove) {
        auto removed = co_await kept.remove();
        if (!removed) co_return std::unexpected(removed.error());
        co_return role_reply(200, "message", "Role deleted successfully");
    }
    auto const role = co_await kept.read();
    if (!role) co_return std::unexpected(role.error());
    if (!*role) co_return role_reply(404, "error", "Role not found for the given user");
    Reply reply{200, "{"};
    JsonMembers(reply.json).text("UserID", kept.name()).text("Role", **role);
    reply.json += '}';
    co_return reply;
}

}  // namespace kaiwa::api::compat
