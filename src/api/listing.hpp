#pragma once

#include "auth/user_store.hpp"
#include "http/message.hpp"
#include "kaiwa/error.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kaiwa::api {

/// What a request wants of a list that the server holds whole, such as the providers: `q`, `sort`,
/// `order`, `limit`, `after`. Without `sort` and `limit` the list keeps its own order and is whole.
struct ListQuery {
    std::string text;                 ///< Lower-case where it is ASCII; empty: everything.
    std::optional<std::string> sort;  ///< A field of the items; set where there is a `limit`.
    auth::SortOrder order = auth::SortOrder::ascending;
    std::optional<std::size_t> limit;
    std::string after;  ///< `ListPlace::bytes()`; empty: from the first.
};

/// `sorts` are the fields to sort by; the first is it where only `limit` is given. Fails with
/// `invalid_argument`.
[[nodiscard]] Result<ListQuery> read_list_query(http::Request const& request,
                                                std::vector<std::string_view> const& sorts);

/// Where an item stands in a sorted list. What changes or comes meanwhile moves no other item, so a
/// place is good for a cursor.
struct ListPlace {
    std::string key;  ///< Bytes that sort like the field; the first `max_key` count.
    std::string id;   ///< Of the item: no two are the same.

    static constexpr std::size_t max_key = 128;

    [[nodiscard]] std::string bytes() const { return key.substr(0, max_key) + '\0' + id; }
};

[[nodiscard]] std::string ascii_lower(std::string_view text);
/// A name as bytes that sort as people count: "m3" before "m29" before "m30", and "B" beside "b".
[[nodiscard]] std::string sortable_name(std::string_view name);
/// A number from 0 as bytes that sort like it; what is not there comes last.
[[nodiscard]] std::string sortable(std::optional<std::int64_t> number);

/// Opaque to clients; refused with another `sort` or `order`.
[[nodiscard]] std::string list_cursor(ListQuery const& query, std::string_view place);

/// Those of `items` that are wanted, one page of them. `text_of(item)` is searched for the query's
/// text; `place_of(item, sort)` says where the item stands.
template <class Item, class TextOf, class PlaceOf>
[[nodiscard]] auth::Page<Item> page_of(std::vector<Item> items, ListQuery const& query,
                                       TextOf text_of, PlaceOf place_of) {
    auth::Page<Item> page;
    if (!query.text.empty()) {
        std::erase_if(items, [&](Item const& item) {
            return !ascii_lower(text_of(item)).contains(query.text);
        });
    }
    if (!query.sort) {
        page.items = std::move(items);
        return page;
    }
    bool const descends = query.order == auth::SortOrder::descending;
    std::vector<std::pair<std::string, Item>> placed;
    for (auto& item : items) {
        auto place = place_of(std::as_const(item), *query.sort).bytes();
        bool const is_past = descends ? place < query.after : place > query.after;
        if (query.after.empty() || is_past) placed.emplace_back(std::move(place), std::move(item));
    }
    std::ranges::sort(placed, [&](auto const& a, auto const& b) {
        return descends ? a.first > b.first : a.first < b.first;
    });
    auto const shown = std::min(query.limit.value_or(placed.size()), placed.size());
    if (shown < placed.size()) page.next = list_cursor(query, placed[shown - 1].first);
    for (std::size_t i = 0; i < shown; ++i) page.items.push_back(std::move(placed[i].second));
    return page;
}

}  // namespace kaiwa::api
