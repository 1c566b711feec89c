#include "store/dynamodb/provider_store.hpp"

#include "store/common/lost_key.hpp"
#include "store/dynamodb/keys.hpp"

namespace kaiwa::store::dynamodb {

using llm::ProviderConfig;

namespace {

std::string context_of(std::string_view name) { return fmt::format("provider:{}", name); }

Key provider_key(std::string_view name) {
    return {std::string(providers_partition), fmt::format("PROVIDER#{}", name)};
}

}  // namespace

asio::awaitable<Result<std::vector<ProviderConfig>>> DynamoProviderStore::providers() {
    Query query{.pk = std::string(providers_partition), .prefix = "PROVIDER#"};
    auto items = co_await engine_.table.query_all(std::move(query));
    if (!items) co_return std::unexpected(items.error());
    std::vector<ProviderConfig> out;
    for (auto const& item : *items) {
        auto& provider = out.emplace_back();
        provider.name = string_or(item, "name");
        provider.kind = string_or(item, "kind");
        provider.base_url = string_or(item, "base_url");
        provider.origin = llm::ProviderOrigin::store;
        auto const* models = find(item, "models");
        if (auto const* list = models ? models->if_list() : nullptr)
            for (auto const& model : *list)
                if (auto const* text = model.if_string()) provider.models.push_back(*text);
        if (auto const* options = find_map(item, "options"))
            for (auto const& [name, value] : *options)
                if (auto const* text = value.if_string()) provider.options.emplace(name, *text);
        auto const* sealed = find(item, "api_key");
        if (!sealed || !sealed->if_binary()) continue;
        auto key = engine_.sealer.open(sealed->if_binary()->bytes, context_of(provider.name));
        provider.is_key_lost = !key;  // KAIWA_SECRET was changed
        if (key) provider.api_key = std::move(*key);
    }
    co_return out;
}

asio::awaitable<Result<void>> DynamoProviderStore::put_provider(ProviderConfig provider) {
    auto item = provider_key(provider.name).item();
    Value::List models;
    for (auto const& model : provider.models) models.emplace_back(model);
    Item options;
    for (auto const& [name, value] : provider.options) options.emplace(name, value);
    Item own{{"name", provider.name},
             {"kind", provider.kind},
             {"base_url", provider.base_url},
             {"models", std::move(models)},
             {"options", std::move(options)}};
    if (provider.is_key_lost) own.emplace("api_key", Value::Binary{std::string(lost_key_mark)});
    if (!provider.api_key.empty()) {
        auto sealed =
            engine_.sealer.seal(provider.api_key, context_of(provider.name), engine_.random);
        own.emplace("api_key", Value::Binary{std::move(sealed)});
    }
    item.merge(own);
    co_return co_await engine_.table.put(std::move(item));
}

asio::awaitable<Result<void>> DynamoProviderStore::remove_provider(std::string name) {
    Aliases there;
    auto const condition = "attribute_exists(" + there.name("PK") + ")";
    std::vector<Action> actions;
    actions.push_back(
        engine_.table.remove_action(provider_key(name).item(), there, condition));
    auto done = co_await engine_.table.transact(std::move(actions));
    if (!done) co_return std::unexpected(done.error());
    if (!done->done) co_return not_found();
    co_return Result<void>{};
}

}  // namespace kaiwa::store::dynamodb
