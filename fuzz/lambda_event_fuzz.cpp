// Whatever a payload says, a request made of it is one that our own server could have received, and
// its answer is one JSON object in the event's shape.
#include "base/json.hpp"
#include "base/utf8.hpp"
#include "fuzz_input.hpp"
#include "http/text.hpp"
#include "lambda/answer_json.hpp"
#include "lambda/event.hpp"

using kaiwa::fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input const input(data, size);
    static std::vector<kaiwa::http::AddressRange> const trusted{
        *kaiwa::http::AddressRange::parse("10.0.0.0/8")};
    auto const event = kaiwa::lambda::read_event(input.rest(), trusted);
    if (!event) return 0;
    auto const* http = std::get_if<kaiwa::lambda::HttpEvent>(&*event);
    if (!http) return 0;
    auto const& request = http->request;
    // Whoever is at the address of what is refused answers, so that it is whole or none.
    require(http->good || request.path.starts_with('/') || request.method.empty());
    if (!http->good) return 0;
    require(kaiwa::http::is_token(request.method));
    require(request.path.starts_with('/') && kaiwa::is_valid_utf8(request.path));
    require(!(request.path + "/").contains("/../") && !request.path.contains('\0'));
    require(request.forwarded);
    require(request.headers.count("host") == 1);
    for (auto const& [name, value] : request.headers)
        require(kaiwa::http::is_token(name) && kaiwa::http::is_field_value(value));
    for (auto const& [name, value] : request.query)
        require(kaiwa::is_valid_utf8(name) && kaiwa::is_valid_utf8(value));

    kaiwa::http::ResponseHead head{200, {{"Content-Type", "text/plain"}}};
    for (auto const& [name, value] : request.headers) head.headers.add(name, value);
    auto const answer =
        kaiwa::parse_json(kaiwa::lambda::answer_json(http->shape, head, request.body));
    require(answer && answer->is_object() && answer->as_object().contains("body"));
    return 0;
}
