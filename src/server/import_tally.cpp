#include "server/import_tally.hpp"

#include <fmt/format.h>

#include <iostream>

namespace kaiwa::server {

void ImportTally::count(transfer::ImportOutcome outcome, std::size_t its_messages) {
    constexpr std::size_t things_a_line = 100;
    if (outcome == transfer::ImportOutcome::stored) {
        ++stored_;
        messages_ += its_messages;
    } else {
        ++present_;
    }
    auto const done = stored_ + present_;
    if (done % things_a_line == 0)
        tell_progress(fmt::format("{} done, {} of them were there", done, present_));
}

void ImportTally::leave_out(std::string_view why) {
    ++left_out_;
    std::cout << "left out: " << why << '\n';
}

void ImportTally::note(std::string_view what) {
    std::cout << "changed: " << what << '\n';
}

void tell_progress(std::string const& line) {
    std::cerr << line << std::endl;
}

bool concerns_one(Error const& error) {
    return error.code == Errc::invalid_argument || error.code == Errc::conflict ||
           error.code == Errc::unauthenticated || error.code == Errc::too_large ||
           error.reason == "gaps";
}

}  // namespace kaiwa::server
