#include "api/routes.hpp"

#include "api/problem.hpp"
#include "api/resources.hpp"

namespace kaiwa::api {

void add_routes(http::Router& router, Services services) {
    router.set_error_handler(problem_answers(services.log));
    auto const shared = std::make_shared<Services const>(std::move(services));
    RouteTable table(router, shared);
    add_session_routes(table);
    add_setup_routes(table);
    add_key_routes(table);
    add_thread_routes(table);
    add_message_routes(table);
    add_turn_routes(table);
    add_event_routes(table);
    add_websocket_routes(table);
    add_feedback_routes(table);
    add_search_routes(table);
    add_file_routes(table, shared->settings()->uploads);
    add_model_routes(table);
    add_export_routes(table);
    add_admin_user_routes(table);
    add_admin_provider_routes(table);
    add_health_routes(table);
}

}  // namespace kaiwa::api
