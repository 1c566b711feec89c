#include "tests/support/store_ledger/ledger.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <iterator>

/// kaiwa_store_ledger write DATA TASKS > ledger      works until it is killed
/// kaiwa_store_ledger check DATA < ledger            0 when nothing acknowledged is lost
int main(int argc, char** argv) {
    namespace sqlite = kaiwa::store::sqlite;
    std::string_view const verb = argc > 2 ? argv[1] : "";
    if (verb == "write" && argc == 4) {
        return sqlite::write_ledger(argv[2], static_cast<unsigned>(std::atoi(argv[3])));
    }
    if (verb == "check" && argc == 3) {
        std::string const ledger(std::istreambuf_iterator<char>(std::cin), {});
        auto const checked = sqlite::check_ledger(argv[2], ledger);
        if (checked) fmt::print("{} acknowledgements, all kept; the database is whole\n", *checked);
        if (!checked) fmt::print("{}\n", checked.error().message);
        return checked ? 0 : 1;
    }
    fmt::print(stderr, "usage: {} write DATA TASKS | check DATA < LEDGER\n", argv[0]);
    return 2;
}
