#include "api/media_type.hpp"

#include "api/guard.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kaiwa::api {
namespace {

constexpr std::string_view anything = "application/octet-stream";
constexpr std::size_t max_type_bytes = 100;

bool is_well_formed(std::string_view type) {
    auto const slash = type.find('/');
    auto const is_character = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view("/+-._").contains(c);
    };
    return slash != type.npos && slash > 0 && slash + 1 < type.size() &&
           type.find('/', slash + 1) == type.npos && type.size() <= max_type_bytes &&
           std::ranges::all_of(type, is_character);
}

bool is_checked_picture(std::string_view type) {
    return type == "image/png" || type == "image/jpeg" || type == "image/gif" ||
           type == "image/webp";
}

bool allows(std::string_view pattern, std::string_view type) {
    if (pattern == type) return true;
    if (type.starts_with("image/") && !is_checked_picture(type)) return false;
    if (pattern == "*/*" || pattern == "*") return true;
    return pattern.ends_with("/*") && type.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

std::string_view picture_type(std::string_view head) {
    if (head.starts_with("\x89PNG\r\n\x1a\n")) return "image/png";
    if (head.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
    if (head.starts_with("GIF87a") || head.starts_with("GIF89a")) return "image/gif";
    if (head.starts_with("RIFF") && head.size() >= 12 && head.substr(8, 4) == "WEBP")
        return "image/webp";
    return {};
}

Result<std::string> decide_media_type(std::string_view declared, std::string_view head,
                                      std::vector<std::string> const& allowed) {
    auto type = bare_media_type(declared);
    if (type == "image/jpg") type = "image/jpeg";
    auto const picture = picture_type(head);
    if (type.empty() || type == anything) type = picture.empty() ? anything : picture;
    if (!is_well_formed(type))
        return fail(Errc::unsupported, "the file's media type is malformed", "unsupported_type");
    if (is_checked_picture(type) && type != picture)
        return fail(Errc::unsupported, fmt::format("the file says that it is {}, but is not", type),
                    "unsupported_type");
    auto const matches = [&](std::string const& pattern) { return allows(pattern, type); };
    if (std::ranges::none_of(allowed, matches))
        return fail(Errc::unsupported,
                    fmt::format("files of type {} are not taken, only {}", type,
                                fmt::join(allowed, ", ")),
                    "unsupported_type");
    return type;
}

}  // namespace kaiwa::api
