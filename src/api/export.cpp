#include "api/caller_watch.hpp"
#include "api/content_disposition.hpp"
#include "api/fields.hpp"
#include "api/json_out.hpp"
#include "api/json_text.hpp"
#include "api/resources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kaiwa::api {
namespace {

constexpr std::size_t page_size = 100;

/// Writes one branch of a thread, page by page, so that its length costs no memory. Breaks off when
/// the caller is not let in any more.
class Exporter {
public:
    Exporter(Call& call, chat::Thread thread)
        : call_(call), watch_(call), thread_(std::move(thread)) {}
    virtual ~Exporter() = default;

    asio::awaitable<Result<void>> run() {
        auto cursors = co_await page_cursors();
        if (!cursors) co_return std::unexpected(cursors.error());
        auto head = api_head(200, media_type());
        head.headers.add("Content-Disposition", attachment(file_name()));
        auto done = co_await call_.writer.start(std::move(head));
        if (done) done = co_await write(beginning());
        for (auto cursor = cursors->rbegin(); done && cursor != cursors->rend(); ++cursor)
            done = co_await write_page(*cursor);
        if (done) done = co_await write(ending());
        if (!done) co_return done;
        co_return co_await call_.writer.finish();
    }

protected:
    [[nodiscard]] chat::Thread const& thread() const { return thread_; }
    [[nodiscard]] virtual std::string_view media_type() const = 0;
    [[nodiscard]] virtual std::string_view extension() const = 0;
    [[nodiscard]] virtual std::string beginning() const = 0;
    [[nodiscard]] virtual std::string ending() const = 0;
    virtual void append(std::string& out, chat::Message const& message) = 0;

private:
    [[nodiscard]] std::string file_name() const {
        auto name = thread_.title.empty() ? std::string("conversation") : thread_.title;
        std::ranges::replace_if(name, [](char c) { return c == '/' || c == '\\'; }, '-');
        return name + std::string(extension());
    }

    [[nodiscard]] asio::awaitable<Result<auth::Page<chat::Message>>> read_page(std::string before) {
        chat::MessageQuery query{thread_.head, page_size, std::move(before)};
        co_return co_await call_.services.chats.messages(call_.who(), thread_.id, std::move(query));
    }

    /// The cursors of all pages, newest first: a branch is found from its end.
    asio::awaitable<Result<std::vector<std::string>>> page_cursors() {
        std::vector<std::string> cursors;
        if (!thread_.head) co_return cursors;
        for (std::optional<std::string> cursor = std::string(); cursor;) {
            auto page = co_await read_page(*cursor);
            if (!page) co_return std::unexpected(page.error());
            cursors.push_back(std::move(*cursor));
            cursor = std::move(page->next);
        }
        co_return cursors;
    }

    asio::awaitable<Result<void>> write_page(std::string cursor) {
        auto page = co_await read_page(std::move(cursor));
        if (!page) co_return std::unexpected(page.error());
        std::string out;
        for (auto& message : page->items) {
            call_.services.turns.freshen(message);
            append(out, message);
        }
        co_return co_await write(std::move(out));
    }

    asio::awaitable<Result<void>> write(std::string text) {
        if (text.empty()) co_return Result<void>{};
        if (auto allowed = co_await watch_.check(); !allowed) co_return allowed;
        std::array const pieces{asio::const_buffer(text.data(), text.size())};
        co_return co_await call_.writer.write(pieces);
    }

    Call& call_;
    CallerWatch watch_;
    chat::Thread thread_;
};

class MarkdownExporter final : public Exporter {
    using Exporter::Exporter;

    std::string_view media_type() const override { return "text/markdown; charset=utf-8"; }
    std::string_view extension() const override { return ".md"; }
    std::string beginning() const override {
        auto title = thread().title.empty() ? std::string("Conversation") : thread().title;
        std::ranges::replace(title, '\n', ' ');
        return fmt::format("# {}\n", title);
    }
    std::string ending() const override { return {}; }

    void append(std::string& out, chat::Message const& message) override {
        bool const is_answer = message.role == chat::MessageRole::assistant;
        auto const who = is_answer ? message.model.value_or("assistant") : std::string("user");
        fmt::format_to(std::back_inserter(out), "\n## {}\n\n{}\n", who, message.text);
        for (auto const& file : message.files)
            fmt::format_to(std::back_inserter(out), "\n[{}]\n", file.name);
        if (is_answer && message.state != chat::MessageState::complete)
            fmt::format_to(std::back_inserter(out), "\n*({})*\n", to_string(message.state));
    }
};

class JsonExporter final : public Exporter {
    using Exporter::Exporter;

    std::string_view media_type() const override { return "application/json"; }
    std::string_view extension() const override { return ".json"; }
    std::string beginning() const override {
        return "{\"thread\":" + thread_json(thread()) + ",\"messages\":[";
    }
    std::string ending() const override { return "]}\n"; }

    void append(std::string& out, chat::Message const& message) override {
        if (!first_) out += ",\n";
        first_ = false;
        append_message(out, message);
    }

    bool first_ = true;
};

asio::awaitable<Result<void>> export_thread(Call& call) {
    auto const id = reference<ThreadId>(call.segment(0));
    if (!id) co_return std::unexpected(id.error());
    auto const format = call.request.parameter("format").value_or("markdown");
    if (format != "markdown" && format != "json")
        co_return fail(Errc::invalid_argument, "?format=: expected markdown or json");
    auto thread = co_await call.services.chats.thread(call.who(), *id);
    if (!thread) co_return std::unexpected(thread.error());
    if (format == "json") {
        JsonExporter exporter(call, std::move(*thread));
        co_return co_await exporter.run();
    }
    MarkdownExporter exporter(call, std::move(*thread));
    co_return co_await exporter.run();
}

}  // namespace

void add_export_routes(RouteTable& table) {
    table.add("GET", "/api/threads/{id}/export", export_thread);
}

}  // namespace kaiwa::api
