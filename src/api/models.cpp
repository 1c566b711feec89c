#include "api/json_out.hpp"
#include "api/json_text.hpp"
#include "api/resources.hpp"

namespace kaiwa::api {
namespace {

/// How long the first call waits for servers that were never asked.
constexpr std::chrono::seconds discovery_patience{2};

asio::awaitable<Result<void>> list_models(Call& call) {
    auto const models = co_await call.services.catalogue.models(discovery_patience);
    co_return co_await answer_json(call.writer, 200,
                                   list_json(models, std::nullopt, append_model));
}

}  // namespace

void add_model_routes(RouteTable& table) { table.add("GET", "/api/models", list_models); }

}  // namespace kaiwa::api
