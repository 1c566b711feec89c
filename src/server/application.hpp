#pragma once

#include "api/metrics.hpp"
#include "base/json.hpp"
#include "base/replaceable.hpp"
#include "base/task_group.hpp"
#include "chat/model_responder.hpp"
#include "chat/notices.hpp"
#include "chat/turn_service.hpp"
#include "http/router.hpp"
#include "server/turn_reports.hpp"
#include "server/wire_api.hpp"
#include "server/wire_auth.hpp"
#include "server/wire_aws.hpp"
#include "server/wire_compat.hpp"
#include "server/wire_models.hpp"
#include "server/wire_store.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace kaiwa::server {

/// What every part of the program stands on.
struct Ground {
    Clock const& clock;
    Random& random;
    Log& log;
    AwsGround& aws;
    std::vector<asio::any_io_executor> loops;  ///< At least one.
};

/// Asks for another process that runs a stored turn; see `chat::TurnService::Services`.
using HandOver = std::function<asio::awaitable<Result<void>>(GenerationId)>;

/// The whole program but its host: what is kept, who may ask, the models, the turns, and the routes
/// that reach them. A host hands it requests through `router()`.
///
/// What the ground refers to outlives it; so do the loops' tasks end before it does.
class Application {
public:
    /// `hand_over` is empty where there is no other process.
    Application(Ground ground, Settings const& settings, std::unique_ptr<Stores> stores,
                HandOver hand_over = {});

    /// Takes the settings for the first time and adds the routes; `page` answers where none
    /// matches. Call once, before the first request. Fails with `invalid_argument`.
    Result<void> set_up(Settings const& settings, http::Handler page);
    /// Takes of the settings what may change while running; of an unusable one, nothing.
    Result<void> configure(Settings const& settings);

    /// Starts what keeps a long-lived process fresh: the list of models, providers that other
    /// replicas were given, cleaning. Requests are answered without it too.
    void keep_fresh(TaskGroup& background);
    /// Does now, as far as a request needs it, what `keep_fresh()` does by itself: for a process
    /// that is frozen between requests. Cheap when it was called within the last seconds.
    asio::awaitable<void> catch_up();
    /// Runs a turn that another process handed over; see `TurnService::run_claimed()`.
    asio::awaitable<Result<void>> run_claimed(GenerationId id);
    /// Answers an event that is no HTTP request: see `api::compat::answer_direct_event()`.
    asio::awaitable<Result<std::string>> answer_event(json::object event, SteadyTime deadline);
    /// Waits until no turn runs here and, for some seconds, until providers that are being asked
    /// for their models have answered: a process that is frozen now would lose the answer.
    asio::awaitable<void> settle();
    /// Removes what is past its time, until `until` or nothing is left; tells how much it was.
    asio::awaitable<Result<std::size_t>> clean(SteadyTime until);
    /// Closes connections that wait for their next call.
    void close_idle();

    [[nodiscard]] http::Router const& router() const { return router_; }
    [[nodiscard]] chat::TurnService& turns() { return turns_; }
    [[nodiscard]] api::Metrics& metrics() { return metrics_; }
    [[nodiscard]] auth::FirstAdministrator& first_administrator() {
        return identity_.first_administrator;
    }

    /// What answers direct invocations (api/compat/direct_event.hpp).
    [[nodiscard]] api::compat::Services dialect_services();

private:
    chat::TurnService::Services turn_services();
    api::Services api_services();
    asio::awaitable<std::vector<api::FoundServer>> find_servers();

    Ground ground_;
    std::unique_ptr<Stores> stores_;
    Identity identity_;
    Models models_;
    TurnReports reports_;
    HandOver hand_over_;
    chat::Notices notices_;
    chat::RecentBranches recent_;
    chat::ModelResponder responder_;
    Dialects dialects_;
    chat::TurnService turns_;
    api::Metrics metrics_;
    Replaceable<api::Settings const> told_;
    http::Router router_;
};

}  // namespace kaiwa::server
