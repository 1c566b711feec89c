#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kaiwa::api {

/// `Content-Disposition` of a download (RFC 6266): as an attachment, `name` in UTF-8
/// and, for clients such as `curl -OJ` that know no other, in ASCII.
[[nodiscard]] std::string attachment(std::string_view name);

/// What a `Content-Disposition` of a request or a multipart part says.
struct Disposition {
    std::string type;  ///< Lower case: "form-data", "attachment".
    std::optional<std::string> name;
    std::optional<std::string> filename;  ///< `filename*` where it is there and readable.
};
/// Reads one; nothing when it is malformed.
[[nodiscard]] std::optional<Disposition> parse_disposition(std::string_view value);

}  // namespace kaiwa::api
