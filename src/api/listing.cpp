#include "api/listing.hpp"

#include "api/fields.hpp"
#include "base/crypto.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace kaiwa::api {
namespace {

using auth::SortOrder;

/// Of keys that were cut, with the longest names that servers of models give.
constexpr std::size_t max_list_cursor_bytes = 8 * 1024;

/// What a cursor begins with, so that it leads nowhere in a list of another order.
std::string mark_of(ListQuery const& query) {
    return fmt::format("{} {}", query.order == SortOrder::ascending ? "asc" : "desc",
                       query.sort.value_or("")) +
           '\0';
}

/// The place in a cursor of `query`. Fails with `invalid_argument`.
Result<std::string> read_cursor(ListQuery const& query, std::string_view cursor) {
    auto const mark = mark_of(query);
    auto const bytes = decode_base64(cursor);
    if (!query.sort || !bytes || !bytes->starts_with(mark))
        return fail(Errc::invalid_argument, "?after=: expected a cursor of this list");
    return bytes->substr(mark.size());
}

}  // namespace

Result<ListQuery> read_list_query(http::Request const& request,
                                  std::vector<std::string_view> const& sorts) {
    auto text = read_parameter(request, "q", max_search_bytes);
    if (!text) return std::unexpected(text.error());
    auto paging = read_paging(request, "after", max_list_cursor_bytes);
    if (!paging) return std::unexpected(paging.error());
    ListQuery query;
    query.text = ascii_lower(*text);
    if (request.parameter("limit")) {
        query.limit = paging->limit;
        query.sort = sorts.front();
    }
    if (auto const sort = request.parameter("sort")) {
        if (std::ranges::find(sorts, *sort) == sorts.end())
            return fail(Errc::invalid_argument,
                        fmt::format("?sort=: expected one of {}", fmt::join(sorts, ", ")));
        query.sort = *sort;
    }
    auto const order = request.parameter("order").value_or("asc");
    if (order != "asc" && order != "desc")
        return fail(Errc::invalid_argument, "?order=: expected asc or desc");
    query.order = order == "asc" ? SortOrder::ascending : SortOrder::descending;
    if (paging->cursor.empty()) return query;
    auto after = read_cursor(query, paging->cursor);
    if (!after) return std::unexpected(after.error());
    query.after = std::move(*after);
    return query;
}

std::string sortable_name(std::string_view name) {
    constexpr std::string_view digits = "0123456789";
    std::string out;
    while (!name.empty()) {
        auto const end = std::min(name.find_first_not_of(digits), name.size());
        auto number = name.substr(0, end);
        if (number.empty()) {
            auto const words = name.substr(0, name.find_first_of(digits));
            out += ascii_lower(words);
            name.remove_prefix(words.size());
            continue;
        }
        name.remove_prefix(end);
        number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
        // Its length first, in nines and a rest, so that more digits are a larger number.
        out.append(number.size() / 9, '9');
        out += static_cast<char>('0' + number.size() % 9);
        out += number;
    }
    return out;
}

std::string ascii_lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::string sortable(std::optional<std::int64_t> number) {
    return number ? fmt::format("{:020}", std::max<std::int64_t>(*number, 0)) : std::string("~");
}

std::string list_cursor(ListQuery const& query, std::string_view place) {
    auto const bytes = mark_of(query) + std::string(place);
    return base64url({reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size()});
}

}  // namespace kaiwa::api
