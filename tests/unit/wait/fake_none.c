/* fake_none.c: macOS before 14.4, whose private calls are not used. */
#include "fake.h"

const struct fake_traits fake_traits = {.tells_of_nobody = true};
