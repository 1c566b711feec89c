#include "providers/bedrock/bedrock_model.hpp"

#include "llm/patterns.hpp"
#include "providers/bedrock/completion_request.hpp"
#include "providers/bedrock/converse_decoder.hpp"
#include "providers/bedrock/converse_request.hpp"
#include "providers/bedrock/failures.hpp"
#include "providers/bedrock/model_list.hpp"
#include "providers/bedrock/options.hpp"
#include "providers/bedrock/plane.hpp"
#include "providers/common/base_url.hpp"
#include "providers/common/habit_book.hpp"
#include "providers/common/http_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace kaiwa::providers {
namespace {

using Form = EventStreamAnswer::Form;

constexpr std::size_t max_list_bytes = std::size_t{8} << 20;
constexpr unsigned max_pages = 20;
constexpr std::chrono::minutes list_lifetime{10};
/// Each refusal teaches something new, or it is final.
constexpr unsigned max_lessons = 4;
constexpr std::string_view usual_legacy_models =
    "anthropic.claude-v2*,anthropic.claude-v1*,anthropic.claude-instant*";

class BedrockModel final : public llm::ChatModel {
public:
    BedrockModel(llm::ProviderConfig config, std::unique_ptr<BedrockPlanes> planes, ConverseExtras extras,
                 http::Deadlines deadlines, Clock const& clock)
        : config_(std::move(config)),
          planes_(std::move(planes)),
          extras_(std::move(extras)),
          deadlines_(deadlines),
          clock_(clock),
          legacy_models_(split_list(option_of(config_, "legacy_models", usual_legacy_models))),
          filter_(option_of(config_, "list", "versioned") == "all" ? ModelFilter::all
                                                                   : ModelFilter::versioned) {}

    asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> start(
        llm::CompletionRequest request) override;
    asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> list() override;
    [[nodiscard]] std::optional<llm::Failure> notice() const override {
        std::lock_guard const lock(mutex_);
        return notice_;
    }

private:
    struct Listed {
        std::vector<llm::ModelInfo> models;
        std::optional<llm::Failure> notice;
    };

    asio::awaitable<aws::Outcome<std::unique_ptr<http::InboundResponse>>> open(
        aws::ServiceRequest call);
    [[nodiscard]] bool is_legacy(std::string_view model) const;
    [[nodiscard]] aws::ServiceRequest ask(llm::CompletionRequest const& request,
                                          ConverseHabits const& habits) const;
    [[nodiscard]] std::unique_ptr<llm::CompletionStream> read(
        std::unique_ptr<http::InboundResponse> response, bool is_legacy) const;
    [[nodiscard]] std::optional<Listed> cached() const;
    void forget_list();
    void learn_from(std::vector<FoundationModel> const& models);
    asio::awaitable<llm::Outcome<Listed>> ask_for_list();
    asio::awaitable<aws::Outcome<std::string>> get(std::string target);
    asio::awaitable<aws::Outcome<std::vector<FoundationModel>>> foundation_models();
    asio::awaitable<aws::Outcome<std::vector<InferenceProfile>>> profiles();

    llm::ProviderConfig const config_;
    std::unique_ptr<BedrockPlanes> const planes_;
    ConverseExtras const extras_;
    http::Deadlines const deadlines_;
    Clock const& clock_;
    std::vector<std::string> const legacy_models_;
    ModelFilter const filter_;
    HabitBook<ConverseHabits> habits_;

