/* names.c: hostile names of regions, and native names. */
#include "backend.h"
#include "fuzz.h"
#include "region/name.h"

static void check_native(const char *name, struct ism_names names)
{
    char native[ISM_NATIVE_NAME_MAX + 1], path[ISM_PATH_MAX + 1];
    const unsigned candidates = names.shared ? ism_backend_traits.shared_candidates : ism_backend_traits.candidates;

    for (unsigned i = 0; i < candidates; i++) {
        memset(native, 'x', sizeof native);
        ism_memory_native_name(name, names, i, native);
        must(memchr(native, '\0', sizeof native) != NULL && native[0] != '\0');
        must(ism_memory_is_shared(native) == names.shared);
        must(ism_native_complaint(native, true) != NULL); /* regions are had by their own names */
        memset(path, 'x', sizeof path);
        ism_memory_path(native, path);
        must(memchr(path, '\0', sizeof path) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    ism_region_info info;
    ism_region *region = NULL;
    char *name = copy_of(bytes, size, 1);
    const bool is_valid = ism_name_is_valid(name);

    must(is_valid == (ism_name_check(name) == ISM_OK));
    must(is_valid || ism_region_open(name, NULL, &region) == ISM_E_NAME);
    must(is_valid || ism_region_remove(name) == ISM_E_NAME);
    must(region == NULL);
    if (is_valid) {
        must(strlen(name) <= ISM_NAME_MAX && strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstu"
                                                          "vwxyz0123456789._-") == strlen(name));
        check_native(name, (struct ism_names){.shared = false});
        check_native(name, (struct ism_names){.shared = true});
        (void)ism_region_look(name, &info);
    }
    (void)ism_native_complaint(name, true);
    if (ism_native_complaint(name, false) != NULL)
        must(ism_region_open_native(name, NULL, &region) < ISM_OK && region == NULL);
    free(name);
    return 0;
}
