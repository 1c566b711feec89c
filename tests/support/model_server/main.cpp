#include "server.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

using namespace kaiwa::model_server;

struct CommandLine {
    SiteOptions site;
    std::uint16_t port = 0;
    std::chrono::seconds lifetime{3600};
};

std::expected<std::vector<std::string>, std::string> read_texts(std::string const& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return std::unexpected(fmt::format("{} cannot be read", file));
    std::string const text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    boost::system::error_code error;
    auto const value = boost::json::parse(text, error);
    if (error || !value.is_array()) return std::unexpected(file + " is not a JSON array of texts");
    std::vector<std::string> texts;
    for (auto const& item : value.get_array()) {
        if (!item.is_string()) return std::unexpected(file + " is not a JSON array of texts");
        texts.emplace_back(item.get_string());
    }
    return texts;
}

template <class T>
bool read_number(std::string const& text, T& out) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
}

/// Takes one `--name=value`; tells what is wrong with it, or nothing.
std::string take_option(CommandLine& line, std::string const& name, std::string const& value) {
    if (name == "--port") return read_number(value, line.port) ? "" : "--port needs a number";
    if (name == "--records") {
        return read_number(value, line.site.max_records) ? "" : "--records needs a number";
    }
    if (name == "--lifetime") {
        long seconds = 0;
        if (!read_number(value, seconds)) return "--lifetime needs seconds";
        line.lifetime = std::chrono::seconds(seconds);
        return {};
    }
    if (name == "--as") {
        line.site.pretend = value;
        line.site.sources.dialect = value;
        return {};
    }
    if (name == "--api-key") {
        line.site.api_key = value;
        return {};
    }
    if (name == "--texts") {
        auto texts = read_texts(value);
        if (!texts) return texts.error();
        line.site.sources.markdown = std::move(*texts);
        return {};
    }
    if (name == "--model") {
        auto const equals = std::min(value.find('='), value.size());
        auto behaviour = equals < value.size() ? value.substr(equals + 1) : std::string("echo");
        if (auto const parsed = Behaviour::parse(behaviour); !parsed) return parsed.error();
        line.site.models[value.substr(0, equals)] = std::move(behaviour);
        return {};
    }
    return fmt::format("unknown option {}", name);
}

int stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void allow_many_sockets() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int count, char** arguments) {
    CommandLine line;
    for (int i = 1; i < count; ++i) {
        std::string const argument = arguments[i];
        auto const equals = argument.find('=');
        std::string value;
        if (equals != argument.npos) {
            value = argument.substr(equals + 1);
        } else if (i + 1 < count) {
            value = arguments[++i];
        }
        if (auto const wrong = take_option(line, argument.substr(0, equals), value);
            !wrong.empty()) {
            fmt::print(stderr, "kaiwa_model_server: {}\n", wrong);
            return 2;
        }
    }
    allow_many_sockets();
    auto const stop_fd = stop_signals();
    Site site(std::move(line.site));
    Server server(site);
    auto const port = server.listen(line.port);
    if (!port) {
        fmt::print(stderr, "kaiwa_model_server: {}\n", port.error());
        return 1;
    }
    fmt::print("listening {}\n", *port);
    std::fflush(stdout);
    server.run(line.lifetime, stop_fd);
    ::close(stop_fd);
    return 0;
}
