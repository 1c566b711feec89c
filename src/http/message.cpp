#include "http/message.hpp"

#include "http/preferences.hpp"
#include "http/text.hpp"

#include <algorithm>

namespace kaiwa::http {

std::string_view Headers::get(std::string_view name) const {
    for (auto const& [field, value] : fields_) {
        if (same_word(field, name)) return value;
    }
    return {};
}

std::size_t Headers::count(std::string_view name) const {
    auto const named_so = [name](Field const& field) { return same_word(field.first, name); };
    return static_cast<std::size_t>(std::ranges::count_if(fields_, named_so));
}

void Headers::set(std::string_view name, std::string value) {
    std::string kept(name);  // `name` may point into the field that goes
    std::erase_if(fields_, [&](Field const& field) { return same_word(field.first, kept); });
    fields_.emplace_back(std::move(kept), std::move(value));
}

asio::awaitable<Result<void>> ResponseWriter::stream(ResponseHead head,
                                                     std::unique_ptr<BodySource> body) {
    auto sent = co_await start(std::move(head));
    while (sent) {
        auto const pieces = co_await body->next();
        if (!pieces) co_return std::unexpected(pieces.error());
        if (pieces->empty()) co_return co_await finish();
        sent = co_await write(*pieces);
    }
    co_return sent;
}

std::optional<std::string_view> Request::parameter(std::string_view name) const {
    for (auto const& [key, value] : query) {
        if (key == name) return value;
    }
    return std::nullopt;
}

std::optional<std::string_view> Request::cookie(std::string_view name) const {
    for (auto const& [field, value] : headers) {
        if (!same_word(field, "cookie")) continue;
        ListReader pairs(value, ';');
        while (auto const pair = pairs.next()) {
            auto const equals = pair->find('=');
            if (equals == pair->npos || trim(pair->substr(0, equals)) != name) continue;
            return trim(pair->substr(equals + 1));
        }
    }
    return std::nullopt;
}

unsigned Request::accept_weight(std::string_view media_type) const {
    return listed_weight(headers, "accept", media_type);
}

}  // namespace kaiwa::http
