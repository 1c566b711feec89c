#include "api/json_out.hpp"
#include "api/json_text.hpp"
#include "api/listing.hpp"
#include "api/resources.hpp"

namespace kaiwa::api {
namespace {

/// How long the first call waits for servers that were never asked.
constexpr std::chrono::seconds discovery_patience{2};

std::string text_of(llm::CatalogueModel const& model) {
    return model.id + ' ' + model.info.name;
}

ListPlace place_of(llm::CatalogueModel const& model, std::string_view sort) {
    auto const key = [&]() -> std::string {
        if (sort == "name") return sortable_name(model.info.name);
        if (sort == "provider") return model.provider;
        if (sort == "state") return std::to_string(static_cast<int>(model.state));
        if (sort == "window") return sortable(model.info.window);
        return {};
    };
    return {key() + '\0' + sortable_name(model.id), model.id};
}

asio::awaitable<Result<void>> list_models(Call& call) {
    auto const query = read_list_query(call.request, {"id", "name", "provider", "state", "window"});
    if (!query) co_return std::unexpected(query.error());
    auto models = co_await call.services.catalogue.models(discovery_patience);
    auto const page = page_of(std::move(models), *query, text_of, place_of);
    co_return co_await answer_json(call.writer, 200,
                                   list_json(page.items, page.next, append_model));
}

}  // namespace

void add_model_routes(RouteTable& table) { table.add("GET", "/api/models", list_models); }

}  // namespace kaiwa::api