    mutable std::mutex mutex_;
    std::optional<Listed> list_;
    Timestamp listed_at_{};
    std::optional<llm::Failure> notice_;
};

bool BedrockModel::is_legacy(std::string_view model) const {
    return !legacy_models_.empty() && llm::matches_any(legacy_models_, model);
}

aws::ServiceRequest BedrockModel::ask(llm::CompletionRequest const& request,
                                      ConverseHabits const& habits) const {
    bool const streams = !habits.no_stream;
    bool const legacy = is_legacy(request.model);
    aws::ServiceRequest call;
    call.deadlines = deadlines_;
    call.repeat = aws::ServiceRequest::Repeat::unsafe;
    call.headers.add("Content-Type", "application/json");
    call.headers.add("Accept",
                     streams ? "application/vnd.amazon.eventstream" : "application/json");
    if (!legacy) {
        call.target = model_path(request.model, streams ? "converse-stream" : "converse");
        call.body = converse_body(request, extras_, habits);
        return call;
    }
    call.target = model_path(request.model, streams ? "invoke-with-response-stream" : "invoke");
    call.body = completion_prompt_body(request, habits);
    if (streams) call.headers.add("X-Amzn-Bedrock-Accept", "application/json");
    if (!extras_.guardrail.empty()) {
        call.headers.add("X-Amzn-Bedrock-GuardrailIdentifier", extras_.guardrail);
        call.headers.add("X-Amzn-Bedrock-GuardrailVersion", extras_.guardrail_version);
    }
    return call;
}

std::unique_ptr<llm::CompletionStream> BedrockModel::read(
    std::unique_ptr<http::InboundResponse> response, bool is_legacy) const {
    auto const& headers = response->headers();
    auto const form =
        headers.get("content-type").contains("json") ? Form::whole : Form::events;
    std::unique_ptr<AnswerDecoder> decoder;
    if (is_legacy) {
        decoder = std::make_unique<CompletionDecoder>(form);
    } else {
        decoder = std::make_unique<ConverseDecoder>(form);
    }
    std::string id(headers.get("x-amzn-requestid").substr(0, 128));
    return std::make_unique<HttpStream>(std::move(response), std::move(decoder), std::move(id),
                                        planes_->api_key());
}

asio::awaitable<aws::Outcome<std::unique_ptr<http::InboundResponse>>> BedrockModel::open(
    aws::ServiceRequest call) {
    auto const clients = co_await planes_->clients();
    if (!clients) co_return std::unexpected(clients.error());
    co_return co_await (*clients)->runtime.open(std::move(call));
}

asio::awaitable<llm::Outcome<std::unique_ptr<llm::CompletionStream>>> BedrockModel::start(
    llm::CompletionRequest request) {
    for (unsigned lesson = 0;; ++lesson) {
        auto const habits = habits_.of(request.model);
        auto response = co_await open(ask(request, habits));
        if (response) co_return read(std::move(*response), is_legacy(request.model));

        auto const& failure = response.error();
        VendorError error;
        error.status = failure.status;
        error.message = failure.message;
        auto const learned = habits_after(habits, request, error);
        if (learned == habits || lesson >= max_lessons) {
            auto failed = failure_from(failure, planes_->api_key());
            // Who we are may have changed, and with it what can be called.
            if (failed.kind == llm::FailureClass::auth) forget_list();
            co_return std::unexpected(std::move(failed));
        }
        habits_.learn(request.model, learned);
    }
}

asio::awaitable<aws::Outcome<std::string>> BedrockModel::get(std::string target) {
    auto const clients = co_await planes_->clients();
    if (!clients) co_return std::unexpected(clients.error());
    aws::ServiceRequest call;
    call.method = "GET";
    call.target = std::move(target);
    call.headers.add("Accept", "application/json");
    call.deadlines = short_deadlines();
    auto reply = co_await (*clients)->control.call(std::move(call), max_list_bytes);
    if (!reply) co_return std::unexpected(std::move(reply.error()));
    co_return std::move(reply->body);
}

std::unexpected<aws::Failure> no_json() {
    aws::Failure failure;
    failure.kind = aws::Failure::Kind::unreadable;
    failure.message = "the list of models is not JSON";
    return std::unexpected(std::move(failure));
}

asio::awaitable<aws::Outcome<std::vector<FoundationModel>>> BedrockModel::foundation_models() {
    // All modalities: what is known to be no chat model is left out among the profiles too.
    auto const body = co_await get("/foundation-models");
    if (!body) co_return std::unexpected(body.error());
    auto models = read_foundation_models(*body);
    if (!models) co_return no_json();
    co_return std::move(*models);
}

asio::awaitable<aws::Outcome<std::vector<InferenceProfile>>> BedrockModel::profiles() {
    std::vector<InferenceProfile> all;
    std::string query = "?maxResults=1000";
    for (unsigned i = 0; i < max_pages; ++i) {
        auto const body = co_await get("/inference-profiles" + query);
        if (!body) co_return std::unexpected(body.error());
        auto page = read_profiles(*body);
        if (!page) co_return no_json();
        std::ranges::move(page->profiles, std::back_inserter(all));
        if (page->next.empty()) break;
        query = "?maxResults=1000&nextToken=" + encoded_segment(page->next);
    }
    co_return all;
}

asio::awaitable<llm::Outcome<BedrockModel::Listed>> BedrockModel::ask_for_list() {
    auto const models = co_await foundation_models();
    auto const may_not_list = [&](aws::Failure const& failure) {
        return failure.kind == aws::Failure::Kind::service &&
               bedrock_class(failure.code, failure.message, failure.status) ==
                   llm::FailureClass::auth &&
               failure.code.contains("AccessDenied");
    };
    if (!models && !may_not_list(models.error()))
        co_return std::unexpected(failure_from(models.error(), planes_->api_key()));
    auto const found = co_await profiles();
    // The lists are permissions of their own: whoever may not ask may call models all the same.
    if (!found && !may_not_list(found.error()))
        co_return std::unexpected(failure_from(found.error(), planes_->api_key()));
    bool const names_some = std::ranges::any_of(
        config_.models, [](std::string const& model) { return !llm::has_wildcard(model); });
    if (!models && !found && !names_some)
        co_return std::unexpected(failure_from(models.error(), planes_->api_key()));

    Listed listed;
    auto const known = models.value_or(std::vector<FoundationModel>());
    learn_from(known);
    listed.models =
        merged_models(known, found.value_or(std::vector<InferenceProfile>()), filter_);
    if (auto const* refused = !models ? &models.error() : !found ? &found.error() : nullptr) {
        auto const* what = listed.models.empty() ? "the account may not list models; those named "
                                                   "in the configuration are offered"
                                                 : "the list of models is not whole";
        auto notice = failure_from(*refused, planes_->api_key());
        notice.for_operator = fmt::format("{}: {}", what, llm::words_for_operator(notice));
        notice.message = fmt::format("{}: {}", what, notice.message);
        listed.notice = std::move(notice);
    }
    co_return listed;
}

std::optional<BedrockModel::Listed> BedrockModel::cached() const {
    std::lock_guard const lock(mutex_);
    bool const fresh = list_ && clock_.now() - listed_at_ < list_lifetime;
    return fresh ? list_ : std::nullopt;
}

void BedrockModel::forget_list() {
    std::lock_guard const lock(mutex_);
    list_.reset();
}

void BedrockModel::learn_from(std::vector<FoundationModel> const& models) {
    for (auto const& model : models) {
        if (model.streams) continue;
        auto habits = habits_.of(model.id);
        habits.no_stream = true;
        habits_.learn(model.id, habits);
    }
}

asio::awaitable<llm::Outcome<std::vector<llm::ModelInfo>>> BedrockModel::list() {
    if (auto known = cached()) co_return std::move(known->models);
    auto listed = co_await ask_for_list();
    std::lock_guard const lock(mutex_);
    notice_ = listed ? listed->notice : std::nullopt;
    if (!listed) co_return std::unexpected(std::move(listed.error()));
    list_ = *listed;
    listed_at_ = clock_.now();
    co_return std::move(listed->models);
}

}  // namespace

Result<std::shared_ptr<llm::ChatModel>> make_bedrock(llm::ProviderConfig const& config,
                                                     BedrockServices const& services) {
    auto planes = BedrockPlanes::make(config, services);
    if (!planes) return std::unexpected(planes.error());
    auto extras = ConverseExtras::read(config.options);
    if (!extras) return std::unexpected(extras.error());
    for (auto const& [name, value] : {std::pair{"guardrail", extras->guardrail},
                                      std::pair{"guardrail_version", extras->guardrail_version}}) {
        if (auto ok = check_header_value(name, value); !ok) return std::unexpected(ok.error());
    }
    auto const list = option_of(config, "list", "versioned");
    if (list != "versioned" && list != "all")
        return fail(Errc::invalid_argument, "list: expected versioned or all");
    auto deadlines = deadlines_of(config, answer_deadlines());
    if (!deadlines) return std::unexpected(deadlines.error());
    return std::make_shared<BedrockModel>(config, std::move(*planes), std::move(*extras),
                                          *deadlines, services.clock);
}

}  // namespace kaiwa::providers
