#include "http/client.hpp"

#include "http/framing.hpp"
#include "http/outbound.hpp"
#include "http/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

namespace kaiwa::http {

namespace {

constexpr std::size_t max_answer_head_bytes = 64 * 1024;
constexpr int max_interim_answers = 8;               // 100 and 103 before the real one
constexpr std::size_t max_joined_bytes = 16 * 1024;  // head and body go out in one write

std::unexpected<Error> invalid(std::string message) {
    return fail(Errc::invalid_argument, std::move(message));
}
std::unexpected<Error> broken(std::string message) {
    return fail(Errc::unavailable, std::move(message), "broken");
}

bool has_body(OutboundRequest const& request) {
    return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
           request.method == "PATCH";
}

/// The request up to its body. Fails with `invalid_argument` for what could become something else
/// on the wire.
Result<std::string> make_head(OutboundRequest const& request, Url const& url, Proxy const* proxy,
                              std::string const& user_agent) {
    if (!is_token(request.method)) return invalid("the method of a request must be a token");
    auto const length = std::to_string(request.body.size());
    // Without a tunnel the proxy itself is asked.
    bool const is_asked = proxy && url.scheme == Scheme::http;
    auto const target = is_asked ? "http://" + url.authority + url.target : url.target;
    auto head =
        fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, target, url.authority);
    if (is_asked && !proxy->authorization.empty())
        head += "Proxy-Authorization: " + proxy->authorization.reveal() + "\r\n";
    for (auto const& [name, value] : request.headers) {
        if (!is_token(name) || !is_field_value(value)) {
            return invalid("a header field of the request has a character that it must not have");
        }
        // Signed requests bring these along; they must say what is sent.
        bool const is_host = same_word(name, "host");
        bool const is_length = same_word(name, "content-length");
        if ((is_host && !same_word(value, url.authority)) || (is_length && value != length) ||
            same_word(name, "transfer-encoding") || same_word(name, "connection") ||
            same_word(name, "upgrade") || same_word(name, "expect")) {
            return invalid(fmt::format("the field {} is the client's own", name));
        }
        if (!is_host && !is_length) head.append(name).append(": ").append(value).append("\r\n");
    }
    if (!request.headers.has("user-agent")) {
        head.append("User-Agent: ").append(user_agent).append("\r\n");
    }
    if (has_body(request)) head.append("Content-Length: ").append(length).append("\r\n");
    head += "\r\n";
    return head;
}

}  // namespace

struct Client::Impl {
    /// scheme, host, port
    using Origin = std::tuple<Scheme, std::string, std::uint16_t>;
    struct Idle {
        asio::execution_context const* loop;
        SteadyTime since;
        KeptConnection connection;
    };

    Impl(OutboundGate const& g, ClientOptions o) : gate(g), options(std::move(o)) {}

    std::optional<KeptConnection> take(asio::execution_context const& loop, Url const& url);
    void keep(asio::execution_context const& loop, Url const& url, KeptConnection connection);
    /// Closes what is kept for this origin.
    void forget(asio::execution_context const& loop, Url const& url);
    Result<std::shared_ptr<TlsContext>> tls_context();

    OutboundGate const& gate;
    ClientOptions const options;

    std::mutex mutex;
    std::map<Origin, std::deque<Idle>> idle;  // newest last
    std::shared_ptr<TlsContext> tls;          // made at the first https call
};

namespace {

/// An answer whose body is read from its connection.
class ArrivingAnswer final : public InboundResponse {
public:
    ArrivingAnswer(std::unique_ptr<OutboundConnection> connection, AnswerHead head,
                   BodyFraming framing, std::function<void(KeptConnection)> keep)
        : connection_(std::move(connection)),
          head_(std::move(head)),
          framing_(framing),
          keep_(std::move(keep)) {}

    [[nodiscard]] unsigned status() const override { return head_.status; }
    [[nodiscard]] Headers const& headers() const override { return head_.headers; }
    void forget_headers() override { head_.headers = {}; }

    asio::awaitable<Result<std::string_view>> read_some() override {
        for (;;) {
            if (auto piece = read_now()) co_return *std::move(piece);
            co_await connection_->arrive();
        }
    }

