#include "providers/common/base_url.hpp"

#include <boost/url.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace kaiwa::providers {

namespace urls = boost::urls;

Result<BaseUrl> BaseUrl::parse(std::string_view text) {
    auto const wrong = [&](std::string_view expected) {
        return fail(Errc::invalid_argument, fmt::format("base_url: expected {}", expected));
    };
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    auto const url = urls::parse_uri(text);
    if (!url) return wrong("an absolute address such as http://127.0.0.1:11434/v1");
    if (url->scheme_id() != urls::scheme::http && url->scheme_id() != urls::scheme::https) {
        return wrong("http:// or https://");
    }
    if (url->has_userinfo())
        return wrong("an address without a user name; give the key as api_key");
    if (url->has_fragment()) return wrong("an address without \"#\"");
    if (url->encoded_host().empty()) return wrong("an address with a host");

    BaseUrl base;
    base.host = url->host();
    for (char& c : base.host) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    base.root = fmt::format("{}://{}", url->scheme_id() == urls::scheme::https ? "https" : "http",
                            std::string_view(url->encoded_host_and_port()));
    for (char const c : std::string_view(url->encoded_path())) {
        if (c != '/' || !base.path.ends_with('/')) base.path += c;
    }
    while (base.path.ends_with('/')) base.path.pop_back();
    base.query = std::string(std::string_view(url->encoded_query()));
    return base;
}

std::string BaseUrl::at(std::string_view below) const {
    auto url = root + path;
    url += below;
    if (!query.empty()) url += '?' + query;
    return url;
}

std::string encoded_segment(std::string_view text) {
    return urls::encode(text, urls::unreserved_chars);
}

Result<http::Deadlines> deadlines_of(llm::ProviderConfig const& config, http::Deadlines deadlines) {
    struct Option {
        char const* name;
        std::chrono::milliseconds http::Deadlines::* member;
    };
    for (auto const& option :
         {Option{"connect_ms", &http::Deadlines::connect},
          Option{"first_byte_ms", &http::Deadlines::first_byte},
          Option{"idle_ms", &http::Deadlines::idle}, Option{"total_ms", &http::Deadlines::total}}) {
        auto const found = config.options.find(option.name);
        if (found == config.options.end()) continue;
        auto const& text = found->second;
        std::int64_t value = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() || value <= 0 ||
            value > 86'400'000) {
            return fail(Errc::invalid_argument,
                        fmt::format("{}: expected 1 to 86400000 milliseconds", option.name));
        }
        deadlines.*option.member = std::chrono::milliseconds(value);
    }
    return deadlines;
}

Result<void> check_header_value(std::string_view name, std::string_view value) {
    bool const fits = std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7F; });
    if (fits) return {};
    return fail(Errc::invalid_argument,
                fmt::format("{}: expected one line of printable ASCII", name));
}

http::Deadlines answer_deadlines() {
    http::Deadlines deadlines;
    deadlines.first_byte = deadlines.idle = std::chrono::minutes(11);
    deadlines.total = std::chrono::minutes(60);
    return deadlines;
}

http::Deadlines short_deadlines() {
    http::Deadlines deadlines;
    deadlines.connect = std::chrono::seconds(5);
    deadlines.first_byte = std::chrono::seconds(10);
    deadlines.idle = std::chrono::seconds(10);
    deadlines.total = std::chrono::seconds(20);
    return deadlines;
}

}  // namespace kaiwa::providers
