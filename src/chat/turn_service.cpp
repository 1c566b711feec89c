#include "chat/turn_service.hpp"

#include "chat/handover.hpp"
#include "chat/live_reader.hpp"
#include "chat/live_turns.hpp"
#include "chat/request_digest.hpp"
#include "chat/thinking.hpp"
#include "chat/turn_run.hpp"
#include "chat/turn_saver.hpp"

#include <algorithm>

namespace kaiwa::chat {
namespace {

using namespace std::chrono_literals;

constexpr auto shutdown_patience = 5s;

}  // namespace

struct TurnService::Impl : std::enable_shared_from_this<TurnService::Impl> {
    struct Loop {
        asio::any_io_executor executor;
        std::shared_ptr<TurnSaver> saver;
    };

    Impl(Services s, TurnOptions o, std::vector<asio::any_io_executor> const& executors)
        : services(std::move(s)), options(o), live(o.turns_per_user) {
        for (auto const& executor : executors)
            loops.push_back({executor, std::make_shared<TurnSaver>(services.store, options,
                                                                   services.log, executor)});
    }

    Services services;
    TurnOptions options;
    std::vector<Loop> loops;
    std::atomic<bool> leaving = false;
    LiveTurns live;

    std::shared_ptr<TurnSaver> saver_of(asio::any_io_executor const& executor) const {
        auto const found = std::ranges::find(loops, executor, &Loop::executor);
        if (found == loops.end()) throw std::logic_error("a turn was started on a foreign loop");
        return found->saver;
    }

    asio::awaitable<void> announce(Principal who, ThreadId id) {
        if (!services.notices.has_subscribers(who.id)) co_return;
        auto thread = co_await services.store.thread(who, id);
        if (thread) services.notices.publish(who.id, ThreadChanged{std::move(*thread)});
    }

    /// Its prompt's history is what the next turn's begins with.
    void remember(LiveTurn& turn) const {
        auto& asked = turn.turn.asked;
        if (!asked || !only_thinking(turn.steps.json())) return;
        RecentBranches::Line question{MessageRole::user, std::move(asked->text)};
        RecentBranches::Line answer{MessageRole::assistant, turn.log.text()};
        services.recent.extend(turn.turn.thread, asked->parent, std::move(question),
                               turn.turn.reply, std::move(answer));
    }

    asio::awaitable<void> run(std::shared_ptr<LiveTurn> turn, std::string new_title) {
        auto const saver = saver_of(turn->loop);
        saver->add(turn);
        co_await announce(turn->turn.who, turn->turn.thread);
        auto const ended =
            co_await run_turn(turn, saver, services.responder, options, std::move(new_title));
        if (ended == TurnEnd::stored) remember(*turn);
        saver->remove(turn);
        if (turn->report && services.report) services.report(*turn->report);
        live.dismiss(*turn);
        co_await announce(turn->turn.who, turn->turn.thread);
    }

    void start(std::shared_ptr<LiveTurn> turn, std::string new_title) {
        turn->started = true;
        auto on_end = [self = shared_from_this(), turn](std::exception_ptr error) {
            if (!error) return;
            self->services.log.error("a turn failed with an exception",
                                     {{"generation", turn->generation.text()}});
            turn->log.abandon();
            self->saver_of(turn->loop)->remove(turn);
            self->live.dismiss(*turn);
        };
        auto& cancel = turn->cancel;
        auto const loop = turn->loop;
        spawn(loop, cancel.slot(), run(std::move(turn), std::move(new_title)), std::move(on_end));
    }

    /// Asked for only where it may be needed: it looks through the catalogue.
    std::string default_model_for(SettingsChange const& change) const {
        return change.model ? std::string() : services.default_model();
    }

    [[nodiscard]] bool hands_over(RunPlace place) const {
        return place == RunPlace::anywhere && services.hand_over;
    }

    /// The place of a turn that was admitted: given back unless its run began.
    class Place {
    public:
        Place(Impl& impl, std::shared_ptr<LiveTurn> turn) : impl_(impl), turn_(std::move(turn)) {}
        ~Place() {
            if (!turn_->started) impl_.live.dismiss(*turn_);
        }
        Place(Place const&) = delete;
        Place& operator=(Place const&) = delete;

