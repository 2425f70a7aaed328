#include <isthmus/isthmus.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    ism_region_options options;
    ism_region *region;
    ism_status status;

    memset(&options, 0, sizeof options);
    options.size = 4096;
    status = ism_region_open_or_create("consumer", &options, &region);
    if (status != ISM_OK) {
        fprintf(stderr, "%s: %s\n", ism_status_name(status), ism_error_last()->message);
        return 1;
    }
    printf("isthmus %s: %s\n", ISM_VERSION, ism_region_native_name(region));
    return ism_region_close(region) == ISM_OK ? 0 : 1;
}
