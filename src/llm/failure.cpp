#include "llm/failure.hpp"

namespace kaiwa::llm {

std::string_view to_string(FailureClass failure) {
    switch (failure) {
        case FailureClass::auth:
            return "auth";
        case FailureClass::not_found:
            return "not_found";
        case FailureClass::invalid:
            return "invalid";
        case FailureClass::context_length:
            return "context_length";
        case FailureClass::quota:
            return "quota";
        case FailureClass::rate_limited:
            return "rate_limited";
        case FailureClass::overloaded:
            return "overloaded";
        case FailureClass::timeout:
            return "timeout";
        case FailureClass::model_error:
            return "model_error";
        case FailureClass::network:
            return "network";
        case FailureClass::cancelled:
            return "cancelled";
    }
    return "model_error";
}

}  // namespace kaiwa::llm
