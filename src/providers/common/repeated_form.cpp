#include "providers/common/repeated_form.hpp"

#include "providers/common/json_scanner.hpp"

namespace kaiwa::providers {

bool RepeatedForm::read(std::string_view json, std::string& words) const {
    auto const around = std::string_view(around_);
    if (around.empty() || !json.starts_with(around.substr(0, before_))) return false;
    auto const size = words.size();
    JsonScanner string(json.substr(before_));
    if (string.string(words) && words.size() > size && string.rest() == around.substr(before_)) {
        return true;
    }
    words.resize(size);
    return false;
}

void RepeatedForm::learn(std::string_view json, std::string_view literal) {
    around_.clear();
    if (json.size() - literal.size() > max_bytes) return;
    before_ = static_cast<std::size_t>(literal.data() - json.data());
    around_ = json.substr(0, before_);
    around_ += json.substr(before_ + literal.size());
}

}  // namespace kaiwa::providers
