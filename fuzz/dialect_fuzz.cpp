// Bodies, paths and continuations of the dialects: what is taken is within its limits, and what goes
// out is JSON.
#include "api/compat/routes.hpp"
#include "api/compat/shape.hpp"
#include "api/fields.hpp"
#include "base/utf8.hpp"
#include "fuzz_input.hpp"

namespace {

using namespace kaiwa::api::compat;
using kaiwa::fuzz::require;

void check_text(std::string_view text, std::size_t max_bytes) {
    require(!text.empty() && text.size() <= max_bytes && kaiwa::is_valid_utf8(text) &&
            !text.contains('\0'));
}

void check(Asked const& asked) {
    if (asked.session_id) check_text(*asked.session_id, max_session_id_bytes);
    if (asked.role) require(kaiwa::count_code_points(*asked.role) <=
                            max_role_code_points + max_role_name_code_points + 1);
    if (asked.remembered) require(asked.remembered->size() <= max_remembered);
    if (asked.continuation || asked.role_action) return;
    check_text(asked.text, kaiwa::api::max_message_bytes);
    require(!kaiwa::api::is_blank(asked.text));
    Answered const answered{asked.session_id.value_or("s"), asked.text, std::nullopt};
    require(kaiwa::parse_json(whole_reply(asked, answered).json).has_value());
    require(kaiwa::parse_json(partial_reply(asked, answered, "c").json).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const text(reinterpret_cast<char const*>(data), size);
    if (auto const path = dialect_path(text, "prod"))
        require(*path == "/" || *path == "/chat" || *path == "/main");
    if (auto const continuation = Continuation::parse(text)) {
        check_text(continuation->session_id, max_session_id_bytes);
        bool const is_once = continuation->keep == Continuation::Keep::once;
        if (is_once) check_text(continuation->shown_id, max_session_id_bytes);
        auto const again = Continuation::parse(continuation->text());
        require(again && again->session_id == continuation->session_id &&
                again->keep == continuation->keep && again->shown_id == continuation->shown_id);
    }
    for (auto const dialect : all_dialects) {
        kaiwa::Error const error{kaiwa::Errc::invalid_argument, std::string(text), {}};
        require(kaiwa::parse_json(error_reply(dialect, error).json).has_value());
    }
    auto const body = kaiwa::parse_json(text);
    if (!body) return 0;
    for (auto const dialect : all_dialects)
        if (auto const asked = read_body(dialect, *body)) check(*asked);
    return 0;
}
