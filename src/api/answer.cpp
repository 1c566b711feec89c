#include "api/answer.hpp"

namespace kaiwa::api {

http::ResponseHead api_head(unsigned status, std::string_view content_type) {
    http::ResponseHead head{status,
                            {{"Cache-Control", "no-store"},
                             {"X-Content-Type-Options", "nosniff"},
                             {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
                             {"Cross-Origin-Resource-Policy", "same-origin"},
                             {"Referrer-Policy", "no-referrer"}}};
    if (!content_type.empty()) head.headers.add("Content-Type", std::string(content_type));
    return head;
}

asio::awaitable<Result<void>> answer_json(http::ResponseWriter& writer, unsigned status,
                                          std::string json) {
    co_return co_await writer.respond(api_head(status, "application/json"), std::move(json));
}

asio::awaitable<Result<void>> answer_empty(http::ResponseWriter& writer, unsigned status) {
    co_return co_await writer.respond(api_head(status, ""), std::string());
}

}  // namespace kaiwa::api
