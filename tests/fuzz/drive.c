/* drive.c: gives a target the files that the command line names, one after the other. */
#include "fuzz.h"

#define LONGEST 65536

int main(int count, char **words)
{
    static uint8_t bytes[LONGEST];

    for (int i = 1; i < count; i++) {
        FILE *file = fopen(words[i], "rb");
        if (file == NULL) {
            (void)fprintf(stderr, "can't open %s\n", words[i]);
            return 1;
        }
        const size_t size = fread(bytes, 1, sizeof bytes, file);
        (void)fclose(file);
        (void)printf("%s\n", words[i]);
        (void)fflush(stdout);
        uint8_t *copy = copy_of(bytes, size, 0);
        (void)LLVMFuzzerTestOneInput(copy, size);
        free(copy);
    }
    (void)printf("%d inputs\n", count - 1);
    return count > 1 ? 0 : 1;
}
