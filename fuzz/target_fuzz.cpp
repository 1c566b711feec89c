// A decoded path is valid, has no parent segment, and encodes back to itself. The parameters of a
// list lead to a page within its limits, and its cursor to the next one.
#include "api/listing.hpp"
#include "base/utf8.hpp"
#include "fuzz_input.hpp"
#include "http/target.hpp"

using kaiwa::fuzz::require;

namespace {

using Query = std::vector<std::pair<std::string, std::string>>;

std::vector<std::string> const names{"Beech", "ash", "cedar"};

kaiwa::Result<kaiwa::api::ListQuery> read_list(Query query) {
    kaiwa::http::Request request;
    request.query = std::move(query);
    return kaiwa::api::read_list_query(request, {"id", "size"});
}

void check_list(Query const& query) {
    auto const wanted = read_list(query);
    if (!wanted) return;
    auto const text_of = [](std::string const& name) { return std::string_view(name); };
    auto const place_of = [](std::string const& name, std::string_view sort) {
        auto key = sort == "size" ? kaiwa::api::sortable(static_cast<std::int64_t>(name.size()))
                                  : std::string();
        return kaiwa::api::ListPlace{std::move(key), name};
    };
    auto const page = kaiwa::api::page_of(names, *wanted, text_of, place_of);
    require(page.items.size() <= wanted->limit.value_or(names.size()));
    if (!page.next) return;
    auto following = query;
    std::erase_if(following, [](auto const& parameter) { return parameter.first == "after"; });
    following.emplace_back("after", *page.next);
    require(read_list(std::move(following)).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    kaiwa::fuzz::Input const input(data, size);
    auto const target = kaiwa::http::parse_target(input.rest());
    if (target) {
        require(target->path.starts_with('/'));
        require(kaiwa::is_valid_utf8(target->path) && !target->path.contains('\0'));
        require(!(target->path + "/").contains("/../"));
        auto const again = kaiwa::http::percent_decode(kaiwa::http::percent_encode(target->path));
        require(again.has_value() && *again == target->path);
        for (auto const& [name, value] : target->query) {
            require(kaiwa::is_valid_utf8(name) && kaiwa::is_valid_utf8(value));
        }
        check_list(target->query);
    }
    return 0;
}
