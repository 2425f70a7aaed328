/* control.h: the control block, the bytes of our own in a region that isthmus made.
 *
 * It lies behind the data, at the start of the object's last page, so that the user's first byte is the
 * object's first byte. Its layout is the same for every compiler and word size, and is held by golden
 * bytes (tests/unit); a change of it is a new ISM_CONTROL_VERSION. Numbers are in the machine's byte
 * order, which the magic tells: all who share memory share the machine, unless one of them is emulated. */
#ifndef ISM_CONTROL_H
#define ISM_CONTROL_H

#include "../backend.h"

#define ISM_CONTROL_MAGIC UINT64_C(0x0a73756d68747369)        /* "isthmus\n" on little-endian machines */
#define ISM_CONTROL_MAGIC_TURNED UINT64_C(0x697374686d75730a) /* the same of the other byte order */
#define ISM_CONTROL_VERSION 1u
#define ISM_CONTROL_FEATURES 0u /* feature bits that this version knows */

#define ISM_CONTROL_COMMITTED 0x1u /* flags: the data was committed at creation (R4) */

struct ism_control {
    /* Written once by the creator, and covered by the checksum. */
    uint64_t magic;
    uint32_t version;
    uint32_t features; /* what a reader must know of; unknown bits are ISM_E_VERSION */
    uint32_t checksum;
    uint32_t lifetime;
    uint64_t region;   /* random id */
    uint64_t capacity; /* bytes of data that the object has room for */
    uint32_t flags;
    uint32_t access; /* who may use it: the object's own protection must be the same */
    char name[208];  /* zero-filled behind the name */

    /* Changed while the region lives. */
    uint64_t size;          /* bytes of data */
    uint64_t life_table;    /* id of the table that lock owners are named in */
    uint32_t ready;         /* 0 until the initialiser has returned */
    uint32_t removed;       /* 1: nobody gets it any more; where names can be freed, since it was found dead */
    uint64_t initialiser;   /* the life of the thread that makes it ready; 0: not known */
    ism_mutex growth_mutex; /* R5: of the one who makes it larger */
    uint8_t reserved_mutable[16];
    ism_mutex array_mutex; /* A3: in a cache line of its own */
    uint8_t reserved_line[48];
    uint64_t attached[ISM_ATTACHED_MAX]; /* process ids, a hint, where the lease does not tell them */
};

/* What is found where a control block should be. */
enum ism_control_state {
    ISM_CONTROL_UNREADY, /* not written yet, or not ready; or it can't be read */
    ISM_CONTROL_READY,   /* whole, and the initialiser has returned */
    ISM_CONTROL_HOLLOW   /* nothing is left of the region but its native name, see ism_memory_is_hollow() */
};

/* The capacity that the options ask for. */
uint64_t ism_control_capacity(const ism_region_options *options);

/* Where things are in an object for that capacity. False: it would be too large for this process. */
bool ism_control_place(uint64_t capacity, uint64_t *control_offset, uint64_t *object_length);

/* Where the control block of an existing object must be. False: the object is too small to be ours. */
bool ism_control_find(uint64_t object_length, uint64_t *control_offset);

/* Fill in a control block; what is not told is zero. */
void ism_control_fill(struct ism_control *control, const char *name, const ism_region_options *options, uint64_t region,
                      uint64_t life_table, ism_life initialiser);

/* Write a new control block. Its magic comes last, see ism_memory_write(): a block without is taken for none, so
 * a writer that is killed leaves an object that was never claimed. */
ism_status ism_control_write(struct ism_memory *memory, const struct ism_control *control, struct ism_cause *why);

/* Copy the control block out of an object, and check the copy: whoever wrote it may be hostile. ISM_OK: the
 * copy makes sense, or there is none yet: then it is all zero and unready, or hollow.
 * ISM_E_FOREIGN: no magic, or another protection than it says; ISM_E_VERSION; ISM_E_CORRUPT: its values make no sense. */
ism_status ism_control_read(struct ism_memory *memory, struct ism_control *copy, enum ism_control_state *state,
                            struct ism_cause *why);

/* Say that the region is ready: whoever reads that also sees what the creator has stored. */
ism_status ism_control_publish(struct ism_memory *memory, struct ism_cause *why);

/* Say that nobody gets the region any more, or which table its lock owners are named in from now on. The object was
 * read by ism_control_read() before. */
ism_status ism_control_set_removed(struct ism_memory *memory, struct ism_cause *why);
ism_status ism_control_set_life_table(struct ism_memory *memory, uint64_t life_table, struct ism_cause *why);

/* The control block in a mapped object. */
struct ism_control *ism_control_mapped(const struct ism_memory *memory);

#endif
