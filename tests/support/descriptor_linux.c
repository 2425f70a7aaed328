/* descriptor_linux.c: memfd_create(), and sockets with abstract addresses, which leave no file behind. */
#include "descriptor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

intptr_t descriptor_make(const void *bytes, size_t size, bool sealed)
{
    int descriptor = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor == -1 || write(descriptor, bytes, size) != (ssize_t)size)
        return -1;
    return sealed && fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK) == -1 ? -1 : descriptor;
}

intptr_t descriptor_of_pipe(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == -1)
        return -1;
    (void)close(ends[1]);
    return ends[0];
}

intptr_t descriptor_of_file(const char *path)
{
    return open(path, O_RDWR | O_CLOEXEC);
}

intptr_t descriptor_inheritable(intptr_t descriptor)
{
    return dup((int)descriptor);
}

intptr_t descriptor_read_only(intptr_t descriptor)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", (int)descriptor);
    return open(path, O_RDONLY | O_CLOEXEC);
}

void descriptor_close(intptr_t descriptor)
{
    (void)close((int)descriptor);
}

bool descriptor_truncate(intptr_t descriptor, uint64_t size)
{
    return ftruncate((int)descriptor, (off_t)size) == 0;
}

bool descriptor_write(intptr_t descriptor, uint64_t offset, unsigned char byte)
{
    return pwrite((int)descriptor, &byte, 1, (off_t)offset) == 1;
}

static socklen_t fill(struct sockaddr_un *place, const char *address)
{
    memset(place, 0, sizeof *place);
    place->sun_family = AF_UNIX;
    (void)snprintf(place->sun_path + 1, sizeof place->sun_path - 1, "%s", address);
    return (socklen_t)sizeof *place;
}

union rights {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static struct msghdr message_of(struct iovec *part, union rights *rights)
{
    struct msghdr message;
    memset(&message, 0, sizeof message);
    message.msg_iov = part;
    message.msg_iovlen = 1;
    message.msg_control = rights->bytes;
    message.msg_controllen = sizeof rights->bytes;
    return message;
}

bool descriptor_send(const char *address, intptr_t descriptor)
{
    struct sockaddr_un place;
    union rights rights;
    char byte = 'x';
    struct iovec part = {&byte, 1};
    int given = (int)descriptor;
    int endpoint = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (endpoint == -1)
        return false;
    memset(&rights, 0, sizeof rights);
    struct msghdr message = message_of(&part, &rights);
    message.msg_name = &place;
    message.msg_namelen = fill(&place, address);
    rights.header.cmsg_level = SOL_SOCKET;
    rights.header.cmsg_type = SCM_RIGHTS;
    rights.header.cmsg_len = CMSG_LEN(sizeof given);
    memcpy(CMSG_DATA(&rights.header), &given, sizeof given);
    bool sent = sendmsg(endpoint, &message, 0) == 1;
    (void)close(endpoint);
    return sent;
}

intptr_t descriptor_receive(const char *address, void (*waiting)(void))
{
    struct sockaddr_un place;
    union rights rights;
    char byte;
    struct iovec part = {&byte, 1};
    int given = -1;
    int endpoint = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t length = fill(&place, address);

    if (endpoint == -1 || bind(endpoint, (const struct sockaddr *)(const void *)&place, length) == -1)
        return -1;
    waiting();
    memset(&rights, 0, sizeof rights);
    struct msghdr message = message_of(&part, &rights);
    if (recvmsg(endpoint, &message, MSG_CMSG_CLOEXEC) == 1 && rights.header.cmsg_type == SCM_RIGHTS)
        memcpy(&given, CMSG_DATA(&rights.header), sizeof given);
    (void)close(endpoint);
    return given;
}
