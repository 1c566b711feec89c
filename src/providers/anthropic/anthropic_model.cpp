#include "providers/anthropic/anthropic_model.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "providers/anthropic/decoder.hpp"
#include "providers/anthropic/request.hpp"
#include "providers/common/base_url.hpp"
#include "providers/common/failures.hpp"
#include "providers/common/habit_book.hpp"
#include "providers/common/http_stream.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace kaiwa::providers {
namespace {

constexpr std::size_t max_error_bytes = std::size_t{64} << 10;
constexpr std::size_t max_list_bytes = std::size_t{4} << 20;
constexpr unsigned max_pages = 10;
/// Each refusal teaches something new, or it is final.
constexpr unsigned max_lessons = 3;
/// What every model of theirs has at least, for servers that do not tell.
constexpr std::int64_t usual_window = 200'000;

class AnthropicModel final : public llm::ChatModel {
public:
    AnthropicModel(llm::ProviderConfig config, BaseUrl base, http::Deadlines deadlines,
                   http::Transport& transport)
        : config_(std::move(config)),
          base_(std::move(base)),
          deadlines_(deadlines),
          transport_(transport) {}

    asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> start(
        llm::CompletionRequest request) override;
    asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> list() override;

private:
    [[nodiscard]] http::OutboundRequest outbound(std::string method, std::string url) const;
    [[nodiscard]] llm::Failure refusal(unsigned status, http::Headers const& headers,
                                       std::string const& body) const;

    llm::ProviderConfig const config_;
    BaseUrl const base_;
    http::Deadlines const deadlines_;
    http::Transport& transport_;
    HabitBook<AnthropicHabits> habits_;
};

http::OutboundRequest AnthropicModel::outbound(std::string method, std::string url) const {
    http::OutboundRequest request;
    request.method = std::move(method);
    request.url = std::move(url);
    request.deadlines = deadlines_;
    request.headers.add("anthropic-version", "2023-06-01");
    if (!config_.api_key.empty()) request.headers.add("x-api-key", config_.api_key.reveal());
    return request;
}

llm::Failure AnthropicModel::refusal(unsigned status, http::Headers const& headers,
                                     std::string const& body) const {
    return failure_from(status, headers, body, config_.api_key);
}

asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> AnthropicModel::start(
    llm::CompletionRequest request) {
    for (unsigned lesson = 0;; ++lesson) {
        auto const habits = habits_.of(request.model);
        auto call = outbound("POST", base_.at("/messages"));
        call.headers.add("Content-Type", "application/json");
        call.headers.add("Accept", "text/event-stream");
        call.body = messages_body(request, habits);
        auto response = co_await transport_.send(std::move(call));
        if (!response) co_return std::unexpected(failure_from(response.error()));

        auto const status = (*response)->status();
        if (status == 200) {
            auto id = request_id((*response)->headers(), config_.api_key);
            co_return std::make_unique<HttpStream>(std::move(*response),
                                                   std::make_unique<AnthropicDecoder>(),
                                                   std::move(id), config_.api_key);
        }
        auto const body = co_await (*response)->read_all(max_error_bytes);
        auto const words = body.value_or(std::string());
        auto error = read_vendor_error(words);
        error.status = status;
        auto const learned = habits_after(habits, request, error);
        if (learned == habits || lesson >= max_lessons) {
            co_return std::unexpected(refusal(status, (*response)->headers(), words));
        }
        habits_.learn(request.model, learned);
    }
}

/// One page of the list, and the id after which the next one begins.
struct Page {
    std::vector<llm::ModelInfo> models;
    std::string next;
};

llm::Outcome<Page> read_page(std::string_view body) {
    auto const value = parse_json(replace_invalid_utf8(std::string(body)));
    auto const* object = value ? value->if_object() : nullptr;
    if (object == nullptr) {
        return std::unexpected(
            llm::make_failure(llm::FailureClass::model_error, "the list of models is not JSON"));
    }
    Page page;
    auto const* data = object->if_contains("data");
    if (data == nullptr || !data->is_array()) return page;
    for (auto const& item : data->get_array()) {
        auto const* model = item.if_object();
        auto const* id = model ? model->if_contains("id") : nullptr;
        if (id == nullptr || !id->is_string()) continue;
        llm::ModelInfo info;
        info.id = info.name = id->get_string();
        if (auto const* name = model->if_contains("display_name"); name && name->is_string()) {
            info.name = name->get_string();
        }
        auto const* window = model->if_contains("max_input_tokens");
        bool const tells = window && window->is_int64() && window->get_int64() > 0;
        info.window = tells ? window->get_int64() : usual_window;
        info.sees_images = true;
        page.models.push_back(std::move(info));
    }
    auto const* more = object->if_contains("has_more");
    auto const* last = object->if_contains("last_id");
    if (more && more->is_bool() && more->get_bool() && last && last->is_string())
        page.next = last->get_string();
    return page;
}

asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> AnthropicModel::list() {
    std::vector<llm::ModelInfo> all;
    std::string query = "?limit=100";
    for (unsigned i = 0; i < max_pages; ++i) {
        auto call = outbound("GET", base_.at("/models") + query);
        call.deadlines = short_deadlines();
        auto response = co_await transport_.send(std::move(call));
        if (!response) co_return std::unexpected(failure_from(response.error()));
        auto const body = co_await (*response)->read_all(max_list_bytes);
        if (!body) co_return std::unexpected(failure_from(body.error()));
        if ((*response)->status() != 200) {
            co_return std::unexpected(
                refusal((*response)->status(), (*response)->headers(), *body));
        }
        auto page = read_page(*body);
        if (!page) co_return std::unexpected(std::move(page.error()));
        std::ranges::move(page->models, std::back_inserter(all));
        if (page->next.empty()) break;
        query = "?limit=100&after_id=" + encoded_segment(page->next);
    }
    co_return all;
}

}  // namespace

Result<std::shared_ptr<llm::ChatModel>> make_anthropic(llm::ProviderConfig const& config,
                                                       http::Transport& transport) {
    auto base =
        BaseUrl::parse(config.base_url.empty() ? "https://api.anthropic.com/v1" : config.base_url);
    if (!base) return std::unexpected(base.error());
    if (!base->query.empty())
        return fail(Errc::invalid_argument, "base_url: expected an address without \"?\"");
    if (base->path.ends_with("/messages"))
        base->path.resize(base->path.size() - std::string_view("/messages").size());
    if (!base->path.ends_with("/v1")) base->path += "/v1";
    if (auto ok = check_header_value("api_key", config.api_key.reveal()); !ok)
        return std::unexpected(ok.error());
    auto deadlines = deadlines_of(config, answer_deadlines());
    if (!deadlines) return std::unexpected(deadlines.error());
    return std::make_shared<AnthropicModel>(config, std::move(*base), *deadlines, transport);
}

}  // namespace kaiwa::providers
