#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/wait.hpp"
#include "llm/catalogue.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::llm {

inline constexpr std::chrono::seconds refresh_interval{60};

/// What the catalogue knows of its providers, and how it asks them. Questions hold it: one to a
/// slow provider may outlive the catalogue.
struct Catalogue::Impl : std::enable_shared_from_this<Impl> {
    using State = ProviderStatus::State;

    struct Entry {
        Entry(ProviderConfig c, std::shared_ptr<ChatModel> m, std::shared_ptr<Activity> a);

        ProviderConfig const config;
        std::shared_ptr<ChatModel> const model;
        // Under Impl::mutex:
        std::vector<ModelInfo> models;
        std::shared_ptr<Activity> const activity;  // shared with what it was before a change
        State state = State::unknown;
        std::string reason;  // for everybody
        std::string reason_for_operator;
        std::optional<FailureClass> reason_class;
        std::string last_error;
        std::optional<FailureClass> last_error_class;
        std::optional<std::chrono::milliseconds> latency;
        std::optional<Timestamp> checked_at;
        bool asking = false;
        unsigned failures = 0;
        SteadyTime due{};
        Timestamp due_by_clock{};  // the same for a process that is frozen in between
    };
    using Entries = std::vector<std::shared_ptr<Entry>>;

    Impl(MakeModel m, Clock const& c, Log& l) : make(std::move(m)), clock(c), log(l) {}

    MakeModel const make;
    Clock const& clock;
    Log& log;
    mutable std::mutex mutex;
    Notifier changed;
    Entries entries;

    /// The one named so, or null; under the mutex.
    [[nodiscard]] std::shared_ptr<Entry> entry_named(std::string_view name) const;
    template <class Wanted>
    [[nodiscard]] Entries select(Wanted wanted) const {
        Entries selected;
        std::lock_guard const lock(mutex);
        std::ranges::copy_if(entries, std::back_inserter(selected),
                             [&](auto& e) { return wanted(*e); });
        return selected;
    }

    /// Those of `wanted` that nobody is asking, marked as being asked.
    Entries claim(Entries const& wanted);
    /// Asks on behalf of a request; the answer is of use to others, so it outlives the request.
    void start_asking(asio::any_io_executor const& loop, Entries const& wanted);
    /// Asks one that was claimed. What escapes is logged by whoever runs this; the provider is
    /// asked again all the same.
    static asio::awaitable<void> ask_or_learn_bug(std::shared_ptr<Impl> self,
                                                  std::shared_ptr<Entry> entry);
    /// Waits until none of `wanted` is being asked, at most until `deadline`.
    asio::awaitable<void> wait_until_answered(Entries wanted, SteadyTime deadline);

private:
    static asio::awaitable<void> ask(std::shared_ptr<Impl> self, std::shared_ptr<Entry> entry);
    void learn(Entry& entry, Outcome<std::vector<ModelInfo>> listed,
               std::chrono::milliseconds latency);
    void learn_bug(Entry& entry);
};

}  // namespace kaiwa::llm