    /// The body in what arrived, or its end, or why there is none; nothing when more must arrive.
    std::optional<Result<std::string_view>> read_now() override {
        if (auto const arrived = connection_ ? connection_->take_arrival() : std::nullopt)
            note(*arrived);
        if (!failure_ && !framing_.done() && !broken_framing_) {
            auto& input = connection_->input();
            auto const part = framing_.gather(input.bytes());
            input.consume(part.consumed);
            broken_framing_ = part.broken;
            if (!part.data.empty()) return part.data;
        }
        if (broken_framing_) give_up(broken("the body's framing is broken").error());
        if (cut_off_) give_up(broken("the server ended the connection inside the body").error());
        if (failure_) return std::unexpected(*failure_);
        if (!framing_.done()) return std::nullopt;
        end();
        return std::string_view{};
    }

    std::optional<asio::awaitable<void>> arrival() override {
        if (!connection_) return std::nullopt;
        return connection_->arrive();
    }

private:
    /// What a read said, but for the bytes: that it failed, or that the server sends no more.
    void note(Result<bool> const& more) {
        if (!more) return give_up(more.error());
        if (*more) return;
        cut_off_ = !framing_.ends_at_close();
        if (!cut_off_) framing_ = BodyFraming::none();
    }

    /// The body is whole: the connection is kept for the next call, or closed.
    void end() {
        if (!connection_) return;
        bool const clean = connection_->input().empty() && keep_;
        auto const finished = std::exchange(connection_, nullptr);
        auto kept = clean ? finished->keep() : std::nullopt;
        if (kept) keep_(std::move(*kept));
    }

    void give_up(Error why) {
        if (!failure_) failure_ = std::make_unique<Error>(std::move(why));
        connection_.reset();
    }

    std::unique_ptr<OutboundConnection> connection_;  // null once the body ended
    AnswerHead head_;
    BodyFraming framing_;
    std::function<void(KeptConnection)> keep_;  // empty when the connection ends with this answer
    bool broken_framing_ = false;               // behind the bytes that were given out last
    bool cut_off_ = false;                      // the server ended the connection inside the body
    std::unique_ptr<Error> failure_;
};

/// Reads heads until one is final. Sets `began` once the server sent anything.
asio::awaitable<Result<AnswerHead>> read_head(OutboundConnection& connection, bool& began) {
    connection.await_first_byte();
    std::size_t searched = 0;
    for (int heads = 0; heads <= max_interim_answers;) {
        auto& input = connection.input();
        began |= !input.empty();
        auto const size = find_head_end(input.view(), searched);
        if (!size) co_return broken("the answer is not HTTP/1.1");
        if (*size > max_answer_head_bytes || (*size == 0 && input.size() > max_answer_head_bytes)) {
            co_return broken("the head of the answer is too large");
        }
        if (*size > 0) {
            auto head = parse_answer_head(input.view().substr(0, *size));
            if (!head || head->status == 101) co_return broken("the answer is not HTTP/1.1");
            input.consume(*size);
            if (head->status >= 200) co_return head;
            searched = 0;
            ++heads;
            continue;
        }
        auto const more = co_await connection.fill();
        if (!more) co_return std::unexpected(more.error());
        if (!*more) co_return broken("the server ended the connection before it answered");
    }
    co_return broken("the server sent too many interim answers");
}

/// Sends the request and reads the head of its answer.
asio::awaitable<Result<AnswerHead>> exchange(OutboundConnection& connection, std::string_view head,
                                             std::string_view body, bool& began) {
    auto sent = co_await connection.send(head);
    if (sent) sent = co_await connection.send(body);
    if (!sent && sent.error().code != Errc::unavailable) co_return std::unexpected(sent.error());
    // A server that refuses a large body may have answered before it stopped reading.
    auto answer = co_await read_head(connection, began);
    if (!sent && !answer) co_return std::unexpected(sent.error());
    co_return answer;
}

/// Whether a kept connection that broke without a byte of the answer was being closed while the
/// request was on its way. One that breaks later may have had a server that was at work on it.
bool was_closing_already(SteadyTime sent_at) {
    constexpr std::chrono::seconds round_trip{1};
    return std::chrono::steady_clock::now() - sent_at < round_trip;
}

asio::execution_context& context_of(asio::any_io_executor const& loop) {
    return asio::query(loop, asio::execution::context);
}

}  // namespace

std::optional<KeptConnection> Client::Impl::take(asio::execution_context const& loop,
                                                 Url const& url) {
    std::lock_guard const lock(mutex);
    auto const it = idle.find({url.scheme, url.host, url.port});
    if (it == idle.end()) return std::nullopt;
    auto& list = it->second;
    auto const oldest = std::chrono::steady_clock::now() - options.idle_time;
    std::erase_if(list, [&](Idle const& kept) { return kept.since < oldest; });
    for (auto kept = list.rbegin(); kept != list.rend(); ++kept) {
        if (kept->loop != &loop) continue;
        std::optional<KeptConnection> taken(std::move(kept->connection));
        list.erase(std::next(kept).base());
        return taken;
    }
    return std::nullopt;
}

