#include "providers/custom/custom_model.hpp"

#include "llm/patterns.hpp"
#include "providers/common/base_url.hpp"
#include "providers/common/failures.hpp"
#include "providers/custom/dialect.hpp"

#include <atomic>
#include <utility>

namespace kaiwa::providers {
namespace {

constexpr std::size_t max_answer_bytes = std::size_t{16} << 20;

http::Deadlines custom_deadlines() {
    http::Deadlines deadlines;
    deadlines.connect = std::chrono::seconds(5);
    deadlines.first_byte = deadlines.idle = deadlines.total = std::chrono::seconds(25);
    return deadlines;
}

/// One text and its end.
class WholeAnswer final : public llm::CompletionStream {
public:
    explicit WholeAnswer(std::string text) : text_(std::move(text)) {}

    std::optional<llm::Outcome<llm::Event>> ready() override {
        if (text_.empty()) return llm::Finished{llm::FinishReason::stop};
        return llm::TextDelta{std::exchange(text_, {})};
    }
    asio::awaitable<void> arrive() override { co_return; }

private:
    std::string text_;
};

/// Where to ask, and how.
struct Place {
    std::string url;
    CustomForm form;
};

class CustomModel final : public llm::ChatModel {
public:
    CustomModel(llm::ProviderConfig config, std::vector<Place> places, http::Deadlines deadlines,
                http::Transport& transport)
        : config_(std::move(config)),
          places_(std::move(places)),
          deadlines_(deadlines),
          transport_(transport) {}

    asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> start(
        llm::CompletionRequest request) override;
    asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> list() override;

private:
    [[nodiscard]] http::OutboundRequest outbound(std::string method, std::string url) const;
    asio::awaitable<llm::Outcome<std::string>> ask(Place place, llm::CompletionRequest request);

    llm::ProviderConfig const config_;
    std::vector<Place> const places_;
    http::Deadlines const deadlines_;
    http::Transport& transport_;
    std::atomic<std::size_t> usual_place_ = 0;  ///< Which of the places answered last.
};

http::OutboundRequest CustomModel::outbound(std::string method, std::string url) const {
    http::OutboundRequest request;
    request.method = std::move(method);
    request.url = std::move(url);
    request.deadlines = deadlines_;
    if (!config_.api_key.empty())
        request.headers.add("Authorization", "Bearer " + config_.api_key.reveal());
    return request;
}

asio::awaitable<llm::Outcome<std::string>> CustomModel::ask(Place place,
                                                            llm::CompletionRequest request) {
    auto call = outbound("POST", std::move(place.url));
    call.headers.add("Content-Type", "application/json");
    call.headers.add("Accept", "application/json");
    call.body = custom_body(place.form, request);
    auto response = co_await transport_.send(std::move(call));
    if (!response) co_return std::unexpected(failure_from(response.error()));
    auto body = co_await (*response)->read_all(max_answer_bytes);
    if (!body) co_return std::unexpected(failure_from(body.error()));
    auto const status = (*response)->status();
    if (status != 200) {
        auto failure = failure_from(status, (*response)->headers(), *body, config_.api_key);
        if (status == 405) failure.kind = llm::FailureClass::not_found;
        co_return std::unexpected(std::move(failure));
    }
    auto text = read_custom_answer(*body);
    if (!text)
        text.error().message = fit_for_people(std::move(text.error().message), config_.api_key);
    co_return text;
}

asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> CustomModel::start(
    llm::CompletionRequest request) {
    auto const usual = usual_place_.load();
    for (std::size_t i = 0;; ++i) {
        auto const place = (usual + i) % places_.size();
        auto text = co_await ask(places_[place], request);
        if (text) {
            usual_place_ = place;
            co_return std::make_unique<WholeAnswer>(std::move(*text));
        }
        bool const another =
            text.error().kind == llm::FailureClass::not_found && i + 1 < places_.size();
        if (!another) co_return std::unexpected(std::move(text.error()));
    }
}

asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> CustomModel::list() {
    // Such a server has no list: any answer at all shows that it is there.
    auto call = outbound("GET", places_.front().url);
    call.deadlines = short_deadlines();
    auto response = co_await transport_.send(std::move(call));
    if (!response) co_return std::unexpected(failure_from(response.error()));
    auto const status = (*response)->status();
    if (status == 401 || status == 403) {
        co_return std::unexpected(
            failure_from(status, (*response)->headers(), "", config_.api_key));
    }
    std::vector<llm::ModelInfo> models;
    for (auto const& name : config_.models) {
        if (llm::has_wildcard(name)) continue;
        llm::ModelInfo model;
        model.id = model.name = name;
        model.sees_images = false;
        models.push_back(std::move(model));
    }
    if (config_.models.empty()) {
        llm::ModelInfo model;
        model.id = "default";
        model.name = config_.name;
        model.sees_images = false;
        models.push_back(std::move(model));
    }
    co_return models;
}

Result<std::vector<Place>> places_of(llm::ProviderConfig const& config) {
    auto const base = BaseUrl::parse(config.base_url);
    if (!base) return std::unexpected(base.error());
    auto const form = config.options.find("form");
    if (form != config.options.end()) {
        if (form->second == "chat") return std::vector{Place{base->at(""), CustomForm::chat}};
        if (form->second == "generate")
            return std::vector{Place{base->at(""), CustomForm::generate}};
        if (form->second == "prompt") return std::vector{Place{base->at(""), CustomForm::prompt}};
        return fail(Errc::invalid_argument, "form: expected \"chat\", \"generate\" or \"prompt\"");
    }
    if (base->path.ends_with("/chat")) return std::vector{Place{base->at(""), CustomForm::chat}};
    if (base->path.ends_with("/generate"))
        return std::vector{Place{base->at(""), CustomForm::generate}};
    return std::vector{Place{base->at("/chat"), CustomForm::chat},
                       Place{base->at("/generate"), CustomForm::generate}};
}

}  // namespace

Result<std::shared_ptr<llm::ChatModel>> make_custom(llm::ProviderConfig const& config,
                                                    http::Transport& transport) {
    auto places = places_of(config);
    if (!places) return std::unexpected(places.error());
    if (auto ok = check_header_value("api_key", config.api_key.reveal()); !ok)
        return std::unexpected(ok.error());
    auto deadlines = deadlines_of(config, custom_deadlines());
    if (!deadlines) return std::unexpected(deadlines.error());
    return std::make_shared<CustomModel>(config, std::move(*places), *deadlines, transport);
}

}  // namespace kaiwa::providers
