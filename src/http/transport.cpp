#include "http/transport.hpp"

#include <fmt/format.h>

namespace kaiwa::http {

asio::awaitable<Result<std::string>> InboundResponse::read_all(std::size_t max_bytes) {
    std::string body;
    for (;;) {
        auto piece = co_await read_some();
        if (!piece) co_return std::unexpected(piece.error());
        if (piece->empty()) co_return body;
        if (piece->size() > max_bytes - body.size()) {
            co_return fail(Errc::too_large,
                           fmt::format("the answer is larger than {} bytes", max_bytes));
        }
        body += *piece;
    }
}

}  // namespace kaiwa::http