void Client::Impl::keep(asio::execution_context const& loop, Url const& url,
                        KeptConnection connection) {
    auto const now = std::chrono::steady_clock::now();
    std::lock_guard const lock(mutex);
    for (auto& [origin, list] : idle) {
        while (!list.empty() && list.front().since < now - options.idle_time) list.pop_front();
    }
    std::erase_if(idle, [](auto const& entry) { return entry.second.empty(); });
    auto& list = idle[{url.scheme, url.host, url.port}];
    auto const same_loop = [&loop](Idle const& kept) { return kept.loop == &loop; };
    auto const count = static_cast<std::size_t>(std::ranges::count_if(list, same_loop));
    if (count >= options.max_idle_per_origin) return;
    list.push_back({&loop, now, std::move(connection)});
}

void Client::Impl::forget(asio::execution_context const& loop, Url const& url) {
    std::lock_guard const lock(mutex);
    auto const it = idle.find({url.scheme, url.host, url.port});
    if (it == idle.end()) return;
    std::erase_if(it->second, [&loop](Idle const& kept) { return kept.loop == &loop; });
}

Result<std::shared_ptr<TlsContext>> Client::Impl::tls_context() {
    std::lock_guard const lock(mutex);
    if (!tls) {
        auto made = TlsContext::make(options.ca_file);
        if (!made) return made;
        tls = std::move(*made);
    }
    return tls;
}

Client::Client(OutboundGate const& gate, ClientOptions options, Log&)
    : impl_(std::make_shared<Impl>(gate, std::move(options))) {}

Client::~Client() = default;

void Client::close_idle() {
    std::lock_guard const lock(impl_->mutex);
    impl_->idle.clear();
}

asio::awaitable<Result<std::unique_ptr<InboundResponse>>> Client::send(OutboundRequest request) {
    auto const begun = std::chrono::steady_clock::now();
    auto const impl = impl_;  // an answer may outlive the client
    auto const url = parse_url(request.url);
    if (!url) co_return std::unexpected(url.error());
    auto const* proxy = impl->options.proxies.find(*url);
    auto head = make_head(request, *url, proxy, impl->options.user_agent);
    if (!head) co_return std::unexpected(head.error());
    if (request.body.size() <= max_joined_bytes) *head += std::exchange(request.body, {});

    auto const loop = co_await asio::this_coro::executor;
    auto& context = context_of(loop);
    for (bool fresh = false;; fresh = true) {
        auto connection = std::make_unique<OutboundConnection>(loop, request.deadlines, begun);
        auto kept = fresh ? std::nullopt : impl->take(context, *url);
        auto const is_allowed = [&](KeptConnection const& known) {
            if (proxy) return may_go_by_proxy(impl->gate, *url);
            return impl->gate.allows(url->host, url->port, known.address().address());
        };
        while (kept && (!kept->is_usable() || !is_allowed(*kept))) {
            kept.reset();
            kept = impl->take(context, *url);
        }
        bool const reused = kept.has_value();
        if (reused) {
            connection->resume(std::move(*kept));
        } else {
            auto tls = [impl] { return impl->tls_context(); };
            auto const connected =
                co_await connection->connect(*url, proxy, impl->gate, std::move(tls));
            if (!connected) co_return std::unexpected(connected.error());
        }

        bool began = false;
        auto const sent_at = std::chrono::steady_clock::now();
        auto answer = co_await exchange(*connection, *head, request.body, began);
        bool const may_repeat =
            reused && !began && (request.method != "POST" || was_closing_already(sent_at));
        if (!answer && may_repeat && answer.error().reason == "broken") continue;
        // Somebody in between may have forgotten it, and then the others too.
        bool const silent = !answer && answer.error().reason == "first_byte";
        if (silent && reused && !began) impl->forget(context, *url);
        if (!answer) co_return std::unexpected(answer.error());
        auto const framing = answer_framing(*answer, request.method);
        if (!framing) co_return broken(framing.error().message);

        std::function<void(KeptConnection)> keep;
        if (!closes_connection(answer->headers, answer->minor_version)) {
            keep = [impl, &context, url = *url](KeptConnection free) {
                impl->keep(context, url, std::move(free));
            };
        }
        connection->await_body();
        co_return std::make_unique<ArrivingAnswer>(std::move(connection), std::move(*answer),
                                                   *framing, std::move(keep));
    }
}

}  // namespace kaiwa::http
