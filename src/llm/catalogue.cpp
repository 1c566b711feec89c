#include "llm/catalogue.hpp"

#include "base/task_group.hpp"
#include "base/utf8.hpp"
#include "llm/catalogue_entries.hpp"
#include "llm/patterns.hpp"
#include "llm/provider_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

namespace kaiwa::llm {
namespace {

using SteadyClock = std::chrono::steady_clock;
using State = ProviderStatus::State;

/// Providers have deadlines of their own; this one is for a provider that forgets them.
constexpr std::chrono::seconds longest_refresh{60};
constexpr std::chrono::seconds stop_patience{2};

ModelState model_state(State provider) {
    switch (provider) {
        case State::denied:
            return ModelState::denied;
        case State::unreachable:
            return ModelState::unreachable;
        default:
            return ModelState::ready;
    }
}

}  // namespace

Catalogue::Catalogue(MakeModel make, Clock const& clock, Log& log)
    : impl_(std::make_shared<Impl>(std::move(make), clock, log)) {}

Catalogue::~Catalogue() = default;

Result<void> Catalogue::set_providers(std::vector<ProviderConfig> providers) {
    Impl::Entries before;
    {
        std::lock_guard const lock(impl_->mutex);
        before = impl_->entries;
    }
    Impl::Entries after;
    std::set<std::string> names;
    for (auto& config : providers) {
        if (!is_provider_name(config.name)) {
            return fail(Errc::invalid_argument,
                        fmt::format("provider \"{}\": a name is 1 to 32 of a-z, 0-9 and \"-\", not "
                                    "beginning with \"-\"",
                                    config.name.substr(0, 64)));
        }
        if (!names.insert(config.name).second) {
            return fail(Errc::invalid_argument,
                        fmt::format("provider \"{}\" is named twice", config.name));
        }
        auto const kept = std::ranges::find_if(
            before, [&](auto& entry) { return same_config(entry->config, config); });
        if (kept != before.end()) {
            after.push_back(*kept);
            continue;
        }
        auto model = impl_->make(config);
        if (!model) {
            return fail(model.error().code,
                        fmt::format("provider \"{}\": {}", config.name, model.error().message));
        }
        auto const same_name = std::ranges::find_if(
            before, [&](auto& entry) { return entry->config.name == config.name; });
        auto activity =
            same_name == before.end() ? std::make_shared<Activity>() : (*same_name)->activity;
        after.push_back(std::make_shared<Impl::Entry>(std::move(config), std::move(*model),
                                                      std::move(activity)));
    }
    {
        std::lock_guard const lock(impl_->mutex);
        impl_->entries = std::move(after);
    }
    impl_->changed.notify_all();
    return {};
}

Result<ModelRef> Catalogue::find(std::string_view id) const {
    auto const slash = id.find('/');
    auto const missing = [&] {
        return fail(Errc::not_found, fmt::format("there is no model \"{}\"", utf8_prefix(id, 128)));
    };
    if (id.empty())
        return fail(Errc::not_found, "no model is ready, and none is named as the default");
    if (slash == id.npos || slash + 1 == id.size()) return missing();
    auto const name = id.substr(slash + 1);

    std::lock_guard const lock(impl_->mutex);
    auto const entry = impl_->entry_named(id.substr(0, slash));
    if (!entry || !matches_any(entry->config.models, name)) return missing();
    ModelRef ref;
    ref.provider = entry->model;
    ref.provider_name = entry->config.name;
    ref.id = std::string(id);
    ref.info.id = ref.info.name = std::string(name);
    auto const known =
        std::ranges::find(entry->models, name, [](auto& m) { return std::string_view(m.id); });
    if (known != entry->models.end()) ref.info = *known;
    return ref;
}

asio::awaitable<std::vector<CatalogueModel>> Catalogue::models(std::chrono::milliseconds patience) {
    auto const loop = co_await asio::this_coro::executor;
    auto const impl = impl_;
    auto unknown = impl->select([](auto const& entry) { return entry.state == State::unknown; });
    auto const now = impl->clock.now();
    auto const due = impl->select([now](auto const& entry) {
        return entry.state == State::unknown || now >= entry.due_by_clock;
    });
    impl->start_asking(loop, due);
    co_await impl->wait_until_answered(std::move(unknown), SteadyClock::now() + patience);
    co_return known_models();
}

asio::awaitable<void> Catalogue::settle(SteadyTime deadline) {
    auto const impl = impl_;
    auto asked = impl->select([](auto const& entry) { return entry.asking; });
    co_await impl->wait_until_answered(std::move(asked), deadline);
}

std::vector<CatalogueModel> Catalogue::known_models() const {
    std::vector<CatalogueModel> all;
    std::lock_guard const lock(impl_->mutex);
    for (auto const& entry : impl_->entries) {
        for (auto const& info : entry->models) {
            CatalogueModel model;
            model.id = entry->config.name + '/' + info.id;
            model.provider = entry->config.name;
            model.info = info;
            model.state = model_state(entry->state);
            model.reason = entry->reason;
            model.reason_class = entry->reason_class;
            all.push_back(std::move(model));
        }
    }
    return all;
}

std::vector<ProviderStatus> Catalogue::providers() const {
    std::vector<ProviderStatus> all;
    std::lock_guard const lock(impl_->mutex);
    for (auto const& entry : impl_->entries) {
        ProviderStatus status;
        status.config = entry->config;
        status.state = entry->state;
        status.reason = entry->reason_for_operator;
        status.reason_class = entry->reason_class;
        status.latency = entry->latency;
        status.model_count = entry->models.size();
        status.checked_at = entry->checked_at;
        status.last_error = entry->last_error;
        status.last_error_class = entry->last_error_class;
        all.push_back(std::move(status));
    }
    return all;
}

void Catalogue::report(std::string_view provider, CallEnd const& end) {
    auto const* failure = end.failure;
    std::lock_guard const lock(impl_->mutex);
    auto const entry = impl_->entry_named(provider);
    if (!entry) return;
    using Counted = Activity::Call::End;
    auto const counted = failure == nullptr                         ? Counted::answered
                         : failure->kind == FailureClass::cancelled ? Counted::stopped
                                                                    : Counted::failed;
    entry->activity->count(impl_->clock.now(), {end.first_token, counted});
    if (failure == nullptr) {
        if (entry->state == State::ready) return;
        entry->state = State::ready;
        entry->reason.clear();
        entry->reason_for_operator.clear();
        entry->reason_class.reset();
        entry->due = SteadyClock::now();  // its list of models is old or missing
    } else if (failure->kind != FailureClass::cancelled) {
        entry->last_error = words_for_operator(*failure);
        entry->last_error_class = failure->kind;
        bool const is_down = failure->kind == FailureClass::network;
        bool const is_refused = failure->kind == FailureClass::auth;
        if ((!is_down && !is_refused) || entry->state == State::unknown) return;
        if (is_down) {
            entry->state = State::unreachable;
            entry->reason = failure->message;
            entry->reason_for_operator = entry->last_error;
            entry->reason_class = failure->kind;
        }
        // One call may have been unlucky, or refused for its model alone: the provider is asked
        // soon, and says itself whether it refuses us.
        entry->due = std::min<SteadyTime>(entry->due, SteadyClock::now() + std::chrono::seconds(1));
    } else {
        return;
    }
    impl_->changed.notify_all();
}

Result<std::vector<ActivityPeriod>> Catalogue::activity(std::string_view provider,
                                                        std::chrono::minutes length,
                                                        std::size_t number) const {
    std::lock_guard const lock(impl_->mutex);
    auto const entry = impl_->entry_named(provider);
    if (!entry) return fail(Errc::not_found, "there is no such provider");
    return entry->activity->periods(impl_->clock.now(), length, number);
}

asio::awaitable<void> Catalogue::keep_fresh() {
    auto const loop = co_await asio::this_coro::executor;
    auto const impl = impl_;
    TaskGroup questions(loop, impl->log);
    for (;;) {
        bool const stopped = co_await stop_requested();
        if (stopped) break;
        auto const now = SteadyClock::now();
        auto const due = impl->select([&](auto const& entry) { return entry.due <= now; });
        for (auto& entry : impl->claim(due)) {
            questions.start("ask_provider", Impl::ask_or_learn_bug(impl, entry));
        }
        std::shared_ptr<Notifier::Waiter> waiter;
        auto next = now + refresh_interval;
        {
            std::lock_guard const lock(impl->mutex);
            waiter = impl->changed.prepare(loop);
            for (auto const& entry : impl->entries) {
                if (!entry->asking) next = std::min(next, entry->due);
            }
        }
        co_await waiter->wait_until(next);
    }
    questions.stop();
    co_await questions.join(stop_patience);
}

asio::awaitable<void> Catalogue::refresh() {
    auto const loop = co_await asio::this_coro::executor;
    auto const impl = impl_;
    auto all = impl->select([](auto const&) { return true; });
    impl->start_asking(loop, all);
    co_await impl->wait_until_answered(std::move(all), SteadyClock::now() + longest_refresh);
}

asio::awaitable<Outcome<Catalogue::TestResult>> Catalogue::test(ProviderConfig config) {
    auto model = impl_->make(config);
    if (!model) {
        co_return std::unexpected(make_failure(FailureClass::invalid, model.error().message));
    }
    auto const began = SteadyClock::now();
    auto listed = co_await (*model)->list();
    listed = forgive_missing_list(config, std::move(listed));
    if (!listed) co_return std::unexpected(std::move(listed.error()));
    TestResult result;
    result.latency =
        std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now() - began);
    result.models = offered(config, *listed);
    co_return result;
}

}  // namespace kaiwa::llm
