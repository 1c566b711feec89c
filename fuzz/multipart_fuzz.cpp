// A multipart body gives the same parts however it is cut, and never more bytes than it has.
#include "api/content_disposition.hpp"
#include "api/multipart.hpp"
#include "base/utf8.hpp"
#include "chat/file_names.hpp"
#include "fuzz_input.hpp"

#include <optional>

namespace {

using kaiwa::api::MultipartParser;

struct Parts {
    std::string seen;  // everything in order, or nothing once it was refused
    std::size_t data = 0;
    bool whole = false;
    bool refused = false;
};

void take(Parts& parts, MultipartParser& parser, std::string_view bytes) {
    if (parts.refused) return;
    auto items = parser.feed(bytes);
    if (!items) {
        parts.refused = true;
        return;
    }
    for (auto& item : *items) {
        if (auto* head = std::get_if<MultipartParser::PartHead>(&item)) {
            parts.seen += "<" + head->disposition + "|" + head->content_type + ">";
            if (auto const found = kaiwa::api::parse_disposition(head->disposition)) {
                auto const name = kaiwa::chat::safe_file_name(found->filename.value_or(""));
                kaiwa::fuzz::require(kaiwa::is_valid_utf8(name) && !name.contains('/') &&
                                     !name.empty() && name.size() <= 200);
            }
        } else if (auto* data = std::get_if<MultipartParser::PartData>(&item)) {
            parts.seen += data->bytes;
            parts.data += data->bytes.size();
        } else {
            parts.seen += "<end>";
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input input(data, size);
    auto const cut = input.below(input.rest().size() + 1);
    auto const body = input.rest();
    auto const boundary = MultipartParser::boundary_of("multipart/form-data; boundary=b0");

    Parts at_once;
    MultipartParser parser(*boundary);
    take(at_once, parser, body);
    at_once.whole = parser.finish().has_value();
    kaiwa::fuzz::require(at_once.data <= body.size());

    Parts in_two;
    MultipartParser again(*boundary);
    auto const first = body.substr(0, std::min(cut, body.size()));
    take(in_two, again, first);
    take(in_two, again, body.substr(first.size()));
    in_two.whole = again.finish().has_value();
    if (!at_once.refused && !in_two.refused) {
        kaiwa::fuzz::require(at_once.seen == in_two.seen && at_once.whole == in_two.whole);
    }
    static_cast<void>(MultipartParser::boundary_of(body));
    return 0;
}
