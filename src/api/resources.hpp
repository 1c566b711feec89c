#pragma once

#include "api/call.hpp"

namespace kaiwa::api {

// Each adds the routes of one resource.

void add_session_routes(RouteTable& table);
void add_setup_routes(RouteTable& table);
void add_key_routes(RouteTable& table);
void add_thread_routes(RouteTable& table);
void add_message_routes(RouteTable& table);
void add_turn_routes(RouteTable& table);
void add_event_routes(RouteTable& table);
void add_websocket_routes(RouteTable& table);
void add_feedback_routes(RouteTable& table);
void add_search_routes(RouteTable& table);
void add_file_routes(RouteTable& table, UploadRules const& rules);
void add_model_routes(RouteTable& table);
void add_export_routes(RouteTable& table);
void add_admin_user_routes(RouteTable& table);
void add_admin_provider_routes(RouteTable& table);
void add_health_routes(RouteTable& table);

}  // namespace kaiwa::api
