#include "chat/model_responder.hpp"

#include "base/json.hpp"
#include "chat/asking_again.hpp"
#include "chat/replay_step.hpp"
#include "chat/thinking.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace kaiwa::chat {
namespace {

using llm::Failure;
using llm::FailureClass;
using llm::Outcome;
using std::chrono::steady_clock;

std::unexpected<Failure> cancelled() {
    return std::unexpected(Failure{FailureClass::cancelled, "stopped", {}, {}, {}});
}

/// How the answer ended, or nothing yet.
using Passed = std::optional<Outcome<llm::FinishReason>>;

/// Passes the events of one answer on to its readers.
class Relay {
public:
    /// All outlive the relay. `model` is "local/qwen3"; it was asked at `asked`.
    Relay(llm::CompletionStream& stream, std::string_view model, steady_clock::time_point asked,
          TurnSink& sink)
        : stream_(stream), model_(model), asked_(asked), sink_(sink) {}

    /// Passes words on that have arrived, and shows them together. False when something else came,
    /// or there is no room: `pass()` goes on.
    bool pass_words();
    /// Passes on what has arrived, and shows it together.
    asio::awaitable<void> pass();
    /// How the answer ended; null while it has not.
    [[nodiscard]] std::unique_ptr<Outcome<llm::FinishReason>>& ended() { return ended_; }
    /// From the question to the first text or reasoning.
    [[nodiscard]] std::optional<std::chrono::milliseconds> first_token() const { return first_; }

private:
    std::optional<Outcome<llm::Event>> take();
    bool write_now(Outcome<llm::Event> const& event);
    asio::awaitable<Passed> pass_other(Outcome<llm::Event> event);
    asio::awaitable<Result<void>> end_thinking();
    void note_first();

    llm::CompletionStream& stream_;
    std::string_view model_;
    steady_clock::time_point asked_;
    TurnSink& sink_;
    Thinking thinking_;
    std::optional<std::chrono::milliseconds> first_;
    std::unique_ptr<Outcome<llm::Event>> left_;  // of `pass_words()` for `pass()`
    std::unique_ptr<Outcome<llm::FinishReason>> ended_;
};

// One wait for words is as long as all others together: no coroutine is made for them (decision 0013).
bool Relay::pass_words() {
    while (auto event = stream_.ready()) {
        if (write_now(*event)) continue;
        left_ = std::make_unique<Outcome<llm::Event>>(std::move(*event));
        return false;
    }
    sink_.show();
    return true;
}

/// False when nothing was written.
bool Relay::write_now(Outcome<llm::Event> const& event) {
    auto const* text = event ? std::get_if<llm::TextDelta>(&*event) : nullptr;
    auto const* reasoning = event ? std::get_if<llm::ReasoningDelta>(&*event) : nullptr;
    if (!reasoning && (!text || thinking_.goes_on())) return false;
    note_first();
    if (reasoning) thinking_.reasoned(steady_clock::now());
    auto const sent = text ? sink_.text_now(text->text) : sink_.reasoning_now(reasoning->text);
    return sent && *sent;
}

std::optional<Outcome<llm::Event>> Relay::take() {
    if (!left_) return stream_.ready();
    return std::move(*std::exchange(left_, nullptr));
}

asio::awaitable<void> Relay::pass() {
    auto const end = [this](Outcome<llm::FinishReason> how) {
        ended_ = std::make_unique<Outcome<llm::FinishReason>>(std::move(how));
    };
    while (auto event = take()) {
        auto const* text = *event ? std::get_if<llm::TextDelta>(&**event) : nullptr;
        auto const* reasoning = *event ? std::get_if<llm::ReasoningDelta>(&**event) : nullptr;
        if (text || reasoning) {
            note_first();
            if (reasoning) {
                thinking_.reasoned(steady_clock::now());
            } else if (thinking_.goes_on()) {
                auto const told = co_await end_thinking();
                if (!told) co_return end(cancelled());
            }
            auto const sent =
                text ? co_await sink_.text(text->text) : co_await sink_.reasoning(reasoning->text);
            if (!sent) co_return end(cancelled());
            continue;
        }
        auto ended = co_await pass_other(std::move(*event));
        if (!ended) continue;
        // How the answer ended counts, whether or not this could still be written.
        static_cast<void>(co_await end_thinking());
        end(std::move(*ended));
        break;
    }
    sink_.show();  // storing the end may take long
}

/// Writes an event that is no text, or ends.
asio::awaitable<Passed> Relay::pass_other(Outcome<llm::Event> event) {
    if (!event) {
        if (event.error().provider_request_id.empty())
            event.error().provider_request_id = stream_.provider_request_id();
        co_return std::unexpected(std::move(event.error()));
    }
    Result<void> sent;
    if (auto const* usage = std::get_if<llm::Usage>(&*event)) {
        sent = co_await sink_.usage(*usage);
    } else if (auto const* replay = std::get_if<llm::Replay>(&*event)) {
        sent = co_await sink_.step(replay_step(model_, replay->payload));
    } else if (auto const* call = std::get_if<llm::ToolCall>(&*event)) {
        // Kept for the reader to see; nothing is run.
        json::object const step{
            {"id", call->id},
            {"kind", "tool"},
            {"name", call->name},
            {"state", "failed"},
            {"detail", {{"arguments", call->arguments}, {"reason", "no_such_tool"}}}};
        sent = co_await sink_.step(json::serialize(step));
    } else if (auto const* finished = std::get_if<llm::Finished>(&*event)) {
        co_return finished->reason;
    }
    if (!sent) co_return cancelled();
    co_return std::nullopt;
}

/// Says how long the model thought, once that is over.
asio::awaitable<Result<void>> Relay::end_thinking() {
    auto step = thinking_.end(steady_clock::now());
    if (!step) co_return Result<void>{};
    co_return co_await sink_.step(std::move(*step));
}

void Relay::note_first() {
    if (first_) return;
    first_ = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - asked_);
}

