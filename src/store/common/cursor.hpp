#pragma once

#include "base/crypto.hpp"
#include "kaiwa/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::store {

/// Where a page ended, sealed: nobody can read or make one, and it opens only for the list it was
/// made for.
class Cursors {
public:
    Cursors(Sealer sealer, Random& random) : sealer_(sealer), random_(random) {}

    /// `list` names the list and everything that its query depends on, its owner included.
    [[nodiscard]] std::string seal(std::string_view list, std::string_view place) const;
    /// Fails with `invalid_argument` on anything but a cursor of this list.
    [[nodiscard]] Result<std::string> open(std::string_view list, std::string_view cursor) const;

private:
    Sealer sealer_;
    Random& random_;
};

/// The place in a list as bytes: numbers, then an optional text.
struct Place {
    std::vector<std::int64_t> numbers;
    std::string text;

    [[nodiscard]] std::string bytes() const;
    /// Fails with `invalid_argument` unless `bytes` holds `count` numbers.
    static Result<Place> read(std::string_view bytes, std::size_t count);
};

}  // namespace kaiwa::store
