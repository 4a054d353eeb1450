// SPDX-License-Identifier: Apache-2.0
//
// libarchive, mapped when it is first called: recordings and bundles alone need it, and it brings eight more libraries
// for formats that are not ours. Whoever calls it includes <archive.h> and links this instead; the prototypes are the
// library's, and a function that is called and not here does not link. Without the library a call throws Error.
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>

#include <string>

#include "avocet/error.hpp"

namespace {

void* library() {
    static void* const mapped = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
    if (!mapped)
        throw avocet::Error(AVOCET_ERR_UNSUPPORTED, std::string("libarchive cannot be loaded: ") + dlerror(),
                            "install it: apt install libarchive13");
    return mapped;
}

template <class Function>
Function* real(Function*, const char* name) {
    void* found = dlsym(library(), name);
    if (!found) throw avocet::Error(AVOCET_ERR_UNSUPPORTED, std::string("libarchive has no function ") + name);
    return reinterpret_cast<Function*>(found);
}

}  // namespace

extern "C" {

// RESULT name PARAMETERS, as <archive.h> declares it.
#define ON_DEMAND(result, name, parameters, arguments)    \
    result name parameters {                              \
        static auto* const function = real(&name, #name); \
        return function arguments;                        \
    }

ON_DEMAND(int, archive_errno, (struct archive * a), (a))
ON_DEMAND(const char*, archive_error_string, (struct archive * a), (a))

ON_DEMAND(struct archive_entry*, archive_entry_new, (void), ())
ON_DEMAND(void, archive_entry_free, (struct archive_entry * e), (e))
ON_DEMAND(const char*, archive_entry_pathname, (struct archive_entry * e), (e))
ON_DEMAND(la_int64_t, archive_entry_size, (struct archive_entry * e), (e))
ON_DEMAND(int, archive_entry_size_is_set, (struct archive_entry * e), (e))
ON_DEMAND(void, archive_entry_set_pathname, (struct archive_entry * e, const char* path), (e, path))
ON_DEMAND(void, archive_entry_set_size, (struct archive_entry * e, la_int64_t size), (e, size))
ON_DEMAND(void, archive_entry_set_filetype, (struct archive_entry * e, unsigned type), (e, type))
ON_DEMAND(void, archive_entry_set_perm, (struct archive_entry * e, __LA_MODE_T mode), (e, mode))

ON_DEMAND(__LA_MODE_T, archive_entry_filetype, (struct archive_entry * e), (e))
ON_DEMAND(__LA_MODE_T, archive_entry_perm, (struct archive_entry * e), (e))
ON_DEMAND(const char*, archive_entry_hardlink, (struct archive_entry * e), (e))
ON_DEMAND(void, archive_entry_set_mtime, (struct archive_entry * e, time_t at, long ns), (e, at, ns))

ON_DEMAND(struct archive*, archive_read_new, (void), ())
ON_DEMAND(int, archive_read_free, (struct archive * a), (a))
ON_DEMAND(int, archive_read_support_format_tar, (struct archive * a), (a))
ON_DEMAND(int, archive_read_support_filter_gzip, (struct archive * a), (a))
ON_DEMAND(int, archive_read_support_filter_zstd, (struct archive * a), (a))
ON_DEMAND(int, archive_read_open_filename, (struct archive * a, const char* file, size_t block), (a, file, block))
ON_DEMAND(int, archive_read_open_memory, (struct archive * a, const void* bytes, size_t size), (a, bytes, size))
ON_DEMAND(int, archive_read_next_header, (struct archive * a, struct archive_entry** entry), (a, entry))
ON_DEMAND(la_ssize_t, archive_read_data, (struct archive * a, void* out, size_t size), (a, out, size))

ON_DEMAND(int, archive_read_data_block, (struct archive * a, const void** out, size_t* size, la_int64_t* at),
          (a, out, size, at))

ON_DEMAND(struct archive*, archive_write_new, (void), ())
ON_DEMAND(int, archive_write_free, (struct archive * a), (a))
ON_DEMAND(int, archive_write_close, (struct archive * a), (a))
ON_DEMAND(int, archive_write_set_format_pax_restricted, (struct archive * a), (a))
ON_DEMAND(int, archive_write_set_bytes_per_block, (struct archive * a, int bytes), (a, bytes))
ON_DEMAND(int, archive_write_set_bytes_in_last_block, (struct archive * a, int bytes), (a, bytes))
ON_DEMAND(int, archive_write_add_filter_zstd, (struct archive * a), (a))
ON_DEMAND(int, archive_write_set_filter_option,
          (struct archive * a, const char* filter, const char* option, const char* value), (a, filter, option, value))
ON_DEMAND(int, archive_write_open,
          (struct archive * a, void* context, archive_open_callback* opened, archive_write_callback* written,
           archive_close_callback* closed),
          (a, context, opened, written, closed))
ON_DEMAND(int, archive_write_open_fd, (struct archive * a, int file), (a, file))
ON_DEMAND(int, archive_write_header, (struct archive * a, struct archive_entry* entry), (a, entry))
ON_DEMAND(la_ssize_t, archive_write_data, (struct archive * a, const void* bytes, size_t size), (a, bytes, size))
ON_DEMAND(int, archive_write_finish_entry, (struct archive * a), (a))

#undef ON_DEMAND
}
