#include "http/message.hpp"

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

namespace {

/// Whether the parameters of an element of `Accept` leave it a weight over 0 (RFC 9110, 12.4.2).
bool has_weight(std::string_view parameters) {
    ListReader list(parameters, ';');
    while (auto const parameter = list.next()) {
        if (!parameter->starts_with("q=") && !parameter->starts_with("Q=")) continue;
        return parameter->find_first_of("123456789") != parameter->npos;
    }
    return true;
}

}  // namespace

bool Request::accepts(std::string_view media_type) const {
    for (auto const& [field, value] : headers) {
        if (!same_word(field, "accept")) continue;
        ListReader elements(value);
        while (auto const element = elements.next()) {
            auto const end = std::min(element->find(';'), element->size());
            if (!same_word(trim(element->substr(0, end)), media_type)) continue;
            return has_weight(element->substr(end));
        }
    }
    return false;
}

}  // namespace kaiwa::http
