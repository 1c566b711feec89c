#pragma once

#include "kaiwa/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace kaiwa::api {

/// How many bytes of a file are enough for `decide_media_type()`.
inline constexpr std::size_t media_type_head = 16;

/// The picture format that `head`, a file's first bytes, shows: one of the four that models see,
/// or empty.
[[nodiscard]] std::string_view picture_type(std::string_view head);

/// The media type under which a file named `name` is kept. What calls itself a picture must be one;
/// what has no type, or the one for anything, gets its picture's, else that of its name's ending:
/// many programs send none. `image/*` allows only formats whose first bytes can be checked: others
/// (SVG is a document that can act) must be listed by name.
///
/// Fails with reason "unsupported_type" for what `allowed` does not list.
[[nodiscard]] Result<std::string> decide_media_type(std::string_view declared,
                                                    std::string_view name, std::string_view head,
                                                    std::vector<std::string> const& allowed);

}  // namespace kaiwa::api
