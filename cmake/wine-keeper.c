/* Sleeps for half an hour at most; see ci/wine-keeper. */
#include <windows.h>

int main(void)
{
    Sleep(30 * 60 * 1000);
    return 0;
}
