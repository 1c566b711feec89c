#include "chat/model_responder.hpp"

#include "base/json.hpp"
#include "chat/replay_step.hpp"
#include "chat/thinking.hpp"

#include <fmt/format.h>

namespace kaiwa::chat {
namespace {

using llm::Failure;
using llm::FailureClass;
using llm::Outcome;

std::unexpected<Failure> cancelled() {
    return std::unexpected(Failure{FailureClass::cancelled, "stopped", {}, {}, {}});
}

/// What was made of one event: how the answer ended, or nothing yet.
using Passed = std::optional<Outcome<llm::FinishReason>>;

/// Writes an event of `model` that is no text, or ends.
asio::awaitable<Passed> pass_other(Outcome<llm::Event> event, llm::CompletionStream const& stream,
                                   std::string_view model, TurnSink& sink) {
    if (!event) {
        if (event.error().provider_request_id.empty())
            event.error().provider_request_id = stream.provider_request_id();
        co_return std::unexpected(std::move(event.error()));
    }
    Result<void> sent;
    if (auto const* usage = std::get_if<llm::Usage>(&*event)) {
        sent = co_await sink.usage(*usage);
    } else if (auto const* replay = std::get_if<llm::Replay>(&*event)) {
        sent = co_await sink.step(replay_step(model, replay->payload));
    } else if (auto const* call = std::get_if<llm::ToolCall>(&*event)) {
        // Kept for the reader to see; nothing is run.
        json::object const step{
            {"id", call->id},
            {"kind", "tool"},
            {"name", call->name},
            {"state", "failed"},
            {"detail", {{"arguments", call->arguments}, {"reason", "no_such_tool"}}}};
        sent = co_await sink.step(json::serialize(step));
    } else if (auto const* finished = std::get_if<llm::Finished>(&*event)) {
        co_return finished->reason;
    }
    if (!sent) co_return cancelled();
    co_return std::nullopt;
}

/// Says how long the model thought, once that is over.
asio::awaitable<Result<void>> end_thinking(Thinking& thinking, TurnSink& sink) {
    auto step = thinking.end(std::chrono::steady_clock::now());
    if (!step) co_return Result<void>{};
    co_return co_await sink.step(std::move(*step));
}

/// When a model was asked, and how long its first text or reasoning took.
struct FirstToken {
    std::chrono::steady_clock::time_point asked;
    std::optional<std::chrono::milliseconds> took{};

    void came() {
        using std::chrono::steady_clock;
        if (took) return;
        took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - asked);
    }
};

/// Copies the events of the answer of `model` to the sink until it is whole. What arrived together
/// is shown together.
asio::awaitable<Outcome<llm::FinishReason>> relay(llm::CompletionStream& stream,
                                                  std::string_view model, FirstToken& first,
                                                  TurnSink& sink) {
    Thinking thinking;
    for (;;) {
        auto event = stream.ready();
        if (!event) {
            sink.show();
            event = co_await stream.next();
        }
        auto const* text = *event ? std::get_if<llm::TextDelta>(&**event) : nullptr;
        auto const* reasoning = *event ? std::get_if<llm::ReasoningDelta>(&**event) : nullptr;
        if (text || reasoning) {
            first.came();
            if (reasoning) {
                thinking.reasoned(std::chrono::steady_clock::now());
            } else if (thinking.goes_on()) {
                auto const told = co_await end_thinking(thinking, sink);
                if (!told) co_return cancelled();
            }
            auto const sent =
                text ? co_await sink.text(text->text) : co_await sink.reasoning(reasoning->text);
            if (!sent) co_return cancelled();
            continue;
        }
        auto ended = co_await pass_other(std::move(*event), stream, model, sink);
        if (!ended) continue;
        // How the answer ended counts, whether or not this could still be written.
        static_cast<void>(co_await end_thinking(thinking, sink));
        co_return std::move(*ended);
    }
}

}  // namespace

asio::awaitable<Outcome<ModelResponder::Answering>> ModelResponder::begin(TurnContext const& turn,
                                                                          TurnSink& sink) {
    auto model = catalogue_.find(turn.model);
    if (!model)
        co_return std::unexpected(
            Failure{FailureClass::not_found, model.error().message, {}, {}, {}});
    auto const fail_as = [&](Failure failure) {
        failure.provider = model->provider_name;
        return std::unexpected(std::move(failure));
    };

    auto built = co_await prompts_.build(turn, model->info);
    if (!built) co_return fail_as({FailureClass::model_error, built.error().message, {}, {}, {}});
    if (built->dropped > 0) {
        auto step = fmt::format(
            R"({{"id":"history","kind":"model","name":"history_cut","state":"done","detail":{{"dropped":{}}}}})",
            built->dropped);
        if (!co_await sink.step(std::move(step))) co_return cancelled();
    }
    if (co_await stop_requested()) co_return cancelled();

    llm::CompletionRequest request{model->info.id, std::move(built->prompt),
                                   turn.settings.parameters};
    auto const asked = std::chrono::steady_clock::now();
    auto stream = co_await model->provider->start(std::move(request));
    if (!stream) {
        catalogue_.report(model->provider_name, {.first_token = {}, .failure = &stream.error()});
        co_return fail_as(std::move(stream.error()));
    }
    co_return Answering{std::move(model->id), std::move(model->provider_name),
                        std::move(model->provider), std::move(*stream), asked};
}

asio::awaitable<Outcome<llm::FinishReason>> ModelResponder::respond(TurnContext const& turn,
                                                                    TurnSink& sink) {
    // Little is held while the model writes: what the beginning needed is gone with begin().
    auto answering = co_await begin(turn, sink);
    if (!answering) co_return std::unexpected(std::move(answering.error()));
    FirstToken first{answering->asked};
    auto outcome = co_await relay(*answering->stream, answering->model, first, sink);
    llm::CallEnd const end{first.took, outcome ? nullptr : &outcome.error()};
    catalogue_.report(answering->provider_name, end);
    if (outcome) co_return outcome;
    outcome.error().provider = std::move(answering->provider_name);
    co_return outcome;
}

}  // namespace kaiwa::chat
