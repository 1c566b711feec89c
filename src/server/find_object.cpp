#include <dlfcn.h>
#include <link.h>

#include <cstdint>

// The unwinder that is linked into the program asks the C library where the unwind table of an
// address is, by a function that came with glibc 2.35. This is the same answer by what every glibc
// has, so that the program also starts where the C library is older: AWS Lambda's and RHEL 9's is
// 2.34. Slower, which matters to nobody: exceptions are failed starts and bugs here.

namespace {

struct Search {
    std::uintptr_t address;
    dl_find_object* found;
};

int look_into(dl_phdr_info* object, std::size_t, void* argument) {
    auto& search = *static_cast<Search*>(argument);
    bool inside = false;
    std::uintptr_t begin = UINTPTR_MAX;
    std::uintptr_t end = 0;
    std::uintptr_t table = 0;
    for (unsigned i = 0; i < object->dlpi_phnum; ++i) {
        auto const& part = object->dlpi_phdr[i];
        auto const from = object->dlpi_addr + part.p_vaddr;
        if (part.p_type == PT_GNU_EH_FRAME) table = from;
        if (part.p_type != PT_LOAD) continue;
        auto const to = from + part.p_memsz;
        inside |= search.address >= from && search.address < to;
        if (from < begin) begin = from;
        if (to > end) end = to;
    }
    if (!inside || table == 0) return 0;
    *search.found = {};
    search.found->dlfo_map_start = reinterpret_cast<void*>(begin);
    search.found->dlfo_map_end = reinterpret_cast<void*>(end);
    search.found->dlfo_eh_frame = reinterpret_cast<void*>(table);
    return 1;
}

}  // namespace

// The name is the C library's. It is declared by <dlfcn.h> of glibc 2.35 and later.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" int _dl_find_object(void* address, dl_find_object* result) noexcept {
    Search search{reinterpret_cast<std::uintptr_t>(address), result};
    return dl_iterate_phdr(look_into, &search) == 1 ? 0 : -1;
}
