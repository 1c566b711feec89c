#include "http/forwarded.hpp"

#include "http/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace kaiwa::http {

namespace {

/// How many hops are looked at; more are not honest.
constexpr std::size_t max_hops = 32;

std::optional<asio::ip::address> parse_address(std::string_view text) {
    boost::system::error_code error;
    auto const address = asio::ip::make_address(std::string(text), error);
    if (error || (address.is_v6() && address.to_v6().scope_id() != 0)) return std::nullopt;
    return unmapped(address);
}

/// "1.2.3.4", "1.2.3.4:567", "::1", "[::1]" or "[::1]:567".
std::optional<asio::ip::address> parse_hop(std::string_view text) {
    if (text.size() > 64) return std::nullopt;
    if (text.starts_with('[')) {
        auto const end = text.find(']');
        if (end == text.npos) return std::nullopt;
        return parse_address(text.substr(1, end - 1));
    }
    if (std::ranges::count(text, ':') == 1) text = text.substr(0, text.find(':'));
    return parse_address(text);
}

bool is_trusted(asio::ip::address const& address, std::span<AddressRange const> trusted) {
    return std::ranges::any_of(trusted, [&](auto const& range) { return range.contains(address); });
}

/// The hops of all X-Forwarded-For fields, nearest last.
std::vector<std::string_view> hops_of(Headers const& headers) {
    std::vector<std::string_view> hops;
    for (auto const& [name, value] : headers) {
        if (!same_word(name, "x-forwarded-for")) continue;
        ListReader list(value);
        while (auto const hop = list.next()) hops.push_back(*hop);
    }
    return hops;
}

/// The last element of the last field named so: what the nearest proxy wrote.
std::string_view last_element(Headers const& headers, std::string_view field) {
    std::string_view last;
    for (auto const& [name, value] : headers) {
        if (!same_word(name, field)) continue;
        ListReader list(value);
        while (auto const element = list.next()) last = *element;
    }
    return last;
}

/// A host with an optional port, by its characters.
bool is_host(std::string_view text) {
    static constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:[]";
    return !text.empty() && text.size() <= 255 && text.find_first_not_of(allowed) == text.npos;
}

std::array<std::uint8_t, 16> bytes_of(asio::ip::address const& address) {
    std::array<std::uint8_t, 16> bytes{};
    if (address.is_v4()) {
        std::ranges::copy(address.to_v4().to_bytes(), bytes.begin());
    } else {
        std::ranges::copy(address.to_v6().to_bytes(), bytes.begin());
    }
    return bytes;
}

}  // namespace

asio::ip::address unmapped(asio::ip::address address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
    }
    return address;
}

Result<AddressRange> AddressRange::parse(std::string_view text) {
    auto const slash = std::min(text.find('/'), text.size());
    boost::system::error_code error;
    auto const address = asio::ip::make_address(std::string(text.substr(0, slash)), error);
    auto const most = !error && address.is_v4() ? 32u : 128u;
    auto bits = std::optional<std::uint64_t>(most);
    if (slash < text.size()) bits = to_number(text.substr(slash + 1));
    if (error || !bits || *bits > most) {
        return fail(Errc::invalid_argument,
                    fmt::format("\"{}\" is no address range such as 10.0.0.0/8 or ::1/128", text));
    }
    return AddressRange{address, static_cast<unsigned>(*bits)};
}

bool AddressRange::contains(asio::ip::address const& candidate) const {
    auto const other = address.is_v4() ? unmapped(candidate) : candidate;
    if (address.is_v4() != other.is_v4()) return false;
    auto const a = bytes_of(address);
    auto const b = bytes_of(other);
    auto const whole = prefix_bits / 8;
    if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
    auto const rest = prefix_bits % 8;
    return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

Asker find_asker(Headers const& headers, asio::ip::address peer,
                 std::span<AddressRange const> trusted) {
    static constexpr std::array<std::string_view, 5> forwarding = {
        "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip"};
    Asker asker{unmapped(peer), false, false, std::nullopt};
    for (auto const& [name, value] : headers) {
        asker.forwarded |= std::ranges::any_of(
            forwarding, [&](std::string_view field) { return same_word(name, field); });
    }
    if (!asker.forwarded || !is_trusted(asker.address, trusted)) return asker;

    auto hops = hops_of(headers);
    for (std::size_t seen = 0; !hops.empty() && seen < max_hops; ++seen) {
        auto const hop = parse_hop(hops.back());
        if (!hop) break;
        asker.address = *hop;
        if (!is_trusted(*hop, trusted)) break;
        hops.pop_back();
    }
    asker.secure = same_word(last_element(headers, "x-forwarded-proto"), "https");
    auto const host = last_element(headers, "x-forwarded-host");
    if (is_host(host)) asker.host = host;
    return asker;
}

}  // namespace kaiwa::http
