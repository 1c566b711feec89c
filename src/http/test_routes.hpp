#pragma once

#include "http/server_fixture.hpp"

#include <fmt/format.h>

#include <string>

/// What tests of the server serve.
namespace kaiwa::http {

inline asio::awaitable<Result<void>> hello(Request&, ResponseWriter& writer) {
    ResponseHead head{200, {{"Content-Type", "text/plain"}}};
    co_return co_await writer.respond(std::move(head), "hello");
}

/// Answers with what the route saw.
inline asio::awaitable<Result<void>> echo(Request& request, ResponseWriter& writer) {
    auto text = fmt::format("{} {} {} {} {}{}", request.method, request.path, request.body,
                            request.headers.get("host"), request.peer.to_string(),
                            request.secure ? " secure" : "");
    if (request.forwarded) text += " forwarded";
    ResponseHead head;
    co_return co_await writer.respond(std::move(head), std::move(text));
}

inline std::string body_of(std::string const& answer) {
    auto const at = answer.find("\r\n\r\n");
    return at == answer.npos ? std::string() : answer.substr(at + 4);
}

}  // namespace kaiwa::http
