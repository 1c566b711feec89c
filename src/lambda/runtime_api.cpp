#include "lambda/runtime_api.hpp"

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "http/framing.hpp"
#include "http/outbound.hpp"
#include "http/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace kaiwa::lambda {
namespace {

using namespace std::chrono_literals;

/// An event has at most 6 MB, which escapes in its JSON make larger.
constexpr std::size_t max_event_bytes = std::size_t{64} << 20;
constexpr std::size_t max_head_bytes = 64 * 1024;
constexpr std::size_t max_error_bytes = 64 * 1024;
/// Longer than any process lives: `next` waits as long as nobody asks.
constexpr std::chrono::milliseconds forever = std::chrono::hours(24 * 365);
/// The API is in the same sandbox; an invocation has at most 15 minutes.
constexpr std::chrono::milliseconds take_time = 60s;
constexpr std::chrono::milliseconds longest_invocation = 16min;

/// What the operator of the sandbox says is where we call.
class AnyAddress final : public http::OutboundGate {
public:
    [[nodiscard]] bool allows(std::string_view, std::uint16_t,
                              asio::ip::address const&) const override {
        return true;
    }
};

Result<std::shared_ptr<http::TlsContext>> no_tls() {
    return fail(Errc::unsupported, "the Runtime API is plain HTTP");
}

http::Deadlines patience(std::chrono::milliseconds first_byte, std::chrono::milliseconds total) {
    return {.connect = 5s, .first_byte = first_byte, .idle = take_time, .total = total};
}

std::string error_body(InvocationError const& error) {
    std::string body = R"({"errorMessage":)";
    append_json_string(body, error.message);
    body += R"(,"errorType":)";
    append_json_string(body, error.type);
    return body + R"(,"stackTrace":[]})";
}

/// What comes from outside must not end the field or the request.
std::string field_safe(std::string text) {
    return http::is_field_value(text) ? text : std::string("invalid");
}

struct Answer {
    http::AnswerHead head;
    std::string body;
};

/// Reads one whole answer, at most `max_bytes` of body.
asio::awaitable<Result<Answer>> read_answer(http::OutboundConnection& connection,
                                            std::string_view method, std::size_t max_bytes) {
    auto const broken = [](std::string_view what) {
        return kaiwa::fail(Errc::unavailable,
                           fmt::format("the Runtime API {}", what), "broken");
    };
    connection.await_first_byte();
    std::size_t searched = 0;
    Answer answer;
    for (;;) {
        auto& input = connection.input();
        auto const size = http::find_head_end(input.view(), searched);
        if (!size || (*size == 0 && input.size() > max_head_bytes))
            co_return broken("does not answer in HTTP");
        if (*size > 0) {
            auto head = http::parse_answer_head(input.view().substr(0, *size));
            if (!head) co_return broken("does not answer in HTTP");
            input.consume(*size);
            answer.head = std::move(*head);
            if (answer.head.status >= 200) break;
            searched = 0;
            continue;
        }
        auto const more = co_await connection.fill();
        if (!more) co_return std::unexpected(more.error());
        if (!*more) co_return broken("ended the connection before it answered");
    }
    auto framing = http::answer_framing(answer.head, method);
    if (!framing) co_return std::unexpected(framing.error());
    connection.await_body();
    while (!framing->done()) {
        auto& input = connection.input();
        auto const part = framing->gather(input.bytes());
        if (answer.body.size() + part.data.size() > max_bytes)
            co_return broken("sent more than an event can be");
        answer.body += part.data;
        input.consume(part.consumed);
        if (part.broken) co_return broken("broke the framing of its answer");
        if (framing->done()) break;
        auto const more = co_await connection.fill();
        if (!more) co_return std::unexpected(more.error());
        if (!*more && !framing->ends_at_close()) co_return broken("broke off inside its answer");
        if (!*more) break;
    }
    co_return answer;
}

/// 2xx or why not.
Result<void> judge(Answer const& answer) {
    auto const status = answer.head.status;
    if (status >= 200 && status < 300) return {};
    auto const message = fmt::format("the Runtime API answered {}: {}", status,
                                     answer.body.substr(0, 300));
    return fail(status == 413 ? Errc::too_large : Errc::conflict, message);
}

/// AWS names the deadline by the wall clock; this is what is left of it now. Emulators send what is
/// no present time: then as long as any invocation may have.
std::chrono::milliseconds time_left(std::string_view deadline) {
    auto const at = http::to_number(deadline);
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    auto const left = std::chrono::milliseconds(static_cast<std::int64_t>(at.value_or(0))) - now;
    if (left < -1h || left > longest_invocation) return longest_invocation;
    return std::max<std::chrono::milliseconds>(left, 0ms);
}

}  // namespace

