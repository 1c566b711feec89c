// Asks a streaming chat server many questions at once and measures the answers.
//
//   kaiwa_load --target kaiwa --port 8080 --key kw_… --model bench/stream --connections 8 --turns 100
//   kaiwa_load --target openai --port 9900 --model stream --connections 8 --turns 100
//
// One thread, epoll, loopback only; ends by itself after the turns or --seconds. Prints one line of
// JSON. A token that is 20 digits is CLOCK_MONOTONIC in nanoseconds when the model sent it.
#include "load/http_reader.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace kaiwa::bench {
namespace {

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

struct Options {
    bool kaiwa = false;
    std::uint16_t port = 0;
    std::string key;
    std::string model;
    std::string text = "hello";
    std::size_t connections = 1;
    std::size_t turns = 1;            // of each connection
    std::size_t turns_per_thread = 10;  // a conversation of usual length
    double connects_per_second = 2'000;
    double seconds = 120;
};

struct Measured {
    std::size_t turns = 0;
    std::size_t frames = 0;
    std::size_t broken = 0;
    std::size_t finished = 0;
    std::string first_problem;
    std::vector<double> first_token_ms;
    std::vector<double> token_ms;
    std::vector<double> turn_ms;

    void problem(std::string what) {
        ++broken;
        if (first_problem.empty()) first_problem = std::move(what);
    }
};

std::string make_uuid(std::mt19937_64& random) {
    auto const a = random(), b = random();
    return fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}", a >> 32, a >> 16 & 0xFFFF, a & 0xFFF,
                       b >> 52, b & 0xFFFF'FFFF'FFFF);
}

/// One connection that asks, reads the stream to its end, and asks again.
class Asker {
public:
    Asker(Options const& options, Measured& measured, std::mt19937_64& random)
        : options_(options), measured_(measured), random_(random) {}
    ~Asker() {
        if (fd_ >= 0) ::close(fd_);
    }
    Asker(Asker const&) = delete;

    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] bool finished() const { return finished_; }

    void connect(int epoll) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        int const on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(options_.port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
            errno != EINPROGRESS)
            return give_up("connect");
        epoll_event event{};
        event.events = EPOLLIN | EPOLLOUT | EPOLLET;
        event.data.ptr = this;
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd_, &event);
        begin();
    }

    void on_ready(unsigned events) {
        if (finished_) return;
        if (events & EPOLLOUT) flush();
        if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
        static char buffer[256 * 1024];
        for (;;) {
            auto const got = ::recv(fd_, buffer, sizeof buffer, 0);
            if (got > 0) {
                received({buffer, static_cast<std::size_t>(got)});
                if (finished_ || static_cast<std::size_t>(got) < sizeof buffer) return;
            } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
                return;
            } else {
                return give_up(got == 0 ? "closed by the server" : "reset by the server");
            }
        }
    }

    void give_up(std::string why) {
        measured_.problem(std::move(why));
        finish();
    }

private:
    void finish() {
        if (!std::exchange(finished_, true)) ++measured_.finished;
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }

    void begin() {
        if (!options_.kaiwa) return ask();
        thread_.clear();
        small_body_.clear();
        send(request("/api/threads", "{}", ""));
    }

    std::string request(std::string const& path, std::string const& body, std::string const& more) {
        return fmt::format(
            "POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n"
            "Content-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}",
            path, options_.port, options_.key, body.size(), more, body);
    }

    void ask() {
        std::string body, path;
        if (options_.kaiwa) {
            path = "/api/threads/" + thread_ + "/turns";
            body = fmt::format(R"({{"message":{{"id":"{}","text":"{}"}},"model":"{}"}})",
                               make_uuid(random_), options_.text, options_.model);
        } else {
            path = "/v1/chat/completions";
            body = fmt::format(
                R"({{"model":"{}","stream":true,"messages":[{{"role":"user","content":"{}"}}]}})",
                options_.model, options_.text);
        }
        asked_at_ = now_ns();
        frames_ = 0;
        done_ = false;
        line_.clear();
        next_id_ = 1;
        send(request(path, body, "Accept: text/event-stream\r\n"));
    }

    void send(std::string bytes) {
        out_ += bytes;
        reader_.reset();
        flush();
    }

    void flush() {
        while (!out_.empty()) {
            auto const sent = ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
            if (sent < 0) return;
            out_.erase(0, static_cast<std::size_t>(sent));
        }
    }

    void received(std::string_view bytes) {
        read_at_ = now_ns();
        reader_.feed(bytes, [this](std::string_view piece) {
            if (options_.kaiwa && thread_.empty()) {
                small_body_ += piece;
            } else {
                take_lines(piece);
            }
        });
        if (!reader_.whole()) return;
        if (reader_.status() >= 300)
            return give_up(fmt::format("status {} {}", reader_.status(), line_.substr(0, 200)));
        if (options_.kaiwa && thread_.empty()) {
            auto const at = small_body_.find("\"id\":\"");
            if (at == std::string::npos) return give_up("no thread id");
            thread_ = small_body_.substr(at + 6, 36);
            return ask();
        }
        if (!done_) return give_up("the answer ended without its end mark");
        ++measured_.turns;
        measured_.turn_ms.push_back(static_cast<double>(now_ns() - asked_at_) / 1e6);
        if (++turn_ == options_.turns) return finish();
        if (turn_ % options_.turns_per_thread == 0) return begin();
        ask();
    }

    void take_lines(std::string_view piece) {
        for (;;) {
            auto const end = piece.find('\n');
            line_.append(piece.substr(0, end));
            if (end == piece.npos) return;
            on_line(line_);
            line_.clear();
            piece.remove_prefix(end + 1);
        }
    }

    void on_line(std::string_view line) {
        if (line.starts_with("id: ")) {
            std::uint64_t id = 0;
            std::from_chars(line.data() + 4, line.data() + line.size(), id);
            if (id != next_id_++) measured_.problem(fmt::format("event {} came out of order", id));
        } else if (line == "event: text") {
            is_text_ = true;
        } else if (line == "event: done") {
            done_ = true;
        } else if (line.starts_with("data: [DONE]")) {
            done_ = true;
        } else if (line.starts_with("data: ")) {
            bool const token = options_.kaiwa ? std::exchange(is_text_, false)
                                              : line.find("\"content\":\"") != line.npos &&
                                                    line.find("\"content\":\"\"") == line.npos;
            if (token) on_token(line);
        }
    }

    void on_token(std::string_view line) {
        ++measured_.frames;
        if (frames_++ == 0)
            measured_.first_token_ms.push_back(static_cast<double>(read_at_ - asked_at_) / 1e6);
        auto const quote = line.find(options_.kaiwa ? "delta\":\"" : "content\":\"");
        if (quote == line.npos) return;
        auto const from = quote + (options_.kaiwa ? 8 : 10);
        if (line.size() < from + 20) return;
        std::int64_t stamp = 0;
        auto const parsed = std::from_chars(line.data() + from, line.data() + from + 20, stamp);
        if (parsed.ec != std::errc() || parsed.ptr != line.data() + from + 20) return;
        measured_.token_ms.push_back(static_cast<double>(read_at_ - stamp) / 1e6);
    }

    Options const& options_;
    Measured& measured_;
    std::mt19937_64& random_;
    int fd_ = -1;
    bool finished_ = false;
    HttpReader reader_;
    std::string out_, small_body_, thread_, line_;
    std::size_t turn_ = 0;
    std::int64_t asked_at_ = 0, read_at_ = 0;
    std::size_t frames_ = 0;
    std::uint64_t next_id_ = 1;
    bool is_text_ = false;
    bool done_ = false;
};

