#include "llm/catalogue_entries.hpp"

#include "llm/provider_config.hpp"

#include <utility>

namespace kaiwa::llm {
namespace {

using SteadyClock = std::chrono::steady_clock;
using State = ProviderStatus::State;

constexpr std::chrono::seconds first_back_off{5};
constexpr std::chrono::seconds longest_back_off{300};

State state_after(Failure const& failure) {
    return failure.kind == FailureClass::auth ? State::denied : State::unreachable;
}

}  // namespace

Catalogue::Impl::Entry::Entry(ProviderConfig c, std::shared_ptr<ChatModel> m,
                              std::shared_ptr<Activity> a)
    : config(std::move(c)),
      model(std::move(m)),
      models(offered(config, {})),
      activity(std::move(a)) {}

std::shared_ptr<Catalogue::Impl::Entry> Catalogue::Impl::entry_named(std::string_view name) const {
    auto const found =
        std::ranges::find(entries, name, [](auto& e) { return std::string_view(e->config.name); });
    return found == entries.end() ? nullptr : *found;
}

Catalogue::Impl::Entries Catalogue::Impl::claim(Entries const& wanted) {
    Entries claimed;
    std::lock_guard const lock(mutex);
    for (auto const& entry : wanted) {
        if (!std::exchange(entry->asking, true)) claimed.push_back(entry);
    }
    return claimed;
}

void Catalogue::Impl::start_asking(asio::any_io_executor const& loop, Entries const& wanted) {
    for (auto& entry : claim(wanted)) {
        auto on_end = [self = shared_from_this(), entry](std::exception_ptr escaped) {
            if (escaped) self->learn_bug(*entry);
        };
        spawn(loop, {}, ask(shared_from_this(), entry), std::move(on_end));
    }
}

asio::awaitable<void> Catalogue::Impl::ask(std::shared_ptr<Impl> self,
                                           std::shared_ptr<Entry> entry) {
    auto const began = SteadyClock::now();
    auto listed = co_await entry->model->list();
    self->learn(*entry, std::move(listed),
                std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - began));
}

asio::awaitable<void> Catalogue::Impl::ask_or_learn_bug(std::shared_ptr<Impl> self,
                                                        std::shared_ptr<Entry> entry) {
    std::exception_ptr escaped;
    try {
        co_await ask(self, entry);
    } catch (...) {
        escaped = std::current_exception();
    }
    if (!escaped) co_return;
    self->learn_bug(*entry);
    std::rethrow_exception(escaped);
}

void Catalogue::Impl::learn(Entry& entry, Outcome<std::vector<ModelInfo>> listed,
                            std::chrono::milliseconds latency) {
    listed = forgive_missing_list(entry.config, std::move(listed));
    auto const now = clock.now();
    auto changed_state = false;
    std::string reason;
    auto const notice = listed ? entry.model->notice() : std::nullopt;
    {
        std::lock_guard const lock(mutex);
        auto const before = entry.state;
        entry.asking = false;
        entry.checked_at = now;
        if (listed) {
            entry.models = offered(entry.config, *listed);
            entry.state = State::ready;
            auto const words = notice ? words_for_operator(*notice) : std::string();
            changed_state = entry.reason_for_operator != words;
            entry.reason = notice ? notice->message : std::string();
            entry.reason_for_operator = words;
            entry.reason_class.reset();
            entry.latency = latency;
            entry.failures = 0;
            entry.due = SteadyClock::now() + refresh_interval;
            entry.due_by_clock = now + refresh_interval;
        } else {
            entry.state = state_after(listed.error());
            entry.reason = listed.error().message;
            entry.reason_for_operator = entry.last_error = words_for_operator(listed.error());
            entry.reason_class = entry.last_error_class = listed.error().kind;
            entry.latency.reset();
            auto const pause = std::min<std::chrono::seconds>(
                first_back_off * (1 << std::min(entry.failures, 10u)), longest_back_off);
            ++entry.failures;
            entry.due = SteadyClock::now() + pause;
            entry.due_by_clock = now + pause;
        }
        changed_state = changed_state || before != entry.state;
        reason = entry.reason_for_operator;
    }
    if (changed_state && !reason.empty()) {
        log.warning(listed ? "provider_notice" : "provider_not_ready",
                    {{"provider", entry.config.name}, {"reason", reason}});
    } else if (changed_state) {
        log.info("provider_ready", {{"provider", entry.config.name}});
    }
    changed.notify_all();
}

void Catalogue::Impl::learn_bug(Entry& entry) {
    auto failure =
        make_failure(FailureClass::model_error, "listing the models failed inside kaiwa");
    learn(entry, std::unexpected(std::move(failure)), {});
}

asio::awaitable<void> Catalogue::Impl::wait_until_answered(Entries wanted, SteadyTime deadline) {
    auto const loop = co_await asio::this_coro::executor;
    std::unique_lock lock(mutex);
    while (std::ranges::any_of(wanted, [](auto& entry) { return entry->asking; })) {
        auto waiter = changed.prepare(loop);
        lock.unlock();
        if (!co_await waiter->wait_until(deadline)) co_return;
        lock.lock();
    }
}

}  // namespace kaiwa::llm