    private:
        Impl& impl_;
        std::shared_ptr<LiveTurn> turn_;
    };

    /// What tells a repeat from a new request.
    struct Key {
        MessageId id;
        std::string digest;
    };
    using NamedModel = std::optional<std::string>;

    asio::awaitable<Result<void>> check_model(NamedModel model) {
        if (!model || !services.knows_model) co_return Result<void>{};
        bool const known = co_await services.knows_model(std::move(*model));
        if (known) co_return Result<void>{};
        co_return fail(Errc::invalid_argument,
                       "no provider here has the model; GET /api/models lists those that there are",
                       "unknown_model");
    }

    /// A repeat takes no place and needs no model: it is answered all the same, and so is what
    /// contradicts a turn that is there, or asks for a thread that is not.
    asio::awaitable<Result<TurnTicket>> repeat_or(Error refusal, LiveTurn const& turn, Key key) {
        auto known = co_await services.store.find_ticket(turn.turn.who, turn.turn.thread, key.id,
                                                         std::move(key.digest));
        if (!known) co_return std::unexpected(std::move(known.error()));
        if (*known) co_return std::move(**known);
        co_return std::unexpected(std::move(refusal));
    }

    asio::awaitable<Result<TurnTicket>> begin(std::shared_ptr<LiveTurn> turn, Key key,
                                              NamedModel model,
                                              asio::awaitable<Result<TurnTicket>> stored,
                                              RunPlace place, std::string title) {
        auto admitted = co_await check_model(std::move(model));
        if (admitted) admitted = live.admit(turn);
        if (!admitted)
            co_return co_await repeat_or(std::move(admitted.error()), *turn, std::move(key));
        Place const place_taken(*this, turn);
        auto ticket = co_await std::move(stored);
        if (!ticket || ticket->outcome == TurnTicket::Outcome::repeated) co_return ticket;
        turn->epoch = ticket->epoch;
        turn->turn.settings = ticket->settings;
        turn->turn.model = *ticket->settings.model;
        if (turn->turn.asked) turn->turn.asked->parent = ticket->parent;
        if (!ticket->titled) title.clear();
        co_await start_stored(std::move(turn), place, std::move(title));
        co_return ticket;
    }