std::string percentiles(std::vector<double>& values) {
    if (values.empty()) return "null";
    std::ranges::sort(values);
    auto const at = [&](double q) {
        return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
    };
    return fmt::format(R"({{"p50":{:.4f},"p99":{:.4f},"max":{:.4f}}})", at(0.5), at(0.99),
                       values.back());
}

int run(Options const& options) {
    Measured measured;
    std::mt19937_64 random(std::random_device{}());
    int const epoll = ::epoll_create1(0);
    std::vector<std::unique_ptr<Asker>> askers;
    auto const started = now_ns();
    auto const give_up_at = started + static_cast<std::int64_t>(options.seconds * 1e9);
    std::vector<epoll_event> events(4096);

    while (measured.finished < options.connections) {
        auto const time = now_ns();
        if (time > give_up_at) break;
        auto const due = static_cast<std::size_t>(static_cast<double>(time - started) / 1e9 *
                                                  options.connects_per_second) + 1;
        while (askers.size() < std::min(options.connections, due)) {
            askers.push_back(std::make_unique<Asker>(options, measured, random));
            askers.back()->connect(epoll);
        }
        int const wait = askers.size() < options.connections ? 1 : 100;
        int const count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), wait);
        for (int i = 0; i < count; ++i)
            static_cast<Asker*>(events[static_cast<std::size_t>(i)].data.ptr)
                ->on_ready(events[static_cast<std::size_t>(i)].events);
    }
    for (auto const& asker : askers)
        if (!asker->finished()) asker->give_up("out of time");
    auto const seconds = static_cast<double>(now_ns() - started) / 1e9;
    fmt::print(
        R"({{"seconds":{:.3f},"turns":{},"frames":{},"broken":{},"first_problem":"{}","first_token_ms":{},"token_ms":{},"turn_ms":{}}})"
        "\n",
        seconds, measured.turns, measured.frames, measured.broken, measured.first_problem,
        percentiles(measured.first_token_ms), percentiles(measured.token_ms),
        percentiles(measured.turn_ms));
    ::close(epoll);
    return 0;
}

}  // namespace
}  // namespace kaiwa::bench

int main(int argc, char** argv) {
    kaiwa::bench::Options options;
    std::map<std::string, std::string> given;
    for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
    auto const text = [&](char const* name, std::string fallback) {
        auto const found = given.find(name);
        return found == given.end() ? fallback : found->second;
    };
    options.kaiwa = text("--target", "kaiwa") == "kaiwa";
    options.port = static_cast<std::uint16_t>(std::stoul(text("--port", "8080")));
    options.key = text("--key", "none");
    options.model = text("--model", "stream");
    options.text = text("--text", "hello");
    options.connections = std::stoul(text("--connections", "1"));
    options.turns = std::stoul(text("--turns", "1"));
    options.connects_per_second = std::stod(text("--connects-per-second", "2000"));
    options.seconds = std::stod(text("--seconds", "120"));
    return kaiwa::bench::run(options);
}
