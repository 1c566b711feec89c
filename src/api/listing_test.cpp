#include "api/listing.hpp"

#include "api/test_doubles.hpp"

#include <gtest/gtest.h>

namespace kaiwa::api {
namespace {

struct Thing {
    std::string id;
    std::optional<std::int64_t> size;
};

using Names = std::vector<std::string>;

std::vector<Thing> const things{{"Beech", 20}, {"ash", 5}, {"cedar", std::nullopt}, {"Birch", 20}};

using Query = std::vector<std::pair<std::string, std::string>>;

Result<ListQuery> read(Query query) {
    auto request = test::make_request("GET", "/things", {});
    request.query = std::move(query);
    return read_list_query(request, {"id", "size"});
}

auth::Page<Thing> page(ListQuery const& query) {
    auto const text_of = [](Thing const& thing) { return std::string_view(thing.id); };
    auto const place_of = [](Thing const& thing, std::string_view sort) {
        return ListPlace{sort == "size" ? sortable(thing.size) : ascii_lower(thing.id), thing.id};
    };
    return page_of(things, query, text_of, place_of);
}

/// The ids of all pages, one after the other.
Names walk(Query const& query) {
    Names ids;
    auto next = query;
    for (int round = 0; round < 10; ++round) {
        auto const wanted = read(next);
        EXPECT_TRUE(wanted);
        auto const got = page(*wanted);
        for (auto const& thing : got.items) ids.push_back(thing.id);
        if (!got.next) return ids;
        next = query;
        next.emplace_back("after", *got.next);
    }
    ADD_FAILURE() << "the pages do not end";
    return ids;
}

TEST(Listing, WithoutParametersTheListIsWholeAndInItsOwnOrder) {
    EXPECT_EQ(walk({}), (Names{"Beech", "ash", "cedar", "Birch"}));
}

TEST(Listing, FiltersWithoutRegardToCase) {
    EXPECT_EQ(walk({{"q", "E"}}), (Names{"Beech", "cedar"}));
    EXPECT_EQ(walk({{"q", "none"}}), Names{});
    EXPECT_EQ(walk({{"q", "CH"}, {"sort", "id"}}), (Names{"Beech", "Birch"}));
}

TEST(Listing, PagesHoldEverythingOnceInTheAskedOrder) {
    Names const up{"ash", "Beech", "Birch", "cedar"};
    Names const down{"cedar", "Birch", "Beech", "ash"};
    EXPECT_EQ(walk({{"sort", "id"}}), up);
    for (auto const* limit : {"1", "2", "3", "4", "200"}) {
        SCOPED_TRACE(limit);
        for (auto const* sort : {"id", "size"}) {
            SCOPED_TRACE(sort);
            EXPECT_EQ(walk({{"sort", sort}, {"limit", limit}}), up);
            EXPECT_EQ(walk({{"sort", sort}, {"limit", limit}, {"order", "desc"}}), down);
        }
        EXPECT_EQ(walk({{"limit", limit}}), up) << "by the first field";
    }
}

TEST(Listing, NamesSortAsPeopleCount) {
    Names const sorted{"",   "007", "7b",  "8",   "123456789", "1234567890", "m",
                       "m0", "m3",  "M29", "m30", "m30b",      "n1.5",       "n1.25"};
    for (std::size_t i = 1; i < sorted.size(); ++i)
        EXPECT_LT(sortable_name(sorted[i - 1]), sortable_name(sorted[i])) << sorted[i];
    EXPECT_EQ(sortable_name("m007"), sortable_name("M7"));
}

TEST(Listing, ACursorLeadsOnAlsoWhenItsItemIsGone) {
    auto query = read({{"sort", "id"}, {"limit", "1"}});
    ASSERT_TRUE(query);
    query->after = ListPlace{"basswood", "basswood"}.bytes();
    EXPECT_EQ(page(*query).items.front().id, "Beech");
}

TEST(Listing, RefusesWhatItDoesNotKnow) {
    auto const cursor = page(*read({{"sort", "id"}, {"limit", "1"}})).next.value();
    EXPECT_TRUE(read({{"sort", "id"}, {"after", cursor}}));
    std::vector<Query> const wrong{{{"sort", "color"}},
                                   {{"sort", ""}},
                                   {{"order", "up"}},
                                   {{"limit", "0"}},
                                   {{"limit", "201"}},
                                   {{"limit", "-1"}},
                                   {{"limit", "x"}},
                                   {{"q", "\xFF"}},
                                   {{"q", std::string(1, '\0')}},
                                   {{"q", std::string(201, 'a')}},
                                   {{"after", cursor}},
                                   {{"sort", "id"}, {"after", "!!"}},
                                   {{"sort", "id"}, {"after", "YWJj"}},
                                   {{"sort", "size"}, {"after", cursor}},
                                   {{"sort", "id"}, {"order", "desc"}, {"after", cursor}},
                                   {{"sort", "id"}, {"after", std::string(8 * 1024 + 1, 'A')}}};
    for (auto const& query : wrong) {
        auto const refused = read(query);
        ASSERT_FALSE(refused) << query.front().first << '=' << query.front().second;
        EXPECT_EQ(refused.error().code, Errc::invalid_argument);
    }
}

TEST(Listing, LongKeysAreCutAndLongNamesStillLeadOn) {
    std::vector<Thing> long_ones;
    for (char const c : {'b', 'a'}) long_ones.push_back({std::string(3'000, 'x') + c, 1});
    auto const query = read({{"sort", "id"}, {"limit", "1"}});
    auto const text_of = [](Thing const& thing) { return std::string_view(thing.id); };
    auto const place_of = [](Thing const& thing, std::string_view) {
        return ListPlace{thing.id, thing.id};
    };
    auto const first = page_of(long_ones, *query, text_of, place_of);
    EXPECT_EQ(first.items.front().id.back(), 'a');
    auto const rest = read({{"sort", "id"}, {"limit", "1"}, {"after", first.next.value()}});
    ASSERT_TRUE(rest);
    EXPECT_EQ(page_of(long_ones, *rest, text_of, place_of).items.front().id.back(), 'b');
}

}  // namespace
}  // namespace kaiwa::api
