#include "store/sqlite/provider_store.hpp"

#include "base/json.hpp"
#include "store/sqlite/chat_rows.hpp"

#include <fmt/format.h>

namespace kaiwa::store::sqlite {

using llm::ProviderConfig;

namespace {

std::string context_of(std::string_view name) {
    return fmt::format("provider:{}", name);
}

std::vector<std::string> read_list(std::string_view text) {
    std::vector<std::string> out;
    auto const value = parse_json(text);
    if (!value || !value->is_array()) return out;
    for (auto const& item : value->get_array()) {
        if (item.is_string()) out.emplace_back(item.get_string());
    }
    return out;
}

std::map<std::string, std::string> read_map(std::string_view text) {
    std::map<std::string, std::string> out;
    auto const value = parse_json(text);
    if (!value || !value->is_object()) return out;
    for (auto const& [name, item] : value->get_object()) {
        if (item.is_string()) out.emplace(name, item.get_string());
    }
    return out;
}

/// A key that cannot be opened any more (KAIWA_SECRET was changed) is left out: the provider is
/// listed and fails with `auth` until its key is entered again.
Secret open_key(Engine const& engine, std::string const& name, Query const& row, int column) {
    if (row.is_null(column)) return {};
    auto key = engine.sealer.open(row.view(column), context_of(name));
    if (key) return std::move(*key);
    engine.log.error("provider key cannot be opened",
                     {{"provider", name}, {"error", key.error().message}});
    return {};
}

}  // namespace

asio::awaitable<Result<std::vector<ProviderConfig>>> SqliteProviderStore::providers() {
    auto work = [engine = engine_](Connection& db) -> Result<std::vector<ProviderConfig>> {
        auto row = db.query(
            "SELECT name, kind, base_url, models, options, api_key FROM providers ORDER BY name");
        std::vector<ProviderConfig> out;
        while (row.row()) {
            auto& provider = out.emplace_back();
            provider.name = row.text(0);
            provider.kind = row.text(1);
            provider.base_url = row.text(2);
            provider.models = read_list(row.view(3));
            provider.options = read_map(row.view(4));
            provider.api_key = open_key(engine, provider.name, row, 5);
            provider.origin = llm::ProviderOrigin::store;
        }
        return out;
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteProviderStore::put_provider(ProviderConfig provider) {
    std::optional<std::string> sealed;
    if (!provider.api_key.empty()) {
        sealed = engine_.sealer.seal(provider.api_key, context_of(provider.name), engine_.random);
    }
    provider.api_key = Secret();
    json::array models(provider.models.begin(), provider.models.end());
    json::object options;
    for (auto const& [name, value] : provider.options) options.emplace(name, value);
    auto work = [provider = std::move(provider), models = json::serialize(models),
                 options = json::serialize(options),
                 sealed = std::move(sealed)](Connection& db) -> Result<void> {
        auto const key = sealed ? std::optional(Bytes{*sealed}) : std::nullopt;
        db.run(
            "INSERT OR REPLACE INTO providers (name, kind, base_url, models, options, api_key) "
            "VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            provider.name, provider.kind, provider.base_url, models, options, key);
        return {};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteProviderStore::remove_provider(std::string name) {
    auto work = [name = std::move(name)](Connection& db) -> Result<void> {
        if (db.run("DELETE FROM providers WHERE name = ?1", name) == 0) return not_found();
        return {};
    };
    co_return co_await engine_.writer.run(std::move(work));
}

}  // namespace kaiwa::store::sqlite