struct RuntimeApi::Impl {
    explicit Impl(http::Url u) : url(std::move(u)) {}

    http::Url const url;
    AnyAddress const gate;
    std::optional<http::KeptConnection> kept;

    using Connection = std::unique_ptr<http::OutboundConnection>;

    /// A connection that is open now: that of the call before, or a new one.
    asio::awaitable<Result<Connection>> connect(http::Deadlines deadlines) {
        auto const loop = co_await asio::this_coro::executor;
        auto const now = std::chrono::steady_clock::now();
        auto connection = std::make_unique<http::OutboundConnection>(loop, deadlines, now);
        if (auto last = std::exchange(kept, std::nullopt); last && last->is_usable()) {
            connection->resume(std::move(*last));
            co_return connection;
        }
        auto connected = co_await connection->connect(url, nullptr, gate, no_tls);
        if (!connected) co_return std::unexpected(connected.error());
        co_return connection;
    }

    /// `path` follows "/2018-06-01/runtime/"; `fields` are whole lines.
    [[nodiscard]] std::string head(std::string_view method, std::string_view path,
                                   std::string_view fields) const {
        auto base = std::string_view(url.target);
        if (base.ends_with('/')) base.remove_suffix(1);
        return fmt::format(
            "{} {}/2018-06-01/runtime/{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: kaiwa\r\n{}\r\n",
            method, base, path, url.authority, fields);
    }

    void keep(Connection connection, Answer const& answer) {
        if (http::closes_connection(answer.head.headers, answer.head.minor_version)) return;
        if (connection->input().empty()) kept = connection->keep();
    }

    asio::awaitable<Result<Answer>> call(std::string_view method, std::string head,
                                         std::string body, http::Deadlines deadlines,
                                         std::size_t max_bytes) {
        auto connection = co_await connect(deadlines);
        if (!connection) co_return std::unexpected(connection.error());
        auto sent = co_await (*connection)->send(head);
        if (sent) sent = co_await (*connection)->send(body);
        if (!sent && sent.error().code != Errc::unavailable)
            co_return std::unexpected(sent.error());
        // An API that refuses a large answer may have said so before it stopped reading.
        auto answer = co_await read_answer(**connection, method, max_bytes);
        if (!answer) co_return std::unexpected(sent ? answer.error() : sent.error());
        if (sent) keep(std::move(*connection), *answer);
        co_return answer;
    }

    asio::awaitable<Result<void>> post(std::string path, std::string fields, std::string body) {
        fields += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n",
                              body.size());
        auto answer = co_await call("POST", head("POST", path, fields), std::move(body),
                                    patience(take_time, take_time * 2), max_error_bytes);
        if (!answer) co_return std::unexpected(answer.error());
        co_return judge(*answer);
    }
};

namespace {

/// A chunked body on its connection (RFC 9112, 7.1).
class ChunkedBody final : public ResponseStream {
public:
    using Done = std::function<void(std::unique_ptr<http::OutboundConnection>, Answer const&)>;

    ChunkedBody(std::unique_ptr<http::OutboundConnection> connection, Done done)
        : connection_(std::move(connection)), done_(std::move(done)) {}

    asio::awaitable<Result<void>> write(std::span<asio::const_buffer const> pieces) override {
        std::size_t size = 0;
        for (auto const& piece : pieces) size += piece.size();
        if (size == 0) co_return Result<void>{};
        auto chunk = fmt::format("{:x}\r\n", size);
        chunk.reserve(chunk.size() + size + 2);
        for (auto const& piece : pieces)
            chunk.append(static_cast<char const*>(piece.data()), piece.size());
        chunk += "\r\n";
        co_return co_await connection_->send(chunk);
    }

    asio::awaitable<Result<void>> finish() override { return end("0\r\n\r\n"); }

