#pragma once

#include "aws/service_client.hpp"
#include "base/uuid.hpp"

#include <string>

namespace kaiwa::lambda {

/// Has another invocation of this very function run a stored turn, asynchronously (Lambda API,
/// "Invoke" with invocation type Event). Used on the runtime's loop only.
class SelfInvocation {
public:
    /// `client` is for the service "lambda" and outlives this.
    explicit SelfInvocation(aws::ServiceClient& client) : client_(client) {}

    /// Names the function: the address of the present invocation, with its alias or version.
    void set_function(std::string arn) { function_ = std::move(arn); }

    /// Returns once Lambda took the event. It may deliver it more than once, so may we: the store
    /// lets one run have the turn.
    ///
    /// Fails with `forbidden` where the function's role may not do that (then it is not asked
    /// again), else as the call did.
    asio::awaitable<Result<void>> run(GenerationId generation);

private:
    aws::ServiceClient& client_;
    std::string function_;
    bool refused_ = false;
};

}  // namespace kaiwa::lambda
