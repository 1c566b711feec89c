#include "store/sqlite/provider_store.hpp"

#include "base/json.hpp"
#include "store/common/lost_key.hpp"
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

/// One that cannot be opened any more (KAIWA_SECRET was changed) is lost.
void open_key(Sealer const& sealer, ProviderConfig& provider, std::string_view sealed) {
    auto key = sealer.open(sealed, context_of(provider.name));
    provider.is_key_lost = !key;
    if (key) provider.api_key = std::move(*key);
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
            if (!row.is_null(5)) open_key(engine.sealer, provider, row.view(5));
            provider.origin = llm::ProviderOrigin::store;
        }
        return out;
    };
    co_return co_await engine_.readers.run(std::move(work));
}

asio::awaitable<Result<void>> SqliteProviderStore::put_provider(ProviderConfig provider) {
    std::optional<std::string> sealed;
    if (provider.is_key_lost) sealed = lost_key_mark;
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