    /// Starts a turn that was stored: elsewhere when it may and can, else here. Whoever runs a turn
    /// that was handed over has claimed it, so it runs once even where the outcome of handing it
    /// over is not known.
    asio::awaitable<void> start_stored(std::shared_ptr<LiveTurn> turn, RunPlace place,
                                       std::string new_title) {
        if (!hands_over(place)) {
            start(std::move(turn), std::move(new_title));
            co_return;
        }
        auto const handed = co_await services.hand_over(turn->generation);
        if (handed) co_return;
        services.log.warning("turn_not_handed_over", {{"generation", turn->generation.text()},
                                                      {"reason", handed.error().message}});
        auto const claimed = co_await services.store.claim(turn->generation);
        if (!claimed) co_return;
        turn->epoch = claimed->epoch;
        start(std::move(turn), std::move(new_title));
    }
};

TurnService::TurnService(Services services, TurnOptions options,
                         std::vector<asio::any_io_executor> loops)
    : impl_(std::make_shared<Impl>(std::move(services), options, loops)) {}

TurnService::~TurnService() = default;

asio::awaitable<Result<TurnTicket>> TurnService::ask(Principal who, ThreadId thread,
                                                     Question question, RunPlace place) {
    auto const impl = impl_;
    auto& services = impl->services;
    auto digest = digest_of(question);
    Impl::NamedModel named;
    if (question.model_choice == Question::ModelChoice::of_request) named = question.settings.model;
    auto title = make_title(question.text);
    if (title.empty() && !question.files.empty()) {
        auto file = co_await services.store.file(who, question.files.front());
        if (file) title = make_title(file->name);
    }
    NewTurn wanted{.question = question.id,
                   .parent = question.parent,
                   .text = std::move(question.text),
                   .files = std::move(question.files),
                   .reply = MessageId{make_uuid7(services.clock, services.random)},
                   .generation = GenerationId{make_uuid7(services.clock, services.random)},
                   .default_model = impl->default_model_for(question.settings),
                   .settings = std::move(question.settings),
                   .title = title,
                   .request_digest = std::move(digest)};
    if (impl->hands_over(place)) {
        wanted.handover =
            to_text(Handover{who, thread, wanted.question, wanted.reply, std::nullopt, title,
                             question.remembered, std::move(question.history_id)});
        if (wanted.handover.size() > max_handover_bytes) {
            wanted.handover.clear();
            place = RunPlace::here;
        }
    }
    TurnContext context{who, thread, wanted.question, wanted.reply, {}, {}, {}};
    if (wanted.files.empty()) context.asked = TurnContext::Asked{wanted.text, {}};
    if (context.asked) context.remembered = std::move(question.remembered);
    auto const loop = co_await asio::this_coro::executor;
    auto turn = std::make_shared<LiveTurn>(loop, std::move(context), wanted.generation);
    turn->guard = std::move(question.guard);
    Impl::Key key{wanted.question, wanted.request_digest};
    auto stored = services.store.begin_turn(who, thread, std::move(wanted));
    co_return co_await impl->begin(std::move(turn), std::move(key), std::move(named),
                                   std::move(stored), place, title);
}

asio::awaitable<Result<void>> TurnService::check_model(std::string model) {
    return impl_->check_model(std::move(model));
}

asio::awaitable<Result<TurnTicket>> TurnService::reply_again(Principal who, ThreadId thread,
                                                             ReplyRequest request,
                                                             RunPlace place) {
    auto const impl = impl_;
    auto& services = impl->services;
    auto const old = co_await services.store.message(who, thread, request.message);
    if (!old) co_return std::unexpected(old.error());
    if (old->role != MessageRole::assistant)
        co_return fail(Errc::not_found, "there is no such answer in this thread");
    bool const carry_on = request.kind == ReplyRequest::Kind::carry_on;
    if (carry_on && old->state == MessageState::pending)
        co_return fail(Errc::conflict, "the answer is still being written");

    NewReply wanted{.message = request.message,
                    .reply = request.reply,
                    .generation = GenerationId{make_uuid7(services.clock, services.random)},
                    .default_model = impl->default_model_for(request.settings),
                    .settings = request.settings,
                    .request_digest = digest_of(request)};
    auto const question = old->parent.value_or(request.message);
    if (impl->hands_over(place))
        wanted.handover =
            to_text(Handover{who, thread, question, request.reply,
                             carry_on ? std::optional(request.message) : std::nullopt, {}, {}, {}});
    TurnContext context{who, thread, question, request.reply, {}, {},
                        carry_on ? old->text : std::string()};
    auto const loop = co_await asio::this_coro::executor;
    auto turn = std::make_shared<LiveTurn>(loop, std::move(context), wanted.generation);
    Impl::Key key{wanted.reply, wanted.request_digest};
    auto stored = services.store.begin_reply(who, thread, std::move(wanted));
    co_return co_await impl->begin(std::move(turn), std::move(key),
                                   std::move(request.settings.model), std::move(stored), place, {});
}

asio::awaitable<Result<Handover>> TurnService::run_claimed(GenerationId id) {
    auto const impl = impl_;
    auto& store = impl->services.store;
    auto claimed = co_await store.claim(id);
    if (!claimed) co_return std::unexpected(claimed.error());
    auto handover = parse_handover(claimed->handover);
    if (!handover) co_return std::unexpected(handover.error());
    auto const& who = handover->who;
    auto const thread = co_await store.thread(who, handover->thread);
    if (!thread) co_return std::unexpected(thread.error());
    auto const reply = co_await store.message(who, handover->thread, handover->reply);
    if (!reply) co_return std::unexpected(reply.error());
    auto settings = thread->settings;
    settings.model = reply->model;
    std::string continued;
    if (handover->continued) {
        auto old = co_await store.message(who, handover->thread, *handover->continued);
        if (!old) co_return std::unexpected(old.error());
        continued = std::move(old->text);
    }
    TurnContext context{who, handover->thread, handover->question, handover->reply,
                        reply->model.value_or(std::string()), std::move(settings),
                        std::move(continued)};
    if (handover->remembered) {
        auto question = co_await store.message(who, handover->thread, handover->question);
        if (!question) co_return std::unexpected(question.error());
        if (question->files.empty()) {
            context.asked = TurnContext::Asked{std::move(question->text), question->parent};
            context.remembered = std::move(handover->remembered);
        }
    }
    auto const loop = co_await asio::this_coro::executor;
    auto turn = std::make_shared<LiveTurn>(loop, std::move(context), id);
    turn->epoch = claimed->epoch;
    if (auto admitted = impl->live.admit(turn); !admitted)
        co_return std::unexpected(std::move(admitted.error()));
    bool const titled = !handover->title.empty() && thread->title == handover->title;
    impl->start(std::move(turn), titled ? handover->title : std::string());
    while (impl->live.find(id)) co_await sleep_for(10ms);
    co_return std::move(*handover);
}

asio::awaitable<Result<std::unique_ptr<EventReader>>> TurnService::follow(Principal who,
                                                                          GenerationId id,
                                                                          std::uint64_t after) {
    auto const impl = impl_;
    auto& services = impl->services;
    StoreReader reader(services.store, services.clock, who, id, after, impl->leaving);
    if (auto turn = impl->live.find(id); turn && turn->turn.who.id == who.id)
        co_return std::make_unique<LiveReader>(std::move(turn), co_await asio::this_coro::executor,
                                               after, std::move(reader));
    // The store says whether it exists, whose it is and whether its events are still kept.
    auto const page = co_await services.store.read_log(who, id, after);
    if (!page) co_return std::unexpected(page.error());
    co_return std::make_unique<StoreReader>(std::move(reader));
}

asio::awaitable<Result<void>> TurnService::stop(Principal who, GenerationId id) {
    auto const impl = impl_;
    if (auto turn = impl->live.find(id); turn && turn->turn.who.id == who.id) {
        LiveTurns::post_stop(std::move(turn), StopReason::person);
        co_return Result<void>{};
    }
    co_return co_await impl->services.store.request_stop(who, id);
}

bool TurnService::freshen(Message& message) const {
    if (message.state != MessageState::pending || !message.generation) return false;
    auto const turn = impl_->live.find(*message.generation);
    if (!turn) return false;
    message.text = turn->log.text();
    message.reasoning = turn->log.reasoning();
    std::lock_guard const lock(turn->details_mutex);
    message.steps_json = turn->steps.json();
    message.citations_json = turn->citations.json();
    return true;
}

void TurnService::stop_thread(ThreadId thread) {
    impl_->live.stop_where([&](LiveTurn const& turn) { return turn.turn.thread == thread; },
                           StopReason::person);
}

void TurnService::stop_user(UserId user) {
    impl_->live.stop_where([&](LiveTurn const& turn) { return turn.turn.who.id == user; },
                           StopReason::person);
}

std::size_t TurnService::running() const {
    return impl_->live.count();
}

void TurnService::drain() {
    impl_->live.drain();
}

bool TurnService::draining() const {
    return impl_->live.draining();
}

asio::awaitable<void> TurnService::settle() {
    return impl_->live.wait_until_idle(std::chrono::hours(24));
}

asio::awaitable<void> TurnService::finish(std::chrono::milliseconds patience, Interruption why) {
    co_await impl_->live.wait_until_idle(patience);
    auto const reason =
        why == Interruption::deadline ? StopReason::deadline : StopReason::shutdown;
    impl_->live.stop_where([](LiveTurn const&) { return true; }, reason);
    co_await impl_->live.wait_until_idle(shutdown_patience);
}

void TurnService::leave() {
    impl_->leaving = true;
}

}  // namespace kaiwa::chat
