#include "aws/sigv4.hpp"

#include "http/target.hpp"
#include "http/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace kaiwa::aws {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

// Fields that proxies and clients add, change or drop.
constexpr std::array<std::string_view, 15> never_signed = {
    "authorization",       "connection",           "expect",
    "keep-alive",          "proxy-authenticate",   "proxy-authorization",
    "sec-websocket-key",   "sec-websocket-protocol", "sec-websocket-version",
    "te",                  "trailer",              "transfer-encoding",
    "upgrade",             "user-agent",           "x-amzn-trace-id",
};

struct Moment {
    explicit Moment(Timestamp time) {
        auto const day = std::chrono::floor<std::chrono::days>(time);
        std::chrono::year_month_day const ymd(day);
        std::chrono::hh_mm_ss const clock(std::chrono::floor<std::chrono::seconds>(time - day));
        date = fmt::format("{:04}{:02}{:02}", static_cast<int>(ymd.year()),
                           static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
        full = fmt::format("{}T{:02}{:02}{:02}Z", date, clock.hours().count(),
                           clock.minutes().count(), clock.seconds().count());
    }
    std::string date;  // 20150830
    std::string full;  // 20150830T123600Z
};

std::string scope_text(Moment const& moment, SigningScope const& scope) {
    return fmt::format("{}/{}/{}/aws4_request", moment.date, scope.region, scope.service);
}

std::string_view as_text(Sha256 const& digest) {
    return {reinterpret_cast<char const*>(digest.data()), digest.size()};
}

/// "a//b/./c/../d" becomes "a/b/d"; a slash at the end stays.
std::string without_dots(std::string_view path) {
    std::vector<std::string_view> kept;
    std::string_view last;
    http::ListReader segments(path, '/');
    for (auto segment = segments.next(); segment; segment = segments.next()) {
        last = *segment;
        if (last == "..") {
            if (!kept.empty()) kept.pop_back();
        } else if (last != ".") {
            kept.push_back(last);
        }
    }
    std::string out;
    for (auto const& segment : kept) out.append("/").append(segment);
    bool const is_folder = path.ends_with('/') || last == "." || last == "..";
    if (is_folder || out.empty()) out += '/';
    return out;
}

std::string canonical_path(std::string_view path, PathRule rule) {
    if (path.empty()) return "/";
    if (rule == PathRule::s3) return std::string(path);
    auto const plain = rule == PathRule::normalized ? without_dots(path) : std::string(path);
    std::string out;
    for (std::size_t at = 0; at < plain.size();) {
        auto const slash = std::min(plain.find('/', at), plain.size());
        out += http::percent_encode(std::string_view(plain).substr(at, slash - at));
        if (slash < plain.size()) out += '/';
        at = slash + 1;
    }
    return out;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = static_cast<char>(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// One side of "name=value" in the one spelling that is signed. An escape that is none stays.
std::string encode_once(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool const escape = text[i] == '%' && i + 2 < text.size();
        int const high = escape ? hex_digit(text[i + 1]) : -1;
        int const low = escape ? hex_digit(text[i + 2]) : -1;
        if (high < 0 || low < 0) {
            bytes += text[i];
        } else {
            bytes += static_cast<char>(high << 4 | low);
            i += 2;
        }
    }
    return http::percent_encode(bytes);
}

std::string canonical_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> fields;
    while (!query.empty()) {
        auto const end = std::min(query.find('&'), query.size());
        auto const field = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (field.empty()) continue;
        auto const equals = std::min(field.find('='), field.size());
        auto const value = field.substr(std::min(equals + 1, field.size()));
        fields.emplace_back(encode_once(field.substr(0, equals)), encode_once(value));
    }
    std::ranges::sort(fields);
    std::string out;
    for (auto const& [name, value] : fields) {
        if (!out.empty()) out += '&';
        out.append(name).append("=").append(value);
    }
    return out;
}

/// Trimmed, and with one space for every run of white space.
void append_value(std::string& out, std::string_view value) {
    bool gap = false;
    bool any = false;
    for (char const c : value) {
        bool const space = c == ' ' || (c >= '\t' && c <= '\r');
        if (space) {
            gap = any;
            continue;
        }
        if (std::exchange(gap, false)) out += ' ';
        out += c;
        any = true;
    }
}

using Field = std::pair<std::string, std::string_view>;

/// Those that are signed, by name; of one name in the order they came.
std::vector<Field> signed_fields(http::Headers const& headers) {
    std::vector<Field> fields;
    for (auto const& [name, value] : headers) {
        auto lower = http::to_lower(name);
        if (std::ranges::find(never_signed, lower) != never_signed.end()) continue;
        auto const place = std::ranges::upper_bound(fields, lower, {}, &Field::first);
        fields.emplace(place, std::move(lower), value);
    }
    return fields;
}

std::string names_of(std::vector<Field> const& fields) {
    std::string names;
    std::string_view last;
    for (auto const& field : fields) {
        if (field.first == last) continue;
        last = field.first;
        if (!names.empty()) names += ';';
        names += last;
    }
    return names;
}

/// The target's path and what follows its first '?'.
std::pair<std::string_view, std::string_view> split(std::string_view target) {
    auto const mark = std::min(target.find('?'), target.size());
    return {target.substr(0, mark), target.substr(std::min(mark + 1, target.size()))};
}

}  // namespace