/// A step of the machinery that is over as soon as it is told.
std::string step_done(std::string_view id, std::string_view name, json::object detail) {
    return json::serialize(json::object{{"id", id},
                                        {"kind", "model"},
                                        {"name", name},
                                        {"state", "done"},
                                        {"detail", std::move(detail)}});
}

/// What of the conversation the model does not get, for the reader to see.
std::vector<std::string> steps_of(BuiltPrompt const& built) {
    std::vector<std::string> steps;
    if (built.dropped > 0) {
        steps.push_back(step_done("history", "history_cut", {{"dropped", built.dropped}}));
    }
    if (!built.named_files.empty()) {
        json::array files(built.named_files.begin(), built.named_files.end());
        steps.push_back(step_done("files", "files_named", {{"files", std::move(files)}}));
    }
    return steps;
}

}  // namespace

asio::awaitable<Outcome<ModelResponder::Answering>> ModelResponder::begin(TurnContext const& turn,
                                                                          TurnSink& sink) {
    auto model = catalogue_.find(turn.model);
    if (!model)
        co_return std::unexpected(
            llm::make_failure(FailureClass::not_found, model.error().message, "no_model"));
    auto const fail_as = [&](Failure failure) {
        failure.provider = model->provider_name;
        return std::unexpected(std::move(failure));
    };

    auto const prompts = prompts_.get();
    auto built = co_await prompts->build(turn, model->info);
    if (!built)
        co_return fail_as(
            llm::make_failure(FailureClass::model_error, built.error().message, "history"));
    for (auto& step : steps_of(*built)) {
        if (!co_await sink.step(std::move(step))) co_return cancelled();
    }
    if (co_await stop_requested()) co_return cancelled();

    AskingAgain watcher(sink, model->provider_name);
    llm::CompletionRequest request{model->info.id, std::move(built->prompt),
                                   turn.settings.parameters, &watcher};
    auto const asked = std::chrono::steady_clock::now();
    auto stream = co_await model->provider->start(std::move(request));
    auto const told = co_await watcher.end(
        stream ? AskingAgain::Ending::answers : AskingAgain::Ending::failed);
    if (!stream) {
        catalogue_.report(model->provider_name, {.first_token = {}, .failure = &stream.error()});
        co_return fail_as(std::move(stream.error()));
    }
    if (!told) co_return cancelled();
    co_return Answering{std::move(model->id), std::move(model->provider_name),
                        std::move(model->provider), std::move(*stream), asked};
}

asio::awaitable<Outcome<llm::FinishReason>> ModelResponder::respond(TurnContext const& turn,
                                                                    TurnSink& sink) {
    // Little is held while the model writes: what the beginning needed is gone with begin().
    auto answering = co_await begin(turn, sink);
    if (!answering) co_return std::unexpected(std::move(answering.error()));
    auto& stream = *answering->stream;
    Relay relay(stream, answering->model, answering->asked, sink);
    for (;;) {
        if (!relay.pass_words()) co_await relay.pass();
        if (relay.ended()) break;
        co_await stream.arrive();
    }
    auto& ended = relay.ended();
    llm::CallEnd const end{relay.first_token(), *ended ? nullptr : &ended->error()};
    catalogue_.report(answering->provider_name, end);
    if (!*ended) ended->error().provider = std::move(answering->provider_name);
    co_return std::move(*ended);
}

}  // namespace kaiwa::chat
