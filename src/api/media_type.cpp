#include "api/media_type.hpp"

#include "api/guard.hpp"
#include "api/listing.hpp"
#include "chat/file_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kaiwa::api {
namespace {

using chat::any_media_type;

/// Source code and settings, which are uploaded to be read.
constexpr std::array<std::string_view, 22> plain_text{
    "c",   "cc", "conf", "cpp", "cs", "go",  "h",    "hpp", "ini", "java", "log",
    "php", "py", "rb",   "rs",  "sh", "sql", "toml", "ts",  "txt", "yaml", "yml"};

/// Of other documents (IANA's registry of media types).
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> documents{{
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"markdown", "text/markdown"},
    {"md", "text/markdown"},
    {"pdf", "application/pdf"},
    {"tsv", "text/tab-separated-values"},
    {"xml", "text/xml"},
}};

std::string_view type_of_name(std::string_view name) {
    auto const dot = name.rfind('.');
    if (dot == name.npos) return any_media_type;
    auto const ending = ascii_lower(name.substr(dot + 1));
    if (std::ranges::find(plain_text, ending) != plain_text.end()) return "text/plain";
    for (auto const& [known, type] : documents)
        if (known == ending) return type;
    return any_media_type;
}

/// What "image/*" stands for.
constexpr std::string_view pictures = "image/png, image/jpeg, image/gif, image/webp";

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

Result<std::string> decide_media_type(std::string_view declared, std::string_view name,
                                      std::string_view head,
                                      std::vector<std::string> const& allowed) {
    auto type = bare_media_type(declared);
    if (type == "image/jpg") type = "image/jpeg";
    auto const picture = picture_type(head);
    if (type.empty() || type == any_media_type) type = picture.empty() ? type_of_name(name) : picture;
    if (!chat::is_media_type(type))
        return fail(Errc::unsupported, "the file's media type is malformed", "unsupported_type");
    if (is_checked_picture(type) && type != picture)
        return fail(Errc::unsupported, fmt::format("the file says that it is {}, but is not", type),
                    "unsupported_type");
    auto const matches = [&](std::string const& pattern) { return allows(pattern, type); };
    if (std::ranges::any_of(allowed, matches)) return type;
    std::vector<std::string_view> taken(allowed.begin(), allowed.end());
    for (auto& pattern : taken)
        if (pattern == "image/*") pattern = pictures;
    return fail(Errc::unsupported,
                fmt::format("files of type {} are not taken, only {}", type,
                            fmt::join(taken, ", ")),
                "unsupported_type");
}

}  // namespace kaiwa::api
