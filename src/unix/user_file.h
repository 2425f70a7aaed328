/* user_file.h: one small file per user, by whose byte-range locks the user's processes know each other.
 *
 * It carries the id of the life table, the serials of the lives, and the locks of both lives and names.
 * A process opens it when it first needs it, and keeps it until it ends. The last process to end removes
 * it, unless regions are still open in it; after a kill the next process finds the file and uses it. */
#ifndef ISM_USER_FILE_H
#define ISM_USER_FILE_H

#include "../backend.h"

#define ISM_LIVES_MAX 65536u /* slots in the table of lives, numbered from 1 */

/* Open the file if it is not open yet, and tell the id of its table of lives. Each call is paired with
 * one of ism_user_file_leave(). ISM_E_TIMED_OUT: another process keeps it locked. */
ism_status ism_user_file_use(uint64_t *id, struct ism_cause *why);
void ism_user_file_leave(void);

/* A descriptor of this process alone, which forked children do not keep, for the locks of lives. */
ism_status ism_user_file_locks(int *descriptor, struct ism_cause *why);

/* Lives that were taken in another round have ended: this process gave them up, in a forked child or at exit.
 * ISM_LOCK_REGISTRY is held. */
uint64_t ism_user_file_round(void);

/* Give up the locks of a life, unless its round is over. ISM_LOCK_REGISTRY is held. */
void ism_user_file_end_life(uint32_t slot, uint64_t round);

/* Tells the file from one that was there before. ISM_LOCK_REGISTRY is held. */
uint64_t ism_user_file_identity(void);

/* Is that still a descriptor of the file? A program may have closed what it did not open. */
bool ism_user_file_is_open_at(int descriptor);

/* Where a life's serial stands in the file; the byte that is locked by who has its slot; and, next to that, the one that
 * is locked too as long as that one lives, once the serial is written. */
uint64_t ism_user_file_serial_offset(uint32_t slot);
uint64_t ism_user_file_slot_offset(uint32_t slot);
uint64_t ism_user_file_life_offset(uint32_t slot);

/* Where the file has room for a page per life; a multiple of any page's size. */
uint64_t ism_user_file_words_offset(void);

/* A description of the file that is nobody else's, with no locks. The caller closes it. ISM_LOCK_REGISTRY is held. */
ism_status ism_user_file_open_again(int *descriptor, struct ism_cause *why);

/* Keep other processes of this user out while names are looked up and changed. ISM_LOCK_NAMES is held:
 * a lock of this kind does not exclude the threads of one process. Waits for as long as a living process
 * is inside. */
ism_status ism_user_file_lock_names(struct ism_cause *why);
void ism_user_file_unlock_names(void);

#endif
