/* undo_table.h: a table of lives that is a set of semaphores, and a segment beside it.
 *
 * The set holds the locks by which processes take turns, the alarms that sleepers are woken by, and a semaphore for
 * each life. The segment holds a word for each life; who is attached to it uses the table. There is one for each user,
 * one for everyone, and one for each user and group of that user's regions. */
#ifndef ISM_UNDO_TABLE_H
#define ISM_UNDO_TABLE_H

#include "../backend.h"

#include <sys/types.h>

/* The first semaphores of a set. A lock is free at zero. Behind them lie the alarms, and behind those the lives. */
enum {
    ISM_UNDO_TABLE, /* lock: the table is opened or left */
    ISM_UNDO_NAMES, /* lock: names are looked up and changed */
    ISM_UNDO_SEAL,  /* this one and the next hold bits of the table's id */
    ISM_UNDO_ALARMS = ISM_UNDO_SEAL + 2
};

/* Who may use a table, and whose it is. */
struct ism_undo_audience {
    key_t key;
    ism_access access;
    uid_t owner; /* unless it is everyone's */
    gid_t group; /* if it is a group's */
};

/* A thread of this process in a table. */
struct ism_undo_life {
    ism_life life;
    uint64_t thread;
};

/* All is guarded by ISM_LOCK_REGISTRY, but for what stays as it is while the table is open. */
struct ism_life_table {
    struct ism_undo_audience audience;
    int locks; /* the set whose locks were taken last: the one that had the key; -1: not known yet */
    int set;   /* the set that lives and alarms are in: the same, unless somebody has removed it */
    uint32_t alarms;
    uint32_t slots;
    void *segment;
    uint64_t *words; /* in the segment: of slot 1, and so on */
    uint64_t id;
    size_t users;        /* regions of this process */
    uint64_t generation; /* of the process, whose lives these are */
    uint64_t round;      /* another one each time that all of them are given up; never used twice */
    struct ism_undo_life *lives;
    size_t count;
    size_t room;
    struct ism_life_table *next;
};

/* Those that are open in this process. */
extern struct ism_life_table *ism_undo_tables;

/* This user's; NULL: it is not open. ISM_LOCK_REGISTRY is not held. */
struct ism_life_table *ism_undo_of_user(void);

struct ism_undo_audience ism_undo_for_user(void);
struct ism_undo_audience ism_undo_for_everyone(void);
struct ism_undo_audience ism_undo_for_group(uid_t owner, gid_t group);

/* The table of an audience, opened if it is not yet; it stays open until it is left, or the process ends.
 * ISM_LOCK_REGISTRY is held. ISM_E_FOREIGN: what is there is another's. ISM_E_UNSUPPORTED: there is none, and it is
 * not this process's to make; or other processes use one that was removed. */
ism_status ism_undo_open(const struct ism_undo_audience *audience, struct ism_life_table **out, struct ism_cause *why);

/* The same if it is open already, else NULL. */
struct ism_life_table *ism_undo_find(const struct ism_undo_audience *audience);

/* Detach from it, and remove it if nobody else is attached. ISM_LOCK_REGISTRY is held. */
void ism_undo_leave(struct ism_life_table *table);

/* Take one of the locks, not held by this process yet, or give it back. set: before, the set that is likely to have the
 * key, or -1; afterwards the one whose lock was taken, which alone may be given back. ISM_E_TIMED_OUT: another process is
 * inside and does not get done, in a table that others may use; this user's own processes are waited for. */
ism_status ism_undo_lock(const struct ism_undo_audience *audience, unsigned which, int *set, struct ism_cause *why);
void ism_undo_unlock(int set, unsigned which);

/* Is it still the table's set that its id means to this process? */
bool ism_undo_is_sealed(const struct ism_life_table *table);

/* Forget a parent's lives, in a forked child: they are none of its own. ISM_LOCK_REGISTRY is held. */
void ism_undo_settle(struct ism_life_table *table);

/* Give up a life of this process's. */
void ism_undo_end_life(const struct ism_life_table *table, ism_life life);

/* The slot of a life, and its semaphore. */
static inline uint32_t ism_undo_slot(ism_life life)
{
    return (uint32_t)(life & UINT64_C(0x00ffffff));
}

static inline unsigned short ism_undo_semaphore(const struct ism_life_table *table, uint32_t slot)
{
    return (unsigned short)(ISM_UNDO_ALARMS + table->alarms + slot - 1);
}

/* What a failed call of the set means. */
ism_status ism_undo_failure(struct ism_cause *why, const char *call, int code);

#endif
