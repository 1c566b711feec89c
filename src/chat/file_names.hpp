#pragma once

#include <string>
#include <string_view>

namespace kaiwa::chat {

/// A file's name for people, of what a client or another program called it: the last part of a path,
/// without control and direction characters, at most 200 bytes of well-formed UTF-8, never empty.
/// One that is longer keeps its ending.
[[nodiscard]] std::string safe_file_name(std::string_view name);

/// The media type of what has none.
inline constexpr std::string_view any_media_type = "application/octet-stream";

/// Whether `type` is a bare media type in lower case, of at most 100 bytes.
[[nodiscard]] bool is_media_type(std::string_view type);

/// What another program declared, bare and in lower case; `any_media_type` for what is no media type.
[[nodiscard]] std::string safe_media_type(std::string_view declared);

}  // namespace kaiwa::chat
