/* token.c: hostile tokens; and tokens of any fields, whole and with some bits turned. */
#include "region/token.h"
#include "fuzz.h"
#include "region/name.h"

/* What is read is what was written: no two texts mean the same. */
static void check_text(const uint8_t *bytes, size_t size)
{
    struct ism_token token;
    char written[ISM_TOKEN_MAX + 1];
    ism_region *region = NULL;
    char *text = copy_of(bytes, size, 1);
    const ism_status status = ism_token_read(text, &token);

    must(status == ISM_OK || status == ISM_E_VERSION || status == ISM_E_TOKEN);
    if (status == ISM_OK) {
        ism_token_write(&token, written);
        must(strcmp(written, text) == 0);
    } else {
        must(ism_region_open_token(text, NULL, &region) == status && region == NULL);
    }
    free(text);
}

/* The checksum tells any run of up to 32 wrong bits. */
static void check_fields(struct input *input)
{
    struct ism_token token = {.is_of_all = take(input, 1) & 1, .is_of_machine = take(input, 1) & 1};
    struct ism_token again;
    char text[ISM_TOKEN_MAX + 1];
    const uint64_t region = take(input, 8), place = take(input, 2);
    const uint32_t change = (uint32_t)take(input, 4);

    token.region = region != 0 ? region : 1;
    memcpy(token.name, input->at, input->left < ISM_NAME_MAX ? input->left : ISM_NAME_MAX);
    if (!ism_name_is_valid(token.name))
        return;
    ism_token_write(&token, text);
    must(ism_token_read(text, &again) == ISM_OK);
    must(again.is_of_all == token.is_of_all && again.is_of_machine == token.is_of_machine &&
         again.region == token.region && strcmp(again.name, token.name) == 0);
    const size_t at = (size_t)place % (strlen(text) - sizeof change);
    for (size_t i = 0; i < sizeof change; i++)
        text[at + i] = (char)((unsigned char)text[at + i] ^ (unsigned char)(change >> 8 * i));
    must(change == 0 || ism_token_read(text, &again) != ISM_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, size};
    if (size > 0 && bytes[0] == '#') {
        (void)take(&input, 1);
        check_fields(&input);
    } else {
        check_text(bytes, size);
    }
    return 0;
}
