#include "providers/openai/openai_model.hpp"

#include "providers/common/base_url.hpp"
#include "providers/common/failures.hpp"
#include "providers/common/habit_book.hpp"
#include "providers/common/http_stream.hpp"
#include "providers/openai/address.hpp"
#include "providers/openai/decoder.hpp"
#include "providers/openai/model_list.hpp"
#include "providers/openai/request.hpp"

#include <algorithm>
#include <utility>

namespace kaiwa::providers {
namespace {

constexpr std::size_t max_error_bytes = std::size_t{64} << 10;
constexpr std::size_t max_list_bytes = std::size_t{8} << 20;
/// Each refusal teaches something new, or it is final.
constexpr unsigned max_lessons = 4;

/// Whether a request speaks of the tag, so that its answer may do so too.
enum class ClosingTag { absent, asked_for };

ClosingTag closing_tag_in(std::string_view body) {
    return body.contains("/think>") ? ClosingTag::asked_for : ClosingTag::absent;
}

/// Tells the book of habits how an answer of `model` began.
void learn_how_it_began(ThinkSplitter const& thinking, ClosingTag in_request,
                        HabitBook<ModelHabits>& habits, std::string const& model) {
    auto const known = habits.of(model);
    auto learned = known;
    auto& count = learned.began_inside_thinking;
    if (thinking.found_lone_end()) {
        if (in_request == ClosingTag::absent) count = std::min(count + 1, ModelHabits::sure_after);
    } else if (thinking.never_ended() || !known.begins_inside_thinking()) {
        count = 0;
    }
    if (learned != known) habits.learn(model, learned);
}

class OpenAiModel final : public llm::ChatModel {
public:
    OpenAiModel(llm::ProviderConfig config, OpenAiAddress address, http::Deadlines deadlines,
                http::Transport& transport)
        : config_(std::move(config)),
          address_(std::move(address)),
          deadlines_(deadlines),
          transport_(transport) {}

    asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> start(
        llm::CompletionRequest request) override;
    asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> list() override;

private:
    [[nodiscard]] http::OutboundRequest outbound(std::string method, std::string url) const;
    [[nodiscard]] llm::Failure refusal(unsigned status, http::Headers const& headers,
                                       std::string const& body) const;
    [[nodiscard]] ThinkSplitter::Start thinking_of(std::string_view model) const;
    asio::awaitable<llm::Outcome<std::string>> get(std::string url);

