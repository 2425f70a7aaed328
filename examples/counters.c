#include <inttypes.h>
#include <isthmus/isthmus.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    ism_array_layout layout = {ISM_DTYPE_UINT64, ISM_ORDER_C, 1, {1000}};
    ism_array *array = NULL; /* the first to ask for "counters" makes it, all others share it */
    ism_array_part part;     /* one of four equal parts, as for four workers */

    ism_status status = ism_array_open_or_create("counters", &layout, NULL, &array);
    if (status == ISM_OK && (status = ism_array_get_part(array, 0, 4, &part)) == ISM_OK)
        status = ism_array_lock(array);
    if (status == ISM_OWNER_DIED) { /* killed half-way: mend the data, say so, go on */
        memset(part.data, 0, part.count * sizeof(uint64_t));
        status = ism_array_consistent(array);
    }
    if (status != ISM_OK) {
        fprintf(stderr, "%s\n", ism_error_last()->message);
        return 1;
    }
    for (uint64_t i = 0; i < part.count; i++)
        ((uint64_t *)part.data)[i]++;
    ism_array_unlock(array);

    printf("counted up %" PRIu64 " of 1000 counters\n", part.count);
    return ism_array_close(array) == ISM_OK ? 0 : 1;
}
