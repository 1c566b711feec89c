#include "api/fields.hpp"
#include "api/json_out.hpp"
#include "api/json_text.hpp"
#include "api/resources.hpp"

namespace kaiwa::api {
namespace {

asio::awaitable<Result<void>> list_keys(Call& call) {
    auto keys = co_await call.services.authenticator.keys(*call.caller);
    if (!keys) co_return std::unexpected(keys.error());
    auto const append = [](std::string& out, auth::ApiKey const& key) {
        append_key(out, key, nullptr);
    };
    co_return co_await answer_json(call.writer, 200, list_json(*keys, std::nullopt, append));
}

asio::awaitable<Result<void>> create_key(Call& call) {
    JsonFields::Text const limits{1, 400};
    JsonFields fields(call.body, "the body");
    auto name = fields.string("name", limits);
    if (auto ok = fields.finish(); !ok) co_return ok;

    auto made = co_await call.services.authenticator.add_key(*call.caller, std::move(name));
    if (!made) co_return std::unexpected(made.error());
    std::string out;
    append_key(out, made->key, &made->text);
    co_return co_await answer_json(call.writer, 201, std::move(out));
}

asio::awaitable<Result<void>> revoke_key(Call& call) {
    auto const id = reference<KeyId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    auto revoked = co_await call.services.authenticator.revoke_key(*call.caller, *id);
    if (!revoked) co_return revoked;
    co_return co_await answer_empty(call.writer);
}

}  // namespace

void add_key_routes(RouteTable& table) {
    table.add("GET", "/api/keys", list_keys);
    table.add_json("POST", "/api/keys", create_key, max_small_body_bytes);
    table.add("DELETE", "/api/keys/{id}", revoke_key);
}

}  // namespace kaiwa::api
