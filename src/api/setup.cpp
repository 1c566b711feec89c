#include "api/fields.hpp"
#include "api/json_text.hpp"
#include "api/resources.hpp"
#include "api/session_cookie.hpp"

namespace kaiwa::api {
namespace {

asio::awaitable<Result<void>> show_setup(Call& call) {
    auto needed = co_await call.services.first_administrator.needed();
    if (!needed) co_return std::unexpected(needed.error());
    std::string const json = *needed ? R"({"needed":true})" : R"({"needed":false})";
    co_return co_await answer_json(call.writer, 200, json);
}

asio::awaitable<Result<void>> set_up(Call& call) {
    JsonFields::Text const limits{0, 4096};
    JsonFields fields(call.body, "the body");
    auto token = fields.string("token", limits);
    auth::NewUser user;
    user.username = fields.string("username", limits);
    user.name = fields.optional_string("name", limits).value_or("");
    user.role = auth::UserRole::administrator;
    user.password = Secret(fields.string("password", limits));
    if (auto ok = fields.finish(); !ok) co_return ok;

    auto created = co_await call.services.first_administrator.create(std::move(token),
                                                                     std::move(user));
    if (!created) co_return std::unexpected(created.error());
    auto signed_in = co_await call.services.authenticator.begin_session(
        std::move(*created), std::string(call.request.headers.get("User-Agent")),
        sent_token(call));
    if (!signed_in) co_return std::unexpected(signed_in.error());
    co_return co_await answer_signed_in(call, std::move(*signed_in));
}

/// Whether a model beside the built-in ones is, or is about to be, there.
bool has_connected_model(Call const& call) {
    for (auto const& provider : call.services.catalogue.providers()) {
        bool const chosen = provider.config.origin != llm::ProviderOrigin::found;
        if (provider.config.kind != "builtin" && (chosen || provider.model_count > 0)) return true;
    }
    return false;
}

asio::awaitable<Result<void>> show_config(Call& call) {
    auto const& settings = *call.settings;
    auto const append_starter = [](std::string& out, Starter const& starter) {
        out += '{';
        JsonMembers(out).text("title", starter.title).text("prompt", starter.prompt);
        out += '}';
    };
    std::string out = "{";
    JsonMembers members(out);
    members.text("version", settings.version).text("greeting", settings.greeting);
    append_array(members.value_of("starters"), settings.starters, append_starter);
    auto const& configured = settings.default_model;
    bool const is_there = configured && *configured == call.services.default_model();
    members.text_or_null("default_model", is_there ? configured : std::nullopt);

    auto const& uploads = settings.uploads;
    members.value_of("uploads") += '{';
    JsonMembers upload_members(out);
    upload_members.boolean("enabled", uploads.state == UploadRules::State::enabled);
    append_array(upload_members.value_of("types"), uploads.types, append_json_string);
    upload_members.number("max_files", uploads.max_files).number("max_bytes", uploads.max_bytes);
    out += '}';
    members.boolean("model_connected", has_connected_model(call));
    out += '}';
    co_return co_await answer_json(call.writer, 200, std::move(out));
}

}  // namespace

void add_setup_routes(RouteTable& table) {
    table.add("GET", "/api/setup", show_setup, Access::anyone);
    table.add_json("POST", "/api/setup", set_up, max_small_body_bytes, Access::anyone);
    table.add("GET", "/api/config", show_config);
}

}  // namespace kaiwa::api
