#include "store/sqlite/search.hpp"

#include "store/sqlite/chat_rows.hpp"
#include "store/common/search_filter.hpp"
#include "store/common/search_match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

namespace kaiwa::store::sqlite {

using chat::SearchHit;
using chat::SearchPage;

namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds time_limit{1'800};
constexpr auto newest = std::numeric_limits<std::int64_t>::max();

/// A hit and when what it was found in was written.
struct DatedHit {
    std::int64_t time = 0;
    SearchHit hit;
};

/// How far back both walks have come. What is newer was given out or does not match.
struct Position {
    std::int64_t title_time = newest;
    std::int64_t title = newest;    ///< Number of a thread.
    std::int64_t message = newest;  ///< Number of a message.
};

/// Walks back through an owner's titles. `next()` finds the next match and stays there until
/// `take()`.
class TitleWalk {
public:
    TitleWalk(Connection& db, UserId owner, SearchWords const& words, Position& position)
        : row_(db.query(R"sql(
              SELECT n, id, title, updated_at, archived FROM threads
              WHERE owner = ?1 AND archived = 0 AND deleted_at IS NULL
                    AND (updated_at, n) < (?2, ?3)
              UNION ALL
              SELECT n, id, title, updated_at, archived FROM threads
              WHERE owner = ?1 AND archived = 1 AND deleted_at IS NULL
                    AND (updated_at, n) < (?2, ?3)
              ORDER BY updated_at DESC, n DESC)sql",
                        owner, position.title_time, position.title)),
          words_(words),
          position_(position) {}

    DatedHit const* next(steady_clock::time_point deadline) {
        while (!found_ && !ended_ && steady_clock::now() < deadline) {
            ended_ = !row_.row();
            if (ended_) break;
            here_ = {row_.integer(3), row_.integer(0)};
            auto match = words_.find_in(row_.view(2));
            if (!match) {
                pass();
                continue;
            }
            found_ = DatedHit{here_.first,
                              {row_.id<ThreadId>(1), row_.text(2), row_.boolean(4), std::nullopt,
                               std::move(match->snippet), std::move(match->marks)}};
        }
        return found_ ? &*found_ : nullptr;
    }
    SearchHit take() {
        pass();
        return std::exchange(found_, std::nullopt)->hit;
    }
    [[nodiscard]] bool ended() const { return ended_; }

private:
    void pass() {
        position_.title_time = here_.first;
        position_.title = here_.second;
    }

    Query row_;
    SearchWords const& words_;
    Position& position_;
    std::pair<std::int64_t, std::int64_t> here_;
    std::optional<DatedHit> found_;
    bool ended_ = false;
};

/// The same for an owner's messages, by their filters.
class MessageWalk {
public:
    MessageWalk(Connection& db, UserId owner, SearchWords const& words, Position& position)
        : db_(db),
          row_(db.query("SELECT message, filter FROM search_filters "
                        "WHERE owner = ?1 AND message < ?2 ORDER BY message DESC",
                        owner, position.message)),
          words_(words),
          position_(position) {}

    DatedHit const* next(steady_clock::time_point deadline) {
        while (!found_ && !ended_) {
            // The clock is read now and then: most filters are passed by in under a microsecond.
            if (passed_ >= 64) {
                passed_ = 0;
                if (steady_clock::now() >= deadline) break;
            }
            ++passed_;
            ended_ = !row_.row();
            if (ended_) break;
            here_ = row_.integer(0);
            if (SearchFilter::may_have(row_.view(1), words_.grams())) {
                look_into(here_);
                passed_ += 15;  // looking into a message takes longer
            }
            if (!found_) position_.message = here_;
        }
        return found_ ? &*found_ : nullptr;
    }
    SearchHit take() {
        position_.message = here_;
        return std::exchange(found_, std::nullopt)->hit;
    }
    [[nodiscard]] bool ended() const { return ended_; }

private:
    void look_into(std::int64_t message) {
        auto row = db_.query(
            "SELECT t.id, t.title, m.id, m.created_at, m.text, t.archived FROM messages m "
            "JOIN threads t ON t.n = m.thread WHERE m.n = ?1 AND t.deleted_at IS NULL",
            message);
        if (!row.row()) return;
        auto match = words_.find_in(row.view(4));
        if (!match) return;
        found_ = DatedHit{row.integer(3),
                          {row.id<ThreadId>(0), row.text(1), row.boolean(5), row.id<MessageId>(2),
                           std::move(match->snippet), std::move(match->marks)}};
    }

    Connection& db_;
    Query row_;
    SearchWords const& words_;
    Position& position_;
    std::int64_t here_ = newest;
    std::uint64_t passed_ = 0;
    std::optional<DatedHit> found_;
    bool ended_ = false;
};

struct Found {
    SearchPage page;
    Position position;
    bool whole = false;  ///< Nothing is left to search.
};

Found find(Connection& db, UserId owner, SearchWords const& words, std::size_t limit,
           Position position) {
    auto const deadline = steady_clock::now() + time_limit;
    Found found;
    found.position = position;
    TitleWalk titles(db, owner, words, found.position);
    MessageWalk messages(db, owner, words, found.position);
    while (found.page.items.size() < limit) {
        auto const* title = titles.next(deadline);
        if (!title && !titles.ended()) break;
        auto const* message = messages.next(deadline);
        if (!message && !messages.ended()) break;
        if (!title && !message) {
            found.whole = true;
            break;
        }
        bool const title_first = title && (!message || title->time >= message->time);
        found.page.items.push_back(title_first ? titles.take() : messages.take());
    }
    found.page.partial = !found.whole && found.page.items.size() < limit;
    return found;
}

constexpr std::size_t max_hits = 1'000;
constexpr std::size_t made_on_the_loop = 8 << 10;

}  // namespace

asio::awaitable<Result<std::string>> make_filter(Engine engine, std::string const& text) {
    if (text.size() <= made_on_the_loop) co_return SearchFilter::of_text(text);
    auto work = [&text](Connection&) -> Result<std::string> { return SearchFilter::of_text(text); };
    co_return co_await engine.readers.run(std::move(work));
}

asio::awaitable<Result<SearchPage>> SqliteSearch::search(chat::Principal who, std::string words,
                                                         std::size_t limit, std::string after) {
    limit = page_size(limit, max_hits);
    auto parsed = SearchWords::parse(words);
    if (!parsed) co_return std::unexpected(parsed.error());
    auto const list = fmt::format("search/{}/{}", who.id.text(), words);
    Position position;
    if (!after.empty()) {
        auto const opened = engine_.cursors.open(list, after);
        if (!opened) co_return std::unexpected(opened.error());
        auto const place = Place::read(*opened, 3);
        if (!place) co_return std::unexpected(place.error());
        position = {place->numbers[0], place->numbers[1], place->numbers[2]};
    }
    auto work = [owner = who.id, parsed = std::move(*parsed), limit, position, list,
                 &cursors = engine_.cursors](Connection& db) -> Result<SearchPage> {
        auto found = find(db, owner, parsed, limit, position);
        if (!found.whole) {
            auto const& at = found.position;
            Place const place{{at.title_time, at.title, at.message}, {}};
            found.page.next = cursors.seal(list, place.bytes());
        }
        return std::move(found.page);
    };
    co_return co_await engine_.readers.run(std::move(work));
}

}  // namespace kaiwa::store::sqlite
