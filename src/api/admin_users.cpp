#include "api/fields.hpp"
#include "api/json_out.hpp"
#include "api/json_text.hpp"
#include "api/resources.hpp"

namespace kaiwa::api {
namespace {

constexpr JsonFields::Text text_limits{0, 4096};

/// The query of the list. Fails with `invalid_argument`.
Result<auth::UserQuery> read_query(http::Request const& request) {
    auto text = read_parameter(request, "q", max_search_bytes);
    if (!text) return std::unexpected(text.error());
    auto paging = read_paging(request);
    if (!paging) return std::unexpected(paging.error());
    auth::UserQuery query{.text = std::move(*text),
                          .limit = paging->limit,
                          .after = std::move(paging->cursor)};
    auto const sort = request.parameter("sort").value_or("username");
    if (sort == "username") query.sort = auth::UserSort::username;
    else if (sort == "created_at") query.sort = auth::UserSort::created_at;
    else if (sort == "last_seen_at") query.sort = auth::UserSort::last_seen_at;
    else
        return fail(Errc::invalid_argument,
                    "?sort=: expected username, created_at or last_seen_at");
    auto const order = request.parameter("order").value_or("asc");
    if (order != "asc" && order != "desc")
        return fail(Errc::invalid_argument, "?order=: expected asc or desc");
    query.order = order == "asc" ? auth::SortOrder::ascending : auth::SortOrder::descending;
    return query;
}

std::optional<auth::UserRole> read_role(JsonFields& fields) {
    auto const text = fields.optional_choice("role", {"user", "publisher", "administrator"});
    return text ? auth::parse_user_role(*text) : std::nullopt;
}

asio::awaitable<Result<void>> answer_user(Call& call, unsigned status, auth::User user) {
    std::string out;
    append_managed_user(out, user);
    co_return co_await answer_json(call.writer, status, std::move(out));
}

asio::awaitable<Result<void>> list_users(Call& call) {
    auto query = read_query(call.request);
    if (!query) co_return std::unexpected(query.error());
    auto page = co_await call.services.users.users(call.who(), std::move(*query));
    if (!page) co_return std::unexpected(page.error());
    co_return co_await answer_json(call.writer, 200,
                                   list_json(page->items, page->next, append_managed_user));
}

asio::awaitable<Result<void>> create_user(Call& call) {
    JsonFields fields(call.body, "the body");
    auth::NewUser user;
    user.username = fields.string("username", text_limits);
    user.name = fields.optional_string("name", text_limits).value_or("");
    auto const role = read_role(fields);
    if (!role) fields.refuse("role", "user, publisher or administrator");
    user.role = role.value_or(auth::UserRole::user);
    user.password = Secret(fields.string("password", text_limits));
    if (auto ok = fields.finish(); !ok) co_return ok;

    auto created = co_await call.services.users.add_user(call.who(), std::move(user));
    if (!created) co_return std::unexpected(created.error());
    co_return co_await answer_user(call, 201, std::move(*created));
}

asio::awaitable<Result<void>> update_user(Call& call) {
    auto const id = reference<UserId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    JsonFields fields(call.body, "the body");
    auth::UserPatch patch;
    patch.name = fields.optional_string("name", text_limits);
    patch.role = read_role(fields);
    patch.disabled = fields.optional_boolean("disabled");
    if (auto ok = fields.finish(); !ok) co_return ok;

    auto updated = co_await call.services.users.update_user(call.who(), *id, std::move(patch));
    if (!updated) co_return std::unexpected(updated.error());
    if (updated->disabled) call.services.turns.stop_user(*id);
    co_return co_await answer_user(call, 200, std::move(*updated));
}

asio::awaitable<Result<void>> reset_password(Call& call) {
    auto const id = reference<UserId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    JsonFields fields(call.body, "the body");
    Secret password(fields.string("password", text_limits));
    if (auto ok = fields.finish(); !ok) co_return ok;
    auto set = co_await call.services.users.set_password(call.who(), *id, std::move(password));
    if (!set) co_return set;
    co_return co_await answer_empty(call.writer);
}

asio::awaitable<Result<void>> delete_user(Call& call) {
    auto const id = reference<UserId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    auto deleted = co_await call.services.users.delete_user(call.who(), *id);
    if (!deleted) co_return deleted;
    call.services.turns.stop_user(*id);
    co_return co_await answer_empty(call.writer);
}

}  // namespace

void add_admin_user_routes(RouteTable& table) {
    auto const access = Access::administrator;
    table.add("GET", "/api/admin/users", list_users, access);
    table.add_json("POST", "/api/admin/users", create_user, max_small_body_bytes, access);
    table.add_json("PATCH", "/api/admin/users/{id}", update_user, max_small_body_bytes, access);
    table.add("DELETE", "/api/admin/users/{id}", delete_user, access);
    table.add_json("PUT", "/api/admin/users/{id}/password", reset_password, max_small_body_bytes,
                   access);
}

}  // namespace kaiwa::api
