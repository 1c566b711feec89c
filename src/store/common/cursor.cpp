#include "store/common/cursor.hpp"

#include <fmt/format.h>

#include <cstring>

namespace kaiwa::store {
namespace {

constexpr std::size_t max_cursor_bytes = 2'048;

std::unexpected<Error> wrong_cursor() {
    return fail(Errc::invalid_argument,
                "the cursor is not one of this list; ask for its first page", "wrong_cursor");
}

std::string context_of(std::string_view list) {
    return fmt::format("cursor:{}", list);
}

}  // namespace

std::string Cursors::seal(std::string_view list, std::string_view place) const {
    auto const sealed = sealer_.seal(Secret(std::string(place)), context_of(list), random_);
    return base64url({reinterpret_cast<std::uint8_t const*>(sealed.data()), sealed.size()});
}

Result<std::string> Cursors::open(std::string_view list, std::string_view cursor) const {
    if (cursor.size() > max_cursor_bytes) return wrong_cursor();
    auto const sealed = decode_base64(cursor);
    if (!sealed) return wrong_cursor();
    auto const place = sealer_.open(*sealed, context_of(list));
    if (!place) return wrong_cursor();
    return place->reveal();
}

std::string Place::bytes() const {
    std::string out(numbers.size() * sizeof(std::int64_t), '\0');
    std::memcpy(out.data(), numbers.data(), out.size());
    return out + text;
}

Result<Place> Place::read(std::string_view bytes, std::size_t count) {
    auto const size = count * sizeof(std::int64_t);
    if (bytes.size() < size) return wrong_cursor();
    Place place;
    place.numbers.resize(count);
    std::memcpy(place.numbers.data(), bytes.data(), size);
    place.text = bytes.substr(size);
    return place;
}

}  // namespace kaiwa::store
