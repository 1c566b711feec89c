#include "api/page_command.hpp"

#include "base/json.hpp"

#include <limits>

namespace kaiwa::api {

Result<PageCommand> parse_command(std::string_view text) {
    auto const value = parse_json(text);
    if (!value) return std::unexpected(value.error());
    JsonFields fields(*value, "the command");
    JsonFields::Text const limits{1, 64};
    auto const follow = fields.optional_string("follow", limits);
    auto const unfollow = fields.optional_string("unfollow", limits);
    auto const after =
        fields.optional_integer("after", 0, std::numeric_limits<std::int64_t>::max());
    if (follow.has_value() == unfollow.has_value())
        fields.refuse("follow", "the id of a generation, or \"unfollow\" with one");
    if (auto ok = fields.finish(); !ok) return std::unexpected(ok.error());
    if (unfollow) return PageCommand{PageCommand::Kind::unfollow, *unfollow, 0};
    return PageCommand{PageCommand::Kind::follow, *follow,
                       static_cast<std::uint64_t>(after.value_or(0))};
}

}  // namespace kaiwa::api
