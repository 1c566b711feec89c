#include "store/dynamodb/search.hpp"

#include "store/common/search_match.hpp"
#include "store/dynamodb/thread_reader.hpp"

#include <algorithm>
#include <utility>

namespace kaiwa::store::dynamodb {

using chat::SearchHit;
using chat::SearchPage;

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds time_limit{1'800};
/// In a thread whose outline alone took the time: so that each call gets on.
constexpr std::chrono::milliseconds least_time_in_thread{500};
constexpr std::size_t max_hits = 1'000;
constexpr std::size_t threads_a_page = 20;
constexpr std::size_t messages_a_read = 32;

/// Where a search goes on: in the thread listed under `sort` and `thread`.
struct Position {
    std::string sort;    ///< UserThreadSK of the thread; empty: at the newest.
    std::string thread;
    std::optional<std::size_t> left{};  ///< Messages from its beginning yet to look at; unset: all.
};

std::string to_text(Position const& position) {
    json::object out{{"sort", position.sort}, {"thread", position.thread}};
    if (position.left) out.emplace("left", *position.left);
    return json::serialize(out);
}

Result<Position> read_position(std::string_view text) {
    auto const value = parse_json(text);
    if (!value) return std::unexpected(value.error());
    JsonFields fields(*value, "the cursor");
    Position position;
    position.sort = fields.string("sort", {});
    position.thread = fields.string("thread", {});
    if (auto const left = fields.optional_integer("left", 0, 1'000'000'000))
        position.left = static_cast<std::size_t>(*left);
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
            // From the thread itself on: others may have its time.
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
struct ThreadHits {
    std::vector<SearchHit> hits;
    std::optional<std::size_t> left{};  ///< Where it broke off, as `Position` has it.
};

/// Reads the text of the message at `place`, and of some before it.
asio::awaitable<Result<void>> load_text(Engine engine, ThreadId id, Tree& tree, std::size_t place) {
    if (!tree[place].is_whole) {
        std::vector<std::size_t> places;
        for (auto at = place + 1; at-- > 0 && places.size() < messages_a_read;)
            places.push_back(at);
        auto loaded = co_await load_whole(engine, id, tree, std::move(places));
        if (!loaded) co_return loaded;
    }
    if (tree[place].overflow) co_return co_await load_overflow(engine, tree, place);
    co_return Result<void>{};
}

/// Breaks off before there are more than `room` hits, and when `until` is over, but not at once.
asio::awaitable<Result<ThreadHits>> hits_in(Engine engine, chat::Principal who, ThreadId id,
                                            std::optional<std::size_t> left,
                                            SearchWords const& words, std::size_t room,
                                            SteadyTime until) {
    ThreadHits found;
    auto const row = co_await load_thread(engine, std::move(who), id);
    if (!row && row.error().code == Errc::not_found) co_return found;
    if (!row) co_return std::unexpected(row.error());
    auto tree = co_await load_tree(engine, *row);
    if (!tree) co_return std::unexpected(tree.error());
    until = std::max(until, steady_clock::now() + least_time_in_thread);
    for (auto i = std::min(left.value_or(tree->size()), tree->size()); i-- > 0;) {
        if ((*tree)[i].message.state == chat::MessageState::pending) continue;
        bool const reads = !(*tree)[i].is_whole || (*tree)[i].overflow;
        if (reads && steady_clock::now() >= until) {
            found.left = i + 1;
            co_return found;
        }
        auto const loaded = co_await load_text(engine, id, *tree, i);
        if (!loaded) co_return std::unexpected(loaded.error());
        auto const& message = (*tree)[i].message;
        auto match = words.find_in(message.text);
        auto const message_id = message.id;
        (*tree)[i].drop_texts();
        if (!match) continue;
        if (found.hits.size() == room) {
            found.left = i + 1;
            co_return found;
        }
        found.hits.push_back({id, row->title, row->archived, message_id, std::move(match->snippet),
                              std::move(match->marks)});
    }
    auto match = words.find_in(row->title);
    if (match && found.hits.size() == room)
        found.left = 0;
    else if (match)
        found.hits.push_back({id, row->title, row->archived, std::nullopt,
                              std::move(match->snippet), std::move(match->marks)});
    co_return found;
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
    Listed const last{position.sort, position.thread};
    bool resumes = !position.sort.empty();
    // However slow the table is, each call looks into a thread.
    bool has_looked = false;
    for (;;) {
        // The one that it goes on in by its id: talked in since, it moved up the list.
        auto here = last;
        auto const left = resumes ? position.left : std::nullopt;
        if (!std::exchange(resumes, false)) {
            auto listed = co_await walk.next();
            if (!listed) co_return std::unexpected(listed.error());
            if (!*listed) co_return page;
            here = std::move(**listed);
            bool const seen = here.thread == last.thread ||
                              (!last.sort.empty() && !ThreadWalk::before(last, here));
            if (seen) continue;
        }
        auto const id = ThreadId::parse(std::string_view(here.thread).substr(
            std::min(here.thread.size(), here.thread.find('#') + 1)));
        if (!id) continue;
        if (std::exchange(has_looked, true) && steady_clock::now() >= deadline) {
            page.partial = true;
            page.next = at({here.sort, here.thread, left});
            co_return page;
        }
        auto const room = limit - page.items.size();
        auto found = co_await hits_in(engine_, who, *id, left, *parsed, room, deadline);
        if (!found) co_return std::unexpected(found.error());
        bool const full = found->hits.size() == room;
        std::ranges::move(found->hits, std::back_inserter(page.items));
        if (!found->left) continue;
        page.partial = !full;
        page.next = at({here.sort, here.thread, found->left});
        co_return page;
    }
}

}  // namespace kaiwa::store::dynamodb
