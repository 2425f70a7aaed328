/* regions.h: the steps that most tests of regions begin and end with. */
#ifndef ISTHMUS_TESTS_REGIONS_H
#define ISTHMUS_TESTS_REGIONS_H

#include "suite.h"

static inline ism_region *create_region(const char *name, uint64_t size)
{
    ism_region_options options = {.size = size};
    ism_region *region = NULL;
    assert_status(ism_region_create(name, &options, &region), ISM_OK);
    assert_non_null(region);
    return region;
}

static inline ism_region *open_region(const char *name)
{
    ism_region *region = NULL;
    assert_status(ism_region_open(name, NULL, &region), ISM_OK);
    assert_non_null(region);
    return region;
}

static inline void close_region(ism_region *region)
{
    assert_status(ism_region_close(region), ISM_OK);
}

/* Close what a call has opened; what it has not opened is to be NULL. */
static inline ism_status close_opened(ism_status status, ism_region *region)
{
    if (status == ISM_OK)
        close_region(region);
    else
        assert_null(region);
    return status;
}

static inline ism_status status_of_open(const char *name, const ism_region_options *options)
{
    ism_region *region = (ism_region *)(void *)&region;
    ism_status status = ism_region_open(name, options, &region);
    return close_opened(status, region);
}

static inline ism_status status_of_create(const char *name, const ism_region_options *options)
{
    ism_region *region = (ism_region *)(void *)&region;
    ism_status status = ism_region_create(name, options, &region);
    return close_opened(status, region);
}

static inline ism_status status_of_open_token(const char *token, const ism_region_options *options)
{
    ism_region *region = (ism_region *)(void *)&region;
    ism_status status = ism_region_open_token(token, options, &region);
    return close_opened(status, region);
}

/* Does every byte have this value? */
static inline bool region_holds(const ism_region *region, unsigned char byte)
{
    const unsigned char *bytes = ism_region_data(region);
    uint64_t i = 0;
    while (i < ism_region_size(region) && bytes[i] == byte)
        i++;
    return i == ism_region_size(region);
}

/* The native name that a region of this name gets now. */
static inline void native_name_of(const char *name, char native[ISM_NATIVE_NAME_MAX + 1])
{
    ism_region *region = create_region(name, 1);
    (void)snprintf(native, ISM_NATIVE_NAME_MAX + 1, "%s", ism_region_native_name(region));
    close_region(region);
}

/* Whatever is in a region's way, it is not taken for one. */
static inline void assert_refused(const char *name)
{
    ism_region_options options = {.size = 10000};
    ism_region_info info;
    ism_region *region;

    ism_status opened = status_of_open(name, NULL);
    assert_true(opened == ISM_E_FOREIGN || opened == ISM_E_NOT_FOUND);
    ism_status looked = ism_region_look(name, &info);
    assert_true(looked == ISM_E_FOREIGN || looked == ISM_E_NOT_FOUND);
    ism_status removed = ism_region_remove(name);
    assert_true(removed == ISM_E_FOREIGN || removed == ISM_E_NOT_FOUND);
    assert_status(ism_region_tidy(NULL, NULL), ISM_OK);
    ism_status created = ism_region_create(name, &options, &region);
    if (created == ISM_OK) {
        assert_true(region_holds(region, 0));
        memset(ism_region_data(region), 9, 10000);
        assert_status(status_of_open(name, NULL), ISM_OK);
        close_region(region);
    } else {
        assert_status(created, ISM_E_FOREIGN);
        assert_null(region);
    }
}

#endif
