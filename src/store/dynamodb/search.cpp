#include "store/dynamodb/search.hpp"

#include "store/common/search_match.hpp"
#include "store/dynamodb/thread_reader.hpp"

#include <algorithm>

namespace kaiwa::store::dynamodb {

using chat::SearchHit;
using chat::SearchPage;

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds time_limit{1'800};
constexpr std::size_t max_hits = 1'000;
constexpr std::size_t threads_a_page = 20;
constexpr std::size_t messages_a_read = 32;

/// Where a search goes on: behind `passed` hits of the thread listed under `sort` and `thread`.
struct Position {
    std::string sort;    ///< UserThreadSK of the thread; empty: at the newest.
    std::string thread;
    std::size_t passed = 0;
};

std::string to_text(Position const& position) {
    return json::serialize(json::object{{"sort", position.sort},
                                        {"thread", position.thread},
                                        {"passed", position.passed}});
}

Result<Position> read_position(std::string_view text) {
    auto const value = parse_json(text);
    if (!value) return std::unexpected(value.error());
    JsonFields fields(*value, "the cursor");
    Position position;
    position.sort = fields.string("sort", {});
    position.thread = fields.string("thread", {});
    auto const passed = fields.optional_integer("passed", 0, 1'000'000'000);
    position.passed = static_cast<std::size_t>(passed.value_or(0));
    if (auto ok = fields.finish(); !ok) return std::unexpected(ok.error());
    return position;
}

/// One thread as it is listed.
struct Listed {
    std::string sort;
    std::string thread;
};

/// Walks the lists of live and archived threads together, the newest first.
class ThreadWalk {
public:
    ThreadWalk(Engine engine, chat::Principal const& who, Position const& from)
        : engine_(engine) {
        for (auto const& list : {user_threads(who.username), archived_threads(who.username)}) {
            auto& lane = lanes_.emplace_back();
            lane.query = {.pk = list,
                          .index = Query::Index::user_thread,
                          .order = Query::Order::descending,
                          .limit = threads_a_page};
            if (from.sort.empty()) continue;
            // From the thread itself on: it may have more hits, and others may have its time.
            lane.query.at_most = from.sort;
        }
    }

    asio::awaitable<Result<std::optional<Listed>>> next() {
        Lane* newest = nullptr;
        for (auto& lane : lanes_) {
            auto filled = co_await fill(lane);
            if (!filled) co_return std::unexpected(filled.error());
            if (lane.waiting.empty()) continue;
            if (!newest || before(lane.waiting.back(), newest->waiting.back())) newest = &lane;
        }
        if (!newest) co_return std::optional<Listed>();
        auto listed = std::move(newest->waiting.back());
        newest->waiting.pop_back();
        co_return std::optional<Listed>(std::move(listed));
    }

    static bool before(Listed const& a, Listed const& b) {
        return a.sort != b.sort ? a.sort > b.sort : a.thread > b.thread;
    }

private:
    struct Lane {
        Query query;
        std::vector<Listed> waiting;  ///< The newest at the end.
        bool ended = false;
    };

    asio::awaitable<Result<void>> fill(Lane& lane) {
        // One more page than is needed: threads of the same moment are put in order here.
        while (lane.waiting.size() < 2 && !lane.ended) {
            auto page = co_await engine_.table.query(lane.query);
            if (!page) co_return std::unexpected(page.error());
            for (auto const& item : page->items) {
                Listed listed{string_or(item, "UserThreadSK"), string_or(item, "PK")};
                lane.waiting.push_back(std::move(listed));
            }
            std::ranges::sort(lane.waiting,
                              [](Listed const& a, Listed const& b) { return before(b, a); });
            lane.query.from = std::move(page->next);
            lane.ended = !lane.query.from;
        }
        co_return Result<void>{};
    }

    Engine engine_;
    std::vector<Lane> lanes_;
};

/// The hits of one thread, the newest first; its title last.
asio::awaitable<Result<std::vector<SearchHit>>> hits_in(Engine engine, chat::Principal who,
                                                        ThreadId id, SearchWords const& words) {
    std::vector<SearchHit> hits;
    auto const row = co_await load_thread(engine, std::move(who), id);
    if (!row && row.error().code == Errc::not_found) co_return hits;
    if (!row) co_return std::unexpected(row.error());
    auto tree = co_await load_tree(engine, *row);
    if (!tree) co_return std::unexpected(tree.error());
    for (auto i = tree->size(); i-- > 0;) {
        if ((*tree)[i].message.state == chat::MessageState::pending) continue;
        if (!(*tree)[i].is_whole) {
            std::vector<std::size_t> places;
            for (auto at = i + 1; at-- > 0 && places.size() < messages_a_read;)
                places.push_back(at);
            auto loaded = co_await load_whole(engine, id, *tree, std::move(places));
            if (!loaded) co_return std::unexpected(loaded.error());
        }
        if ((*tree)[i].overflow) {
            auto loaded = co_await load_overflow(engine, *tree, i);
            if (!loaded) co_return std::unexpected(loaded.error());
        }
        auto const& message = (*tree)[i].message;
        auto match = words.find_in(message.text);
        auto const message_id = message.id;
        (*tree)[i].drop_texts();
        if (!match) continue;
        hits.push_back({id, row->title, row->archived, message_id, std::move(match->snippet),
                        std::move(match->marks)});
    }
    if (auto match = words.find_in(row->title))
        hits.push_back({id, row->title, row->archived, std::nullopt, std::move(match->snippet),
                        std::move(match->marks)});
    co_return hits;
}

}  // namespace

asio::awaitable<Result<SearchPage>> DynamoSearch::search(chat::Principal who, std::string words,
                                                         std::size_t limit, std::string after) {
    limit = std::clamp<std::size_t>(limit, 1, max_hits);
    auto const parsed = SearchWords::parse(words);
    if (!parsed) co_return std::unexpected(parsed.error());
    auto const list = fmt::format("search/{}/{}", who.id.text(), words);
    Position position;
    if (!after.empty()) {
        auto const opened = engine_.cursors.open(list, after);
        if (!opened) co_return std::unexpected(opened.error());
        auto read = read_position(*opened);
        if (!read) co_return std::unexpected(read.error());
        position = std::move(*read);
    }
    auto const deadline = steady_clock::now() + time_limit;
    SearchPage page;
    ThreadWalk walk(engine_, who, position);
    auto const at = [&](Position const& place) {
        return engine_.cursors.seal(list, to_text(place));
    };
    for (;;) {
        auto listed = co_await walk.next();
        if (!listed) co_return std::unexpected(listed.error());
        if (!*listed) co_return page;
        Listed const here = **listed;
        bool const resumed = !position.sort.empty() && here.thread == position.thread;
        bool const passed_before =
            !position.sort.empty() && !resumed &&
            ThreadWalk::before(here, Listed{position.sort, position.thread});
        if (passed_before) continue;
        auto const id = ThreadId::parse(std::string_view(here.thread).substr(
            std::min(here.thread.size(), here.thread.find('#') + 1)));
        if (!id) continue;
        if (steady_clock::now() >= deadline) {
            page.partial = true;
            page.next = at({here.sort, here.thread, resumed ? position.passed : 0});
            co_return page;
        }
        auto hits = co_await hits_in(engine_, who, *id, *parsed);
        if (!hits) co_return std::unexpected(hits.error());
        for (auto i = resumed ? position.passed : 0; i < hits->size(); ++i) {
            if (page.items.size() == limit) {
                page.next = at({here.sort, here.thread, i});
                co_return page;
            }
            page.items.push_back(std::move((*hits)[i]));
        }
    }
}

}  // namespace kaiwa::store::dynamodb
