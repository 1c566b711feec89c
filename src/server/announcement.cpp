#include "server/announcement.hpp"

#include "base/log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

namespace kaiwa::server {
namespace {

void say(std::string const& text) {
    [[maybe_unused]] auto const written = ::write(STDERR_FILENO, text.data(), text.size());
}

StderrLog json_log() {
    return {LogFormat::json, LogLevel::info};
}

std::string open_url(Settings const& settings, boost::asio::ip::tcp::endpoint const& address) {
    return settings.public_url.empty() ? local_url(address) : settings.public_url;
}

}  // namespace

std::string local_url(boost::asio::ip::tcp::endpoint const& address) {
    auto const host = address.address();
    if (host.is_unspecified()) return fmt::format("http://127.0.0.1:{}", address.port());
    auto const text = host.is_v6() ? fmt::format("[{}]", host.to_string()) : host.to_string();
    return fmt::format("http://{}:{}", text, address.port());
}

void announce_ready(Settings const& settings, boost::asio::ip::tcp::endpoint const& address) {
    auto const url = local_url(address);
    auto const shown = open_url(settings, address);
    std::error_code unknown;
    auto const data = std::filesystem::absolute(settings.data, unknown).lexically_normal().string();
    if (settings.log_format == LogFormat::json) {
        json_log().info("ready", {{"address", url}, {"open", shown}, {"data", data}});
    } else {
        say(fmt::format("ready {}\n", url));
        if (shown != url) say(fmt::format("open  {}\n", shown));
        say(fmt::format("data  {}\n", data));
    }
    StderrLog log(settings.log_format, settings.log_level);
    if (settings.public_url.starts_with("http://"))
        log.warning("public_url_without_tls",
                    {{"effect", "passwords and cookies travel unprotected"}});
    if (settings.public_url.empty() && !address.address().is_loopback())
        log.warning("no_public_url",
                    {{"effect", "only requests to localhost are answered; set server.public_url"}});
}

void announce_setup(Settings const& settings, boost::asio::ip::tcp::endpoint const& address,
                    Secret const& token) {
    auto const link = fmt::format("{}/setup#token={}", open_url(settings, address), token.reveal());
    if (settings.log_format == LogFormat::json) {
        json_log().info("setup", {{"open", link}});
    } else {
        say(fmt::format(
            "\nThere is no administrator yet. Open this link once to become it:\n  {}\n\n", link));
    }
}

}  // namespace kaiwa::server
