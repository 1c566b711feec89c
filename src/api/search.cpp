#include "api/fields.hpp"
#include "api/json_out.hpp"
#include "api/json_text.hpp"
#include "api/resources.hpp"

namespace kaiwa::api {
namespace {

asio::awaitable<Result<void>> search(Call& call) {
    auto words = read_parameter(call.request, "q", max_search_bytes);
    if (!words) co_return std::unexpected(words.error());
    if (words->empty()) co_return fail(Errc::invalid_argument, "?q=: expected words to search for");
    auto paging = read_paging(call.request);
    if (!paging) co_return std::unexpected(paging.error());

    auto page = co_await call.services.search.search(call.who(), std::move(*words), paging->limit,
                                                     std::move(paging->cursor));
    if (!page) co_return std::unexpected(page.error());
    auto json = list_json(page->items, page->next, append_hit);
    if (page->partial) {
        json.pop_back();
        json += ",\"partial\":true}";
    }
    co_return co_await answer_json(call.writer, 200, std::move(json));
}

}  // namespace

void add_search_routes(RouteTable& table) { table.add("GET", "/api/search", search); }

}  // namespace kaiwa::api
