#pragma once

#include "store/dynamodb/engine.hpp"

/// What a runner's lease of a generation is checked by, in every write.
namespace kaiwa::store::dynamodb {

[[nodiscard]] inline std::unexpected<Error> lease_lost() {
    return fail(Errc::conflict, "the generation has ended or is run by another server",
                "lease_lost");
}

[[nodiscard]] inline std::unexpected<Error> log_gap() {
    return fail(Errc::invalid_argument, "the segment does not follow the stored log", "log_gap");
}

[[nodiscard]] inline std::int64_t milliseconds(Timestamp time) {
    return time.time_since_epoch().count();
}

/// Holds while this runner has the generation and its log ends at `last`.
[[nodiscard]] inline std::string is_leased(Aliases& aliases, std::uint64_t epoch,
                                           std::uint64_t last) {
    auto const state = aliases.name("state");
    auto const held = aliases.name("epoch");
    auto const end = aliases.name("last");
    return fmt::format("{} = {} AND {} = {} AND {} = {}", state, aliases.value("running"), held,
                       aliases.value(epoch), end, aliases.value(last));
}

}  // namespace kaiwa::store::dynamodb