    llm::ProviderConfig const config_;
    OpenAiAddress const address_;
    http::Deadlines const deadlines_;
    http::Transport& transport_;
    std::shared_ptr<HabitBook<ModelHabits>> habits_ = std::make_shared<HabitBook<ModelHabits>>();
};

http::OutboundRequest OpenAiModel::outbound(std::string method, std::string url) const {
    http::OutboundRequest request;
    request.method = std::move(method);
    request.url = std::move(url);
    request.deadlines = deadlines_;
    if (!config_.api_key.empty()) {
        auto const& key = config_.api_key.reveal();
        // On Azure a key has its own header; a token of Entra (a JWT) is a bearer like elsewhere.
        if (address_.is_azure() && !key.starts_with("eyJ")) {
            request.headers.add("api-key", key);
        } else {
            request.headers.add("Authorization", "Bearer " + key);
        }
    }
    for (auto const& [option, header] : {std::pair{"organization", "OpenAI-Organization"},
                                         std::pair{"project", "OpenAI-Project"}}) {
        auto const found = config_.options.find(option);
        if (found != config_.options.end()) request.headers.add(header, found->second);
    }
    return request;
}

llm::Failure OpenAiModel::refusal(unsigned status, http::Headers const& headers,
                                  std::string const& body) const {
    return failure_from(status, headers, body, config_.api_key);
}

ThinkSplitter::Start OpenAiModel::thinking_of(std::string_view model) const {
    // OpenAI's own models never write tags: there they are words of the answer.
    if (address_.is_openai() || address_.is_azure()) return ThinkSplitter::Start::text;
    return habits_->of(model).begins_inside_thinking() ? ThinkSplitter::Start::thinking
                                                     : ThinkSplitter::Start::unknown;
}

asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> OpenAiModel::start(
    llm::CompletionRequest request) {
    for (unsigned lesson = 0;; ++lesson) {
        auto const habits = habits_->of(request.model);
        auto call = outbound("POST", address_.completions(request.model));
        call.headers.add("Content-Type", "application/json");
        call.headers.add("Accept", "text/event-stream");
        call.body = completion_body(request, address_.style(), habits);
        auto const tag = closing_tag_in(call.body);
        auto response = co_await transport_.send(std::move(call));
        if (!response) co_return std::unexpected(failure_from(response.error()));

        auto const status = (*response)->status();
        if (status == 200) {
            auto id = request_id((*response)->headers(), config_.api_key);
            auto decoder = std::make_unique<OpenAiDecoder>(thinking_of(request.model));
            auto learn = [&decoder = *decoder, tag, habits = habits_, model = request.model] {
                learn_how_it_began(decoder.thinking(), tag, *habits, model);
            };
            co_return std::make_unique<HttpStream>(std::move(*response), std::move(decoder),
                                                   std::move(id), config_.api_key,
                                                   std::move(learn));
        }
        auto const body = co_await (*response)->read_all(max_error_bytes);
        auto const words = body.value_or(std::string());
        auto error = read_vendor_error(words);
        error.status = status;
        auto const learned = habits_after(habits, request, address_.style(), error);
        if (learned == habits || lesson >= max_lessons) {
            co_return std::unexpected(refusal(status, (*response)->headers(), words));
        }
        habits_->learn(request.model, learned);
    }
}

asio::awaitable<llm::Outcome<std::string>> OpenAiModel::get(std::string url) {
    auto call = outbound("GET", std::move(url));
    call.deadlines = short_deadlines();
    auto response = co_await transport_.send(std::move(call));
    if (!response) co_return std::unexpected(failure_from(response.error()));
    auto body = co_await (*response)->read_all(max_list_bytes);
    if (!body) co_return std::unexpected(failure_from(body.error()));
    if ((*response)->status() != 200) {
        co_return std::unexpected(refusal((*response)->status(), (*response)->headers(), *body));
    }
    co_return std::move(*body);
}

asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> OpenAiModel::list() {
    auto const body = co_await get(address_.models());
    if (!body) co_return std::unexpected(body.error());
    auto listed = read_model_list(*body);
    if (!listed) {
        auto failure = std::move(listed.error());
        failure.message = fit_for_people(std::move(failure.message), config_.api_key);
        co_return std::unexpected(std::move(failure));
    }
    // Azure lists its base models here, not the deployments that can be called: those are named in
    // the configuration or the address. The call has shown that the key is right.
    if (!address_.lists_deployments()) {
        std::vector<llm::ModelInfo> named;
        if (auto const name = address_.deployment(); !name.empty()) {
            auto& model = named.emplace_back();
            model.id = model.name = name;
        }
        co_return named;
    }
    if (address_.is_openai()) keep_openai_chat_models(listed->models);
    if (listed->owner == "llamacpp") {
        auto const props = co_await get(address_.beside("/props"));
        if (props) add_props(*props, listed->models);
    }
    co_return std::move(listed->models);
}

}  // namespace

Result<std::shared_ptr<llm::ChatModel>> make_openai(llm::ProviderConfig const& config,
                                                    http::Transport& transport) {
    auto address = OpenAiAddress::read(config);
    if (!address) return std::unexpected(address.error());
    if (auto ok = check_header_value("api_key", config.api_key.reveal()); !ok)
        return std::unexpected(ok.error());
    for (auto const* option : {"organization", "project"}) {
        auto const found = config.options.find(option);
        if (found == config.options.end()) continue;
        if (auto ok = check_header_value(option, found->second); !ok)
            return std::unexpected(ok.error());
    }
    auto deadlines = deadlines_of(config, answer_deadlines());
    if (!deadlines) return std::unexpected(deadlines.error());
    return std::make_shared<OpenAiModel>(config, std::move(*address), *deadlines, transport);
}

}  // namespace kaiwa::providers
