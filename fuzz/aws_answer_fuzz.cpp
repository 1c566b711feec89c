// What a service answers, in JSON, XML or nothing known, becomes a failure of bounded size.
#include "aws/answer.hpp"
#include "aws/xml.hpp"
#include "base/utf8.hpp"
#include "fuzz_input.hpp"

#include <string>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input input(data, size);
    auto const status = static_cast<unsigned>(300 + input.below(300));
    std::string const body(input.rest());
    auto const failure =
        kaiwa::aws::read_failure(status, {{"x-amzn-errortype", body.substr(0, 40)}}, body);
    kaiwa::fuzz::require(failure.code.size() <= 128 && failure.message.size() <= 1'000);
    kaiwa::fuzz::require(kaiwa::is_valid_utf8(failure.message));
    (void)kaiwa::aws::to_error(failure, "x");
    (void)kaiwa::aws::failure_inside({}, body);
    auto const escaped = "<K>" + kaiwa::aws::xml_escape(body) + "</K>";
    kaiwa::fuzz::require(kaiwa::aws::xml_text(escaped, "K") == body);
    return 0;
}
