#pragma once

#include "api/services.hpp"
#include "http/router.hpp"

namespace kaiwa::api {

/// Adds every route of the HTTP contract (api/openapi.yaml) and the answers of failures.
void add_routes(http::Router& router, Services services);

}  // namespace kaiwa::api
