#include "chat/turn_run.hpp"

#include "base/json.hpp"
#include "base/utf8.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace kaiwa::chat {
namespace {

/// Turns what a responder writes into numbered events.
class LogSink final : public TurnSink {
public:
    LogSink(std::shared_ptr<LiveTurn> turn, std::shared_ptr<TurnSaver> saver,
            TurnOptions const& options)
        : turn_(std::move(turn)), saver_(std::move(saver)), options_(options) {}

    asio::awaitable<Result<void>> text(std::string_view delta) override {
        return append_delta(EventType::text, delta);
    }
    asio::awaitable<Result<void>> reasoning(std::string_view delta) override {
        return append_delta(EventType::reasoning, delta);
    }
    std::optional<Result<void>> text_now(std::string_view delta) override {
        return has_room() ? std::optional(write_delta(EventType::text, delta)) : std::nullopt;
    }
    std::optional<Result<void>> reasoning_now(std::string_view delta) override {
        return has_room() ? std::optional(write_delta(EventType::reasoning, delta)) : std::nullopt;
    }
    void show() override { turn_->log.publish(turn_->loop); }
    asio::awaitable<Result<void>> step(std::string data) override {
        return append(EventType::step, std::move(data), &turn_->steps);
    }
    asio::awaitable<Result<void>> citation(std::string data) override {
        return append(EventType::citation, std::move(data), &turn_->citations);
    }
    asio::awaitable<Result<void>> usage(llm::Usage usage) override {
        turn_->usage = usage;
        turn_->has_usage = true;
        auto data = fmt::format(R"({{"input_tokens":{},"output_tokens":{})", usage.input_tokens,
                                usage.output_tokens);
        if (usage.cached_tokens)
            data += fmt::format(R"(,"cached_tokens":{})", *usage.cached_tokens);
        if (usage.reasoning_tokens)
            data += fmt::format(R"(,"reasoning_tokens":{})", *usage.reasoning_tokens);
        data += '}';
        return append(EventType::usage, std::move(data));
    }
    /// What is not written is not `listed` either: a message has what its readers were sent.
    asio::awaitable<Result<void>> append(EventType type, std::string data,
                                         ItemList* listed = nullptr) {
        if (!has_room() && !co_await saver_->wait_for_room(turn_)) co_return over();
        if (!count_frame(data.size())) co_return over();
        if (listed) put(*listed, data);
        last_ = turn_->log.append(type, data);
        saver_->appended(*turn_, data.size() + frame_overhead);
        show();
        co_return Result<void>{};
    }

private:
    // "id: 1\nevent: text\ndata: \n\n"
    static constexpr std::size_t frame_overhead = 32;

    void put(ItemList& items, std::string_view data) {
        std::lock_guard const lock(turn_->details_mutex);
        if (!items.put(data))
            throw std::invalid_argument("a step or citation must be a JSON object");
    }

    static std::unexpected<Error> over() { return fail(Errc::cancelled, "the turn is over"); }

    [[nodiscard]] bool has_room() const {
        return turn_->stop_reason == StopReason::none && last_ < turn_->sendable;
    }

    /// False, and the turn is being stopped, when the frames are more than may be held.
    bool count_frame(std::size_t data_bytes) {
        frame_bytes_ += data_bytes + frame_overhead;
        if (frame_bytes_ <= options_.max_frame_bytes()) return true;
        turn_->stop(StopReason::too_long);
        return false;
    }

    asio::awaitable<Result<void>> append_delta(EventType type, std::string_view delta) {
        if (!has_room() && !co_await saver_->wait_for_room(turn_)) co_return over();
        co_return write_delta(type, delta);
    }

    Result<void> write_delta(EventType type, std::string_view delta) {
        if (delta.empty()) return {};
        answer_bytes_ += delta.size();
        if (answer_bytes_ > options_.max_answer_bytes) {
            turn_->stop(StopReason::too_long);
            return over();
        }
        if (!count_frame(delta.size())) return over();
        if (!turn_->first_delta) turn_->first_delta = std::chrono::steady_clock::now();
        last_ = turn_->log.append_delta(type, delta);
        saver_->appended(*turn_, delta.size() + frame_overhead);
        return {};
    }

    std::shared_ptr<LiveTurn> turn_;
    std::shared_ptr<TurnSaver> saver_;
    TurnOptions const& options_;
    std::uint64_t last_ = 0;        // the number of the last event
    std::size_t answer_bytes_ = 0;  // of text and reasoning
    std::size_t frame_bytes_ = 0;   // of all events
};

struct Terminal {
    EventType type = EventType::done;
    std::string data;
    GenerationState state = GenerationState::done;
    std::optional<std::string> finish;
    std::optional<ProblemJson> error;
};

std::string_view finish_name(llm::FinishReason reason) {
    switch (reason) {
        case llm::FinishReason::length:
            return "length";
        case llm::FinishReason::filtered:
            return "filtered";
        case llm::FinishReason::stop:
        case llm::FinishReason::tool:
            return "stop";
    }
    return "stop";
}

Terminal done(std::string_view finish) {
    return {EventType::done,
            fmt::format(R"({{"finish":"{}"}})", finish),
            GenerationState::done,
            std::string(finish),
            {}};
}

bool is_retryable(llm::FailureClass kind) {
    using enum llm::FailureClass;
    return kind != auth && kind != not_found && kind != quota && kind != context_length;
}

/// The words of a failure come from outside; a frame that is not UTF-8 would break off every reader
/// that a browser is (RFC 6455, 8.1).
Terminal failed(llm::Failure const& failure, GenerationId id) {
    json::object problem{{"type", "about:blank"},
                         {"title", "The model could not answer"},
                         {"status", 502},
                         {"detail", replace_invalid_utf8(failure.message)},
                         {"code", "model_failed"},
                         {"request_id", id.text()},
                         {"class", llm::to_string(failure.kind)},
                         {"retryable", is_retryable(failure.kind)},
                         {"provider", replace_invalid_utf8(failure.provider)}};
    if (!failure.reason.empty()) problem["reason"] = failure.reason;
    if (!failure.provider_request_id.empty())
        problem["provider_request_id"] = replace_invalid_utf8(failure.provider_request_id);
    auto text = json::serialize(problem);
    return {EventType::failed, text, GenerationState::failed, {}, text};
}

Terminal interrupted(std::string_view reason, LiveTurn const& turn) {
    auto data = fmt::format(R"({{"reason":"{}","length":{}}})", reason, turn.log.text().size());
    return {EventType::interrupted, std::move(data), GenerationState::interrupted, {}, {}};
}

std::chrono::milliseconds since_begun(LiveTurn const& turn, SteadyTime time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time - turn.begun);
}

