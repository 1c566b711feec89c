#include "http/preferences.hpp"

#include "http/text.hpp"

#include <algorithm>

namespace kaiwa::http {

namespace {

constexpr unsigned full_weight = 1000;

/// The weight among the parameters of an element of a list, in thousandths: "q=1", "q=0.125".
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

unsigned listed_weight(Headers const& headers, std::string_view field, std::string_view wanted) {
    for (auto const& [name, value] : headers) {
        if (!same_word(name, field)) continue;
        ListReader elements(value);
        while (auto const element = elements.next()) {
            auto const end = std::min(element->find(';'), element->size());
            if (!same_word(trim(element->substr(0, end)), wanted)) continue;
            return weight_among(element->substr(end));
        }
    }
    return 0;
}

bool has_already(Request const& request, std::string_view etag) {
    for (auto const& [name, value] : request.headers) {
        if (!same_word(name, "if-none-match")) continue;
        ListReader tags(value);
        while (auto tag = tags.next()) {
            if (tag->starts_with("W/")) tag->remove_prefix(2);
            if (*tag == etag || *tag == "*") return true;
        }
    }
    return false;
}

}  // namespace kaiwa::http
