#pragma once

#include "lambda/event.hpp"

namespace kaiwa::lambda {

// One function a format; `event` was recognised as such.

[[nodiscard]] HttpEvent read_http_v2(json::object const& event, json::object const& context,
                                     std::vector<http::AddressRange> const& trusted_proxies);
[[nodiscard]] HttpEvent read_rest_v1(json::object const& event, json::object const& context,
                                     std::vector<http::AddressRange> const& trusted_proxies);
[[nodiscard]] HttpEvent read_balancer(json::object const& event,
                                      std::vector<http::AddressRange> const& trusted_proxies);

}  // namespace kaiwa::lambda