    asio::awaitable<Result<void>> fail(InvocationError error) override {
        return end(fmt::format("0\r\nLambda-Runtime-Function-Error-Type: {}\r\n"
                               "Lambda-Runtime-Function-Error-Body: {}\r\n\r\n",
                               field_safe(error.type), base64(error_body(error))));
    }

private:
    asio::awaitable<Result<void>> end(std::string last_chunk) {
        auto const sent = co_await connection_->send(last_chunk);
        if (!sent) co_return sent;
        auto answer = co_await read_answer(*connection_, "POST", max_error_bytes);
        if (!answer) co_return std::unexpected(answer.error());
        done_(std::move(connection_), *answer);
        co_return judge(*answer);
    }

    std::unique_ptr<http::OutboundConnection> connection_;
    Done done_;
};

}  // namespace

Result<std::unique_ptr<RuntimeApi>> RuntimeApi::make(std::string_view address) {
    auto url = http::parse_url(address.contains("://") ? std::string(address)
                                                       : fmt::format("http://{}", address));
    if (!url || url->scheme != http::Scheme::http || url->target.contains('?'))
        return kaiwa::fail(Errc::invalid_argument,
                           fmt::format("AWS_LAMBDA_RUNTIME_API is \"{}\"; expected an address such "
                                       "as 127.0.0.1:9001",
                                       address));
    return std::unique_ptr<RuntimeApi>(new RuntimeApi(std::make_shared<Impl>(std::move(*url))));
}

RuntimeApi::~RuntimeApi() = default;

asio::awaitable<Result<Invocation>> RuntimeApi::next() {
    auto answer = co_await impl_->call("GET", impl_->head("GET", "invocation/next", ""), {},
                                       patience(forever, forever), max_event_bytes);
    if (!answer) co_return std::unexpected(answer.error());
    if (auto good = judge(*answer); !good) co_return std::unexpected(good.error());

    auto const& headers = answer->head.headers;
    Invocation invocation;
    invocation.id = headers.get("Lambda-Runtime-Aws-Request-Id");
    bool const usable = http::is_token(invocation.id);
    if (!usable)
        co_return kaiwa::fail(Errc::conflict, "the Runtime API sent an event without a request id");
    invocation.deadline =
        std::chrono::steady_clock::now() + time_left(headers.get("Lambda-Runtime-Deadline-Ms"));
    invocation.function_arn = headers.get("Lambda-Runtime-Invoked-Function-Arn");
    invocation.trace_id = headers.get("Lambda-Runtime-Trace-Id");
    invocation.payload = std::move(answer->body);
    co_return invocation;
}

asio::awaitable<Result<void>> RuntimeApi::respond(Invocation const& invocation, std::string json) {
    return impl_->post(fmt::format("invocation/{}/response", invocation.id), {}, std::move(json));
}

asio::awaitable<Result<void>> RuntimeApi::report(Invocation const& invocation,
                                                 InvocationError error) {
    auto fields = fmt::format("Lambda-Runtime-Function-Error-Type: {}\r\n", field_safe(error.type));
    return impl_->post(fmt::format("invocation/{}/error", invocation.id), std::move(fields),
                       error_body(error));
}

asio::awaitable<Result<void>> RuntimeApi::report_init_error(InvocationError error) {
    auto fields = fmt::format("Lambda-Runtime-Function-Error-Type: {}\r\n", field_safe(error.type));
    return impl_->post("init/error", std::move(fields), error_body(error));
}

asio::awaitable<Result<std::unique_ptr<ResponseStream>>> RuntimeApi::stream(
    Invocation const& invocation, std::string_view content_type) {
    auto const impl = impl_;
    auto const head = impl->head(
        "POST", fmt::format("invocation/{}/response", invocation.id),
        fmt::format("Lambda-Runtime-Function-Response-Mode: streaming\r\n"
                    "Transfer-Encoding: chunked\r\nContent-Type: {}\r\n"
                    "Trailer: Lambda-Runtime-Function-Error-Type\r\n"
                    "Trailer: Lambda-Runtime-Function-Error-Body\r\n",
                    content_type));
    auto connection = co_await impl->connect(patience(take_time, longest_invocation));
    if (!connection) co_return std::unexpected(connection.error());
    auto const sent = co_await (*connection)->send(head);
    if (!sent) co_return std::unexpected(sent.error());
    auto done = [impl](std::unique_ptr<http::OutboundConnection> free, Answer const& answer) {
        impl->keep(std::move(free), answer);
    };
    co_return std::make_unique<ChunkedBody>(std::move(*connection), std::move(done));
}

}  // namespace kaiwa::lambda
