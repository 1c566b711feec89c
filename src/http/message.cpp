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

constexpr unsigned full_weight = 1000;

/// The weight among the parameters of an element of `Accept`, in thousandths: "q=1", "q=0.125".
/// What is no such number counts as none given.
unsigned weight_among(std::string_view parameters) {
    ListReader list(parameters, ';');
    while (auto const parameter = list.next()) {
        auto text = *parameter;
        if (!text.starts_with("q=") && !text.starts_with("Q=")) continue;
        text.remove_prefix(2);
        if (!text.starts_with('0')) return full_weight;
        text.remove_prefix(std::min<std::size_t>(text.size(), 2));  // "0."
        unsigned weight = 0;
        for (unsigned place = full_weight / 10; place > 0; place /= 10) {
            if (text.empty() || text.front() < '0' || text.front() > '9') break;
            weight += static_cast<unsigned>(text.front() - '0') * place;
            text.remove_prefix(1);
        }
        return weight;
    }
    return full_weight;
}

}  // namespace

unsigned Request::accept_weight(std::string_view media_type) const {
    for (auto const& [field, value] : headers) {
        if (!same_word(field, "accept")) continue;
        ListReader elements(value);
        while (auto const element = elements.next()) {
            auto const end = std::min(element->find(';'), element->size());
            if (!same_word(trim(element->substr(0, end)), media_type)) continue;
            return weight_among(element->substr(end));
        }
    }
    return 0;
}

}  // namespace kaiwa::http
