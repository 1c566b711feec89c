#include "server/wire_store.hpp"

#include "server/sealing_key.hpp"
#include "store/files/directory_blobs.hpp"

namespace kaiwa::server {

Result<Stores> open_stores(Settings const& settings, store::sqlite::Access access,
                           Clock const& clock, Random& random, Log& log) {
    auto sealer = sealing_key(settings, random);
    if (!sealer) return std::unexpected(sealer.error());
    Stores stores;
    auto database = store::sqlite::open({.data_dir = settings.data,
                                         .access = access,
                                         .clock = clock,
                                         .random = random,
                                         .log = log,
                                         .sealer = *sealer});
    if (!database) return std::unexpected(database.error());
    stores.database = std::move(*database);
    if (access == store::sqlite::Access::server) {
        auto blobs = store::files::open({.dir = settings.data / "files"});
        if (!blobs) return std::unexpected(blobs.error());
        stores.blobs = std::move(*blobs);
    }
    return stores;
}

}  // namespace kaiwa::server