std::string signed_header_names(http::Headers const& headers) {
    return names_of(signed_fields(headers));
}

std::string canonical_request(SignedParts const& parts, PathRule rule) {
    auto const [path, query] = split(parts.target);
    auto const fields = signed_fields(parts.headers);
    std::string out(parts.method);
    out.append("\n").append(canonical_path(path, rule));
    out.append("\n").append(canonical_query(query)).append("\n");
    std::string_view last;
    for (auto const& [name, value] : fields) {
        if (name == last) {
            out.back() = ',';  // over the end of the line
        } else {
            out.append(name).append(":");
        }
        append_value(out, value);
        out += '\n';
        last = name;
    }
    out.append("\n").append(names_of(fields)).append("\n").append(parts.body_sha256);
    return out;
}

std::string string_to_sign(std::string_view canonical_request, Timestamp time,
                           SigningScope const& scope) {
    Moment const moment(time);
    return fmt::format("{}\n{}\n{}\n{}", algorithm, moment.full, scope_text(moment, scope),
                       hex(sha256(canonical_request)));
}

Sha256 signing_key(Secret const& secret_access_key, Timestamp time, SigningScope const& scope) {
    Secret const first("AWS4" + secret_access_key.reveal());
    auto key = hmac_sha256(first.reveal(), Moment(time).date);
    for (std::string_view const part : {std::string_view(scope.region),
                                        std::string_view(scope.service),
                                        std::string_view("aws4_request")}) {
        key = hmac_sha256(as_text(key), part);
    }
    return key;
}

Signer::Signer(SigningScope scope)
    : scope_(std::move(scope)),
      rule_(scope_.service == "s3" ? PathRule::s3 : PathRule::normalized) {}

Sha256 Signer::key_for(Credentials const& credentials, Timestamp time) const {
    auto wanted = fmt::format("{} {} {}", credentials.access_key_id, Moment(time).date,
                              hex(sha256(credentials.secret_access_key.reveal())));
    std::lock_guard const lock(mutex_);
    if (kept_for_ != wanted) {
        kept_key_ = signing_key(credentials.secret_access_key, time, scope_);
        kept_for_ = std::move(wanted);
    }
    return kept_key_;
}

void Signer::sign(std::string_view method, std::string_view target, http::Headers& headers,
                  std::string_view body_sha256, Credentials const& credentials,
                  Timestamp time) const {
    Moment const moment(time);
    headers.set("X-Amz-Date", moment.full);
    if (!credentials.session_token.empty()) {
        headers.set("X-Amz-Security-Token", credentials.session_token.reveal());
    }
    if (rule_ == PathRule::s3) headers.set("X-Amz-Content-Sha256", std::string(body_sha256));

    auto const canonical = canonical_request({method, target, headers, body_sha256}, rule_);
    auto const key = key_for(credentials, time);
    auto const signature = hmac_sha256(as_text(key), string_to_sign(canonical, time, scope_));
    headers.set("Authorization",
                fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", algorithm,
                            credentials.access_key_id, scope_text(moment, scope_),
                            signed_header_names(headers), hex(signature)));
}

std::string Signer::presign(std::string_view method, std::string_view target,
                            http::Headers const& headers, std::string_view body_sha256,
                            Credentials const& credentials, Timestamp time,
                            std::chrono::seconds valid) const {
    Moment const moment(time);
    auto const credential =
        fmt::format("{}/{}", credentials.access_key_id, scope_text(moment, scope_));
    auto out = fmt::format(
        "{}{}X-Amz-Algorithm={}&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}"
        "&X-Amz-SignedHeaders={}",
        target, target.contains('?') ? '&' : '?', algorithm, http::percent_encode(credential),
        moment.full, valid.count(), http::percent_encode(signed_header_names(headers)));
    if (!credentials.session_token.empty()) {
        out += "&X-Amz-Security-Token=";
        out += http::percent_encode(credentials.session_token.reveal());
    }
    auto const canonical = canonical_request({method, out, headers, body_sha256}, rule_);
    auto const key = key_for(credentials, time);
    auto const signature = hmac_sha256(as_text(key), string_to_sign(canonical, time, scope_));
    return out.append("&X-Amz-Signature=").append(hex(signature));
}

}  // namespace kaiwa::aws