TurnReport report_of(LiveTurn const& turn, Terminal const& terminal,
                     llm::Outcome<llm::FinishReason> const& outcome) {
    TurnReport report;
    report.generation = turn.generation;
    report.thread = turn.turn.thread;
    report.who = turn.turn.who.id;
    report.model = turn.turn.model;
    report.state = terminal.state;
    report.finish = terminal.finish.value_or(std::string());
    if (terminal.state == GenerationState::failed) {
        report.failure = outcome.error().kind;
        report.failure_for_operator = outcome.error().for_operator;
    }
    if (turn.first_delta) report.first_token = since_begun(turn, *turn.first_delta);
    report.total = since_begun(turn, std::chrono::steady_clock::now());
    if (turn.has_usage) report.usage = turn.usage;
    return report;
}

llm::Failure stopped() {
    return llm::make_failure(llm::FailureClass::cancelled, "the turn is over");
}

llm::Failure internal_failure() {
    return llm::make_failure(llm::FailureClass::model_error,
                             "an internal error stopped this answer", "internal");
}

Terminal how_it_ended(LiveTurn const& turn, llm::Outcome<llm::FinishReason> const& outcome) {
    // What was whole before the stop arrived is done, whoever asked for the stop.
    if (outcome) return done(finish_name(*outcome));
    switch (turn.stop_reason) {
        case StopReason::person:
            return {EventType::stopped, "{}", GenerationState::stopped, {}, {}};
        case StopReason::too_long:
            return done("length");
        case StopReason::shutdown:
            return interrupted("shutdown", turn);
        case StopReason::deadline:
            return interrupted("deadline", turn);
        case StopReason::lease_lost:
        case StopReason::none:
            break;
    }
    return failed(outcome.error(), turn.generation);
}

/// The `started` event's data.
std::string started_json(LiveTurn const& turn) {
    std::string started =
        fmt::format(R"({{"generation":"{}","message":"{}","reply":"{}","model":)",
                    turn.generation.text(), turn.turn.question.text(), turn.turn.reply.text());
    append_json_string(started, turn.turn.model);
    started += '}';
    return started;
}

/// What stands in front of the answer: how it began, the thread's new title, and the text that is
/// carried on.
asio::awaitable<Result<void>> write_beginning(LiveTurn const& turn, LogSink& sink,
                                              std::string new_title) {
    co_await sink.append(EventType::started, started_json(turn));
    if (!new_title.empty()) {
        std::string data = "{\"title\":";
        append_json_string(data, new_title);
        data += '}';
        auto const written = co_await sink.append(EventType::title, std::move(data));
        if (!written) co_return written;
    }
    auto const written = co_await sink.text(turn.turn.continued_text);
    sink.show();
    co_return written;
}

/// Stores how the turn ended, then shows it.
asio::awaitable<TurnEnd> end_turn(std::shared_ptr<LiveTurn> turn, TurnSaver& saver,
                                  llm::Outcome<llm::FinishReason> const& outcome) {
    auto terminal = how_it_ended(*turn, outcome);
    Ending ending{.last_segment = {},
                  .state = terminal.state,
                  .text = turn->log.text(),
                  .reasoning = turn->log.reasoning(),
                  .finish = terminal.finish,
                  .error = terminal.error,
                  .usage = std::nullopt,
                  .steps_json = turn->steps.json(),
                  .citations_json = turn->citations.json()};
    if (turn->has_usage) ending.usage = turn->usage;
    auto const stored =
        co_await saver.finish(turn, terminal.type, terminal.data, std::move(ending));
    if (!stored) {
        turn->log.abandon();
        co_return TurnEnd::lost;
    }
    turn->report = std::make_unique<TurnReport const>(report_of(*turn, terminal, outcome));
    turn->log.end(terminal.type, terminal.data);
    co_return TurnEnd::stored;
}

}  // namespace

asio::awaitable<TurnEnd> run_turn(std::shared_ptr<LiveTurn> turn, std::shared_ptr<TurnSaver> saver,
                                  Responder& responder, TurnOptions const& options,
                                  std::string new_title) {
    LogSink sink(turn, saver, options);
    llm::Outcome<llm::FinishReason> outcome = std::unexpected(stopped());
    try {
        auto const begun = co_await write_beginning(*turn, sink, std::move(new_title));
        if (begun) outcome = co_await responder.respond(turn->turn, sink);
    } catch (std::exception const&) {
        // A bug of the responder's must not leave a turn that never ends.
        outcome = std::unexpected(internal_failure());
    }
    if (turn->stop_reason == StopReason::lease_lost) {
        turn->log.abandon();
        co_return TurnEnd::lost;
    }
    co_return co_await end_turn(turn, *saver, outcome);
}

}  // namespace kaiwa::chat
