#include "api/fields.hpp"
#include "api/json_out.hpp"
#include "api/json_text.hpp"
#include "api/listing.hpp"
#include "api/provider_body.hpp"
#include "api/resources.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace kaiwa::api {
namespace {

using llm::ProviderConfig;
using llm::ProviderOrigin;

std::optional<llm::ProviderStatus> find_status(Call const& call, std::string_view name) {
    for (auto& status : call.services.catalogue.providers())
        if (status.config.name == name) return status;
    return std::nullopt;
}

asio::awaitable<Result<std::optional<ProviderConfig>>> find_stored(Call& call, std::string name) {
    auto stored = co_await call.services.providers.providers();
    if (!stored) co_return std::unexpected(stored.error());
    for (auto& provider : *stored)
        if (provider.name == name) co_return std::move(provider);
    co_return std::nullopt;
}

/// One that the page may change. Fails with `conflict` (reason "read_only") or `not_found`.
asio::awaitable<Result<ProviderConfig>> find_changeable(Call& call, std::string name) {
    auto stored = co_await find_stored(call, name);
    if (!stored) co_return std::unexpected(stored.error());
    if (*stored) co_return std::move(**stored);
    auto const status = find_status(call, name);
    if (status && status->config.origin == ProviderOrigin::configuration)
        co_return fail(Errc::conflict, "this provider is set by the configuration", "read_only");
    co_return fail(Errc::not_found, "no such provider");
}

/// Puts the store back to how it was, when the catalogue refuses what was just stored.
asio::awaitable<void> take_back(Call& call, std::string name,
                                std::optional<ProviderConfig> previous) {
    auto undone = previous ? co_await call.services.providers.put_provider(std::move(*previous))
                           : co_await call.services.providers.remove_provider(name);
    if (undone) undone = co_await call.services.reload_providers();
    if (!undone)
        call.services.log.error("provider_not_taken_back",
                                {{"provider", name}, {"reason", undone.error().message}});
}

/// Stores `config` and makes its models available at once.
asio::awaitable<Result<void>> keep(Call& call, ProviderConfig config, unsigned status,
                                   std::optional<ProviderConfig> previous) {
    auto const name = config.name;
    config.origin = ProviderOrigin::store;
    auto stored = co_await call.services.providers.put_provider(std::move(config));
    if (!stored) co_return stored;
    auto reloaded = co_await call.services.reload_providers();
    if (!reloaded) {
        co_await take_back(call, name, std::move(previous));
        co_return reloaded;
    }
    auto const now = find_status(call, name);
    if (!now) co_return fail(Errc::internal, "a stored provider is not in the catalogue");
    std::string out;
    append_provider(out, *now);
    co_return co_await answer_json(call.writer, status, std::move(out));
}

std::string text_of(llm::ProviderStatus const& provider) {
    auto const& config = provider.config;
    return config.name + ' ' + config.kind + ' ' + config.base_url;
}

/// Those that work come first, those that do not last.
int rank_of(llm::ProviderStatus::State state) {
    using State = llm::ProviderStatus::State;
    switch (state) {
        case State::ready:
            return 0;
        case State::unknown:
            return 1;
        case State::denied:
            return 2;
        case State::unreachable:
            return 3;
    }
    return 3;
}

ListPlace place_of(llm::ProviderStatus const& provider, std::string_view sort) {
    auto const key = [&]() -> std::string {
        if (sort == "kind") return provider.config.kind;
        if (sort == "state") return std::to_string(rank_of(provider.state));
        if (sort == "model_count") return sortable(static_cast<std::int64_t>(provider.model_count));
        if (sort == "latency_ms") {
            auto const& latency = provider.latency;
            return sortable(latency ? std::optional<std::int64_t>(latency->count()) : std::nullopt);
        }
        return {};
    };
    return {key() + '\0' + sortable_name(provider.config.name), provider.config.name};
}

asio::awaitable<Result<void>> list_providers(Call& call) {
    auto const query =
        read_list_query(call.request, {"name", "kind", "state", "latency_ms", "model_count"});
    if (!query) co_return std::unexpected(query.error());
    auto const page = page_of(call.services.catalogue.providers(), *query, text_of, place_of);
    co_return co_await answer_json(call.writer, 200,
                                   list_json(page.items, page.next, append_provider));
}

/// What `?span=` may be: how long one item is, and how many there are.
struct Span {
    std::string_view name;
    std::chrono::minutes length;
    std::size_t number;
};
constexpr std::array spans{Span{"1h", std::chrono::minutes(1), 60},
                           Span{"6h", std::chrono::minutes(5), 72},
                           Span{"24h", std::chrono::minutes(15), 96}};

asio::awaitable<Result<void>> show_activity(Call& call) {
    auto const wanted = call.request.parameter("span").value_or(spans.back().name);
    auto const span = std::ranges::find(spans, wanted, &Span::name);
    if (span == spans.end())
        co_return fail(Errc::invalid_argument, "?span=: expected 1h, 6h or 24h");
    auto const periods =
        call.services.catalogue.activity(call.segment(0), span->length, span->number);
    if (!periods) co_return std::unexpected(periods.error());
    std::string out = "{";
    JsonMembers members(out);
    members.number("step_seconds", std::chrono::seconds(span->length).count());
    append_array(members.value_of("items"), *periods, append_activity);
    members.null("next");
    out += '}';
    co_return co_await answer_json(call.writer, 200, std::move(out));
}

asio::awaitable<Result<void>> create_provider(Call& call) {
    JsonFields fields(call.body, "the body");
    ProviderConfig config;
    config.name = fields.string("name", {});
    if (!is_provider_name(config.name))
        fields.refuse("name", "1 to 32 of a-z, 0-9 and -, not beginning with -");
    read_provider(fields, config);
    if (config.kind.empty()) fields.refuse("kind", "openai, anthropic, bedrock or custom");
    if (config.base_url.empty() && config.kind != "bedrock")
        fields.refuse("base_url", "an address; it is missing");
    if (auto ok = fields.finish(); !ok) co_return ok;

    auto const status = find_status(call, config.name);
    if (status && status->config.origin == ProviderOrigin::configuration)
        co_return fail(Errc::conflict, "this provider is set by the configuration", "read_only");
    auto stored = co_await find_stored(call, config.name);
    if (!stored) co_return std::unexpected(stored.error());
    if (*stored) co_return fail(Errc::conflict, "there is a provider of this name already");
    co_return co_await keep(call, std::move(config), 201, std::nullopt);
}

asio::awaitable<Result<void>> update_provider(Call& call) {
    auto config = co_await find_changeable(call, call.segment(0));
    if (!config) co_return std::unexpected(config.error());
    auto previous = *config;
    JsonFields fields(call.body, "the body");
    read_provider(fields, *config);
    if (config->base_url.empty() && config->kind != "bedrock")
        fields.refuse("base_url", "an address; it is missing");
    if (auto ok = fields.finish(); !ok) co_return ok;
    co_return co_await keep(call, std::move(*config), 200, std::move(previous));
}

asio::awaitable<Result<void>> delete_provider(Call& call) {
    auto const config = co_await find_changeable(call, call.segment(0));
    if (!config) co_return std::unexpected(config.error());
    auto removed = co_await call.services.providers.remove_provider(config->name);
    if (!removed) co_return removed;
    auto reloaded = co_await call.services.reload_providers();
    if (!reloaded) co_return reloaded;
    co_return co_await answer_empty(call.writer);
}

std::string test_json(llm::Outcome<llm::Catalogue::TestResult> const& result,
                      std::chrono::milliseconds took) {
    auto const append_id = [](std::string& out, llm::ModelInfo const& model) {
        append_json_string(out, model.id);
    };
    std::string out = "{";
    JsonMembers members(out);
    members.boolean("ok", result.has_value())
        .number("latency_ms", result ? result->latency.count() : took.count());
    append_array(members.value_of("models"),
                 result ? result->models : std::vector<llm::ModelInfo>{}, append_id);
    if (!result) {
        members.value_of("error") += '{';
        JsonMembers(out)
            .text("class", llm::to_string(result.error().kind))
            .text("message", result.error().message);
        out += '}';
    }
    out += '}';
    return out;
}

asio::awaitable<Result<void>> test_provider(Call& call) {
    JsonFields fields(call.body, "the body");
    ProviderConfig config;
    // What an administrator tries counts as entered by them: it may be in the local network.
    config.origin = ProviderOrigin::store;
    if (auto const name = fields.optional_string("name", {})) {
        if (auto const known = find_status(call, *name)) config = known->config;
        config.name = *name;
        if (!is_provider_name(*name)) fields.refuse("name", "the name of a provider");
    } else {
        config.name = "test";
    }
    read_provider(fields, config);
    if (config.kind.empty()) fields.refuse("kind", "openai, anthropic, bedrock or custom");
    if (config.base_url.empty() && config.kind != "bedrock")
        fields.refuse("base_url", "an address; it is missing");
    if (auto ok = fields.finish(); !ok) co_return ok;

    auto const begun = std::chrono::steady_clock::now();
    auto const result = co_await call.services.catalogue.test(std::move(config));
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begun);
    co_return co_await answer_json(call.writer, 200, test_json(result, took));
}

asio::awaitable<Result<void>> list_found_servers(Call& call) {
    auto const servers = co_await call.services.find_servers();
    co_return co_await answer_json(call.writer, 200,
                                   list_json(servers, std::nullopt, append_found_server));
}

}  // namespace

void add_admin_provider_routes(RouteTable& table) {
    auto const access = Access::administrator;
    table.add("GET", "/api/admin/providers", list_providers, access);
    table.add_json("POST", "/api/admin/providers", create_provider, 2 * max_small_body_bytes,
                   access);
    table.add_json("POST", "/api/admin/providers/test", test_provider, 2 * max_small_body_bytes,
                   access);
    table.add_json("PATCH", "/api/admin/providers/{name}", update_provider,
                   2 * max_small_body_bytes, access);
    table.add("DELETE", "/api/admin/providers/{name}", delete_provider, access);
    table.add("GET", "/api/admin/providers/{name}/activity", show_activity, access);
    table.add("GET", "/api/admin/found", list_found_servers, access);
}

}  // namespace kaiwa::api
