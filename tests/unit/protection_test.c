/* protection_test.c: how the access lists of Windows objects are judged, whoever wrote them (R8, E2), how the
 * objects that belong to regions for others are protected: the mutex of a life, the semaphore that is slept on, and
 * the lock of shared names; what others plant under a user's own names; and memory that they call set aside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <isthmus/isthmus.h>

#include "region/control.h"
#include "region/handle.h"
#include "win32/protection.h"
#include "win32/user.h"
#include "win32/win32.h"

#include <sddl.h>

#define RIGHTS "0x20007" /* ISM_RIGHTS_SECTION */
#define WIDE_ENTRIES 40

static const char *own_text(void)
{
    const struct ism_user *user;
    struct ism_cause why;
    assert_int_equal(ism_user_get(&user, &why), ISM_OK);
    return user->text;
}

static void group_text(char text[ISM_USER_TEXT_MAX + 1])
{
    struct ism_protection protection;
    struct ism_cause why;
    char *written;
    assert_int_equal(ism_protection_of_section(&protection, ISM_ACCESS_GROUP, &why), ISM_OK);
    assert_true(ConvertSidToStringSidA(&protection.others.sid, &written));
    (void)snprintf(text, ISM_USER_TEXT_MAX + 1, "%s", written);
    (void)LocalFree(written);
}

/* A section whose list is written so; %u stands for the user, %g for the group. */
static HANDLE section_with(const char *pattern)
{
    char text[8192] = "", group[ISM_USER_TEXT_MAX + 1];
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
    group_text(group);
    for (size_t length = 0; *pattern != '\0'; pattern++, length = strlen(text))
        if (pattern[0] == '%')
            (void)snprintf(text + length, sizeof text - length, "%s", *++pattern == 'u' ? own_text() : group);
        else
            (void)snprintf(text + length, sizeof text - length, "%c", *pattern);
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorA(text, SDDL_REVISION_1, &attributes.lpSecurityDescriptor,
                                                              NULL))
        fail_msg("\"%s\" is no descriptor", text);
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 4096, NULL);
    assert_non_null(section);
    (void)LocalFree(attributes.lpSecurityDescriptor);
    return section;
}

static uint32_t judged(const char *pattern)
{
    struct ism_sid owner, others;
    struct ism_cause why;
    uint32_t access = 99;
    HANDLE section = section_with(pattern);
    assert_int_equal(ism_protection_read(section, &owner, &access, &others, &why), ISM_OK);
    (void)CloseHandle(section);
    return access;
}

static void r8_an_access_list_is_one_of_ours_or_none(void **state)
{
    (void)state;
    assert_int_equal(judged("O:%uD:P(A;;GA;;;%u)"), ISM_ACCESS_OWNER);
    assert_int_equal(judged("O:%uD:P(A;;0xf001f;;;%u)"), ISM_ACCESS_OWNER);
    assert_int_equal(judged("O:%uG:%gD:P(A;;GA;;;%u)(A;;" RIGHTS ";;;%g)"), ISM_ACCESS_GROUP);
    assert_int_equal(judged("O:%uD:P(A;;GA;;;%u)(A;;" RIGHTS ";;;WD)"), ISM_ACCESS_EVERYONE);
    assert_int_equal(judged("O:BAD:P(A;;GA;;;BA)(A;;" RIGHTS ";;;WD)"), ISM_ACCESS_EVERYONE);

    assert_int_equal(judged("O:%uD:P"), ISM_ACCESS_NONE);
    assert_int_equal(judged("O:%uD:P(A;;GA;;;WD)"), ISM_ACCESS_NONE);
    assert_int_equal(judged("O:%uD:P(A;;GR;;;%u)"), ISM_ACCESS_NONE);
    assert_int_equal(judged("O:%uD:P(D;;GA;;;%u)"), ISM_ACCESS_NONE);
    assert_int_equal(judged("O:BAD:P(A;;GA;;;%u)(A;;" RIGHTS ";;;WD)"), ISM_ACCESS_NONE);
    assert_int_equal(judged("O:%uD:P(A;;GA;;;%u)(A;;GA;;;WD)"), ISM_ACCESS_NONE);
    assert_int_equal(judged("O:%uD:P(A;;GA;;;%u)(A;;0x60007;;;WD)"), ISM_ACCESS_NONE); /* and WRITE_DAC */
    assert_int_equal(judged("O:%uD:P(A;;GA;;;%u)(A;;0x20005;;;WD)"), ISM_ACCESS_NONE); /* reading alone */
    assert_int_equal(judged("O:%uD:P(A;;GA;;;%u)(D;;" RIGHTS ";;;WD)"), ISM_ACCESS_NONE);
    assert_int_equal(judged("O:%uG:%gD:P(A;;GA;;;%u)(A;;" RIGHTS ";;;BG)"), ISM_ACCESS_NONE);
    assert_int_equal(judged("O:%uD:P(A;;GA;;;%u)(A;;" RIGHTS ";;;WD)(A;;" RIGHTS ";;;BG)"), ISM_ACCESS_NONE);
}

/* A list that is longer than any of ours says nothing, but whose the object is can still be told. */
static void e2_a_long_access_list_is_none_of_ours(void **state)
{
    char pattern[4096] = "O:%uD:P(A;;GA;;;%u)";
    struct ism_sid owner, others;
    struct ism_cause why;
    uint32_t access;

    (void)state;
    for (int i = 0; i < WIDE_ENTRIES; i++)
        (void)snprintf(pattern + strlen(pattern), sizeof pattern - strlen(pattern),
                       "(A;;" RIGHTS ";;;S-1-5-21-1-2-3-%d)", 5000 + i);
    HANDLE section = section_with(pattern);
    assert_int_equal(ism_protection_read(section, &owner, &access, &others, &why), ISM_OK);
    assert_int_equal(access, ISM_ACCESS_NONE);
    assert_true(ism_user_is(&owner.sid));
    (void)CloseHandle(section);
}

/* ---- what belongs to a region ---- */

static bool allows(ACL *list, DWORD place, PSID sid, DWORD rights)
{
    ACCESS_ALLOWED_ACE *entry;
    return GetAce(list, place, (void **)&entry) && entry->Header.AceType == ACCESS_ALLOWED_ACE_TYPE &&
           entry->Mask == rights && EqualSid(&entry->SidStart, sid);
}

/* Its maker may do everything, the region's owner and those whom the region is open to may use it. */
static void assert_open_to(HANDLE object, const struct ism_sid *others, DWORD rights, DWORD entries)
{
    union {
        SECURITY_DESCRIPTOR descriptor;
        unsigned char bytes[1024];
    } found;
    const struct ism_user *user;
    struct ism_cause why;
    struct ism_sid sid = *others;
    DWORD length;
    ACL *list;
    BOOL is_present, is_default;

    assert_non_null(object);
    assert_int_equal(ism_user_get(&user, &why), ISM_OK);
    assert_true(GetKernelObjectSecurity(object, DACL_SECURITY_INFORMATION, &found.descriptor, sizeof found, &length));
    assert_true(GetSecurityDescriptorDacl(&found.descriptor, &is_present, &list, &is_default));
    assert_true(is_present);
    assert_int_equal(list->AceCount, entries);
    if (entries == 3)
        assert_true(allows(list, 1, user->sid, rights));
    if (entries > 1)
        assert_true(allows(list, entries - 1, &sid.sid, rights));
    (void)CloseHandle(object);
}

/* The alarm of a lock is kept open by whoever slept on it. */
struct sleeper {
    ism_mutex *mutex;
    ism_status status;
};

static DWORD WINAPI sleep_on(void *context)
{
    struct sleeper *sleeper = context;
    sleeper->status = ism_mutex_lock_until(sleeper->mutex, ism_deadline_after(UINT64_C(20) * ISM_MILLISECOND));
    return 0;
}

static void sleep_once(ism_mutex *mutex)
{
    struct sleeper sleeper = {mutex, ISM_OK};
    HANDLE thread = CreateThread(NULL, 0, sleep_on, &sleeper, 0, NULL);
    assert_non_null(thread);
    (void)WaitForSingleObject(thread, INFINITE);
    (void)CloseHandle(thread);
    assert_int_equal(sleeper.status, ISM_E_TIMED_OUT);
}

/* A busy machine may not get as far as to sleep before the time is up; then it has another try. */
static HANDLE alarm_after_sleep(ism_mutex *mutex, const char *name)
{
    HANDLE alarm = NULL;
    for (int tries = 0; alarm == NULL && tries < 100; tries++) {
        sleep_once(mutex);
        alarm = OpenSemaphoreA(READ_CONTROL, FALSE, name);
    }
    return alarm;
}

static void check_helpers(ism_access access, ism_scope scope)
{
    char name[ISM_NAME_MAX + 1], token[ISM_TOKEN_MAX + 1], helper[2 * ISM_NATIVE_NAME_MAX];
    char prefix[ISM_USER_PREFIX_MAX + 1];
    ism_region_options options = {.size = 4096, .access = access, .scope = scope};
    struct ism_protection protection;
    struct ism_cause why;
    ism_region *region;
    const DWORD entries = access == ISM_ACCESS_OWNER ? 1 : 3;

    (void)snprintf(name, sizeof name, "test-%llu-protection", (unsigned long long)ism_process_id());
    ism_status status = ism_region_create(name, &options, &region);
    if (status == ISM_E_ACCESS && scope == ISM_SCOPE_MACHINE)
        return;
    assert_int_equal(status, ISM_OK);
    assert_int_equal(ism_region_get_token(region, token), ISM_OK);
    ism_mutex *mutex = ism_region_data(region);
    assert_int_equal(ism_mutex_lock(mutex), ISM_OK);
    memset(&protection, 0, sizeof protection);
    assert_int_equal(ism_protection_of_section(&protection, access, &why), ISM_OK);
    ism_user_prefix((struct ism_names){access != ISM_ACCESS_OWNER, scope}, prefix);

    (void)snprintf(helper, sizeof helper, "%slife.%016llx", prefix,
                   (unsigned long long)(mutex->opaque[0] & ISM_LIFE_BITS));
    assert_open_to(OpenMutexA(READ_CONTROL, FALSE, helper), &protection.others, ISM_RIGHTS_MUTEX, entries);
    (void)snprintf(helper, sizeof helper, "%swake.%.16s.%016x", prefix, token + strlen("ism1.os."), 0);
    assert_open_to(alarm_after_sleep(mutex, helper), &protection.others, ISM_RIGHTS_SEMAPHORE, entries);
    assert_int_equal(ism_mutex_unlock(mutex), ISM_OK);
    assert_int_equal(ism_region_close(region), ISM_OK);
}

static void r8_what_belongs_to_a_region_is_open_as_it_is(void **state)
{
    (void)state;
    for (int scope = ISM_SCOPE_SESSION; scope <= ISM_SCOPE_MACHINE; scope++)
        for (int access = ISM_ACCESS_OWNER; access <= ISM_ACCESS_EVERYONE; access++)
            check_helpers((ism_access)access, (ism_scope)scope);
}

/* ---- the lock of shared names ---- */

static DWORD WINAPI look(void *context)
{
    ism_region_info info;
    *(ism_status *)context = ism_region_look_shared("nobody-has-this", ISM_SCOPE_SESSION, &info);
    return 0;
}

static ism_status look_in_thread(void)
{
    ism_status status = ISM_OK;
    HANDLE thread = CreateThread(NULL, 0, look, &status, 0, NULL);
    assert_non_null(thread);
    (void)WaitForSingleObject(thread, INFINITE);
    (void)CloseHandle(thread);
    return status;
}

/* Who holds it for ever does not keep others waiting for ever, and nobody who uses own names. */
static void r8_a_held_lock_of_shared_names_is_waited_for_in_bounds(void **state)
{
    struct ism_names shared = {.shared = true, .scope = ISM_SCOPE_SESSION};
    char prefix[ISM_USER_PREFIX_MAX + 1], name[ISM_NATIVE_NAME_MAX + 1];
    struct ism_sid everyone;
    DWORD size = sizeof everyone;
    struct ism_cause why;
    ism_region_info info;

    (void)state;
    ism_user_prefix(shared, prefix);
    (void)snprintf(name, sizeof name, "%snames", prefix);
    assert_true(CreateWellKnownSid(WinWorldSid, NULL, &everyone.sid, &size));
    assert_int_equal(ism_lease_begin(shared, &why), ISM_OK);
    HANDLE mutex = OpenMutexA(SYNCHRONIZE, FALSE, name);
    assert_open_to(OpenMutexA(READ_CONTROL, FALSE, name), &everyone, ISM_RIGHTS_MUTEX, 2);
    ism_lease_end();
    assert_int_equal(WaitForSingleObject(mutex, 1000), WAIT_OBJECT_0);
    assert_int_equal(look_in_thread(), ISM_E_TIMED_OUT);
    assert_int_equal(ism_region_look("nobody-has-this", &info), ISM_E_NOT_FOUND);
    assert_true(ReleaseMutex(mutex));
    assert_int_equal(look_in_thread(), ISM_E_NOT_FOUND);
    (void)CloseHandle(mutex);
}

/* ---- what others may do to a user's own names ---- */

static int count(const ism_region_info *info, ism_status outcome, void *context)
{
    (void)outcome;
    if (strncmp(info->name, "protection-", strlen("protection-")) == 0)
        ++*(int *)context;
    return 0;
}

static DWORD WINAPI list(void *context)
{
    int *counted = context;
    ism_status status = ism_region_list(count, counted);
    return status == ISM_OK ? 0 : status == ISM_E_TIMED_OUT ? 1 : 2;
}

/* What list() returns in another thread. */
static DWORD list_in_thread(int *counted)
{
    DWORD answer = 99;
    *counted = 0;
    HANDLE thread = CreateThread(NULL, 0, list, counted, 0, NULL);
    assert_non_null(thread);
    (void)WaitForSingleObject(thread, INFINITE);
    assert_true(GetExitCodeThread(thread, &answer));
    (void)CloseHandle(thread);
    return answer;
}

/* The machine's names are listed before the session's. */
static void r13_a_held_lock_of_shared_names_hides_no_own_region(void **state)
{
    struct ism_names shared = {.shared = true, .scope = ISM_SCOPE_MACHINE};
    ism_region_options own = {.size = 1};
    ism_region_options everyone = {.size = 1, .access = ISM_ACCESS_EVERYONE, .scope = ISM_SCOPE_MACHINE};
    ism_region *regions[2];
    struct ism_cause why;
    HANDLE mutex;
    int counted;

    (void)state;
    ism_status status = ism_region_create("protection-all", &everyone, &regions[1]);
    if (status == ISM_E_ACCESS)
        skip();
    assert_int_equal(status, ISM_OK);
    assert_int_equal(ism_region_create("protection-own", &own, &regions[0]), ISM_OK);
    assert_int_equal(ism_win32_open_names(shared, &mutex, &why), ISM_OK);
    assert_int_equal(WaitForSingleObject(mutex, 1000), WAIT_OBJECT_0);
    assert_int_equal(list_in_thread(&counted), 1);
    assert_int_equal(counted, 1);
    assert_true(ReleaseMutex(mutex));
    (void)CloseHandle(mutex);
    assert_int_equal(list_in_thread(&counted), 0);
    assert_int_equal(counted, 2);
    assert_int_equal(ism_region_close(regions[0]), ISM_OK);
    assert_int_equal(ism_region_close(regions[1]), ISM_OK);
}

/* Everybody on the machine can take the name of the lock that guards a user's names there. */
static void r13_who_is_shut_out_of_names_of_the_machine_has_those_of_the_session(void **state)
{
    static const char *const lists[] = {"O:BAD:P(A;;GA;;;WD)", "O:BAD:P"};
    char prefix[ISM_USER_PREFIX_MAX + 1], name[ISM_NATIVE_NAME_MAX + 1];
    ism_region_options own = {.size = 1};
    ism_region_info info;
    ism_region *region;
    int counted;

    (void)state;
    ism_user_prefix((struct ism_names){false, ISM_SCOPE_MACHINE}, prefix);
    (void)snprintf(name, sizeof name, "%snames", prefix);
    assert_int_equal(ism_region_create("protection-own", &own, &region), ISM_OK);
    for (int i = 0; i < 2; i++) {
        SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
        assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA(lists[i], SDDL_REVISION_1,
                                                                         &attributes.lpSecurityDescriptor, NULL));
        SetLastError(ERROR_SUCCESS);
        HANDLE planted = CreateMutexA(&attributes, FALSE, name);
        assert_int_equal(GetLastError(), ERROR_SUCCESS);
        assert_int_equal(list_in_thread(&counted), 0);
        assert_int_equal(counted, 1);
        assert_int_equal(ism_region_look("protection-none", &info), ISM_E_NOT_FOUND);
        assert_int_equal(ism_region_remove("protection-none"), ISM_E_NOT_FOUND);
        assert_int_equal(ism_region_look("protection-own", &info), ISM_OK);
        (void)CloseHandle(planted);
        (void)LocalFree(attributes.lpSecurityDescriptor);
    }
    assert_int_equal(ism_region_close(region), ISM_OK);
}

/* ---- later generations of a name ---- */

/* Another user's section under that ending of the region's native names. */
static HANDLE plant(const char *ending)
{
    char prefix[ISM_USER_PREFIX_MAX + 1], name[ISM_NATIVE_NAME_MAX + 1];
    SECURITY_ATTRIBUTES attributes = {sizeof attributes, NULL, FALSE};
    ism_user_prefix((struct ism_names){false, ISM_SCOPE_SESSION}, prefix);
    (void)snprintf(name, sizeof name, "%sprotection-heir%s", prefix, ending);
    assert_true(ConvertStringSecurityDescriptorToSecurityDescriptorA("O:BAD:P(A;;GA;;;WD)", SDDL_REVISION_1,
                                                                     &attributes.lpSecurityDescriptor, NULL));
    HANDLE planted = CreateFileMappingA(INVALID_HANDLE_VALUE, &attributes, PAGE_READWRITE, 0, 4096, name);
    assert_non_null(planted);
    (void)LocalFree(attributes.lpSecurityDescriptor);
    return planted;
}

static ism_status create_heir(uint64_t size, ism_region **region)
{
    ism_region_options options = {.size = size};
    return ism_region_create("protection-heir", &options, region);
}

static void assert_heir_has(uint64_t size)
{
    ism_region_info info;
    ism_status status = ism_region_look("protection-heir", &info);
    assert_int_equal(status, size != 0 ? ISM_OK : ISM_E_NOT_FOUND);
    if (size != 0)
        assert_int_equal(info.size, size);
}

/* The first number is taken, then free again; the later generation is found, and nothing else. */
static void check_generations(const char *ending)
{
    ism_region *first, *second;
    assert_int_equal(create_heir(1, &first), ISM_OK);
    assert_int_equal(ism_region_remove("protection-heir"), ISM_OK);
    assert_heir_has(0);
    assert_int_equal(create_heir(2, &second), ISM_OK);
    assert_string_equal(strrchr(ism_region_native_name(second), '.'), ending);
    assert_heir_has(2);
    assert_int_equal(ism_region_close(first), ISM_OK);
    assert_heir_has(2);
    assert_int_equal(create_heir(3, &first), ISM_E_EXISTS);
    assert_int_equal(ism_region_close(second), ISM_OK);
    assert_heir_has(0);
    assert_int_equal(create_heir(3, &first), ISM_OK);
    assert_string_equal(strrchr(ism_region_native_name(first), '.'), ".0");
    assert_int_equal(ism_region_close(first), ISM_OK);
}

static void r7_a_later_generation_is_found_whatever_others_plant(void **state)
{
    ism_region *first, *second;

    (void)state;
    check_generations(".1");
    HANDLE planted = plant(".+");
    assert_int_equal(create_heir(1, &first), ISM_OK);
    assert_heir_has(1);
    assert_int_equal(ism_region_remove("protection-heir"), ISM_OK);
    assert_int_equal(create_heir(2, &second), ISM_E_FOREIGN);
    (void)CloseHandle(planted);
    assert_int_equal(create_heir(2, &second), ISM_OK);
    assert_int_equal(ism_region_close(first), ISM_OK);
    assert_int_equal(ism_region_close(second), ISM_OK);
    planted = plant(".1");
    check_generations(".2");
    (void)CloseHandle(planted);
    check_generations(".1");
}

/* ---- memory that was not set aside ---- */

/* Wine lets it be touched all the same, so the pages are asked. */
static bool is_set_aside(const ism_region *region, uint64_t size)
{
    const unsigned char *start = ism_region_data(region), *at = start;
    MEMORY_BASIC_INFORMATION pages;
    while (at < start + size) {
        if (VirtualQuery(at, &pages, sizeof pages) == 0 || pages.State != MEM_COMMIT)
            return false;
        at = (unsigned char *)pages.BaseAddress + pages.RegionSize;
    }
    return true;
}

/* A hostile creator says that the region is larger than what it has set memory aside for, and says so again later. */
static void check_claims(ism_access access, uint32_t flags)
{
    enum { FIRST = 4096, CLAIMED = 32 * FIRST, CLAIMED_LATER = 48 * FIRST, CAPACITY = 64 * FIRST };
    ism_region_options options = {.size = FIRST, .capacity = CAPACITY, .access = access};
    ism_region_options like_this = {.access = access, .flags = flags};
    ism_region *hostile, *opened;

    assert_int_equal(ism_region_create("protection-claims", &options, &hostile), ISM_OK);
    uint64_t *claim = &ism_control_mapped(&hostile->memory)->size;
    *claim = CLAIMED;
    assert_int_equal(ism_region_open("protection-claims", &like_this, &opened), ISM_OK);
    assert_int_equal(ism_region_size(opened), CLAIMED);
    assert_true(is_set_aside(opened, CLAIMED));
    assert_false(is_set_aside(opened, CLAIMED + FIRST));
    *claim = CLAIMED_LATER;
    assert_int_equal(ism_region_size(opened), CLAIMED_LATER);
    assert_true(is_set_aside(opened, CLAIMED_LATER));
    assert_false(is_set_aside(opened, CAPACITY));
    assert_int_equal(ism_region_close(opened), ISM_OK);
    assert_int_equal(ism_region_close(hostile), ISM_OK);
}

static void e2_memory_that_is_only_called_set_aside_is_set_aside(void **state)
{
    (void)state;
    for (int access = ISM_ACCESS_OWNER; access <= ISM_ACCESS_EVERYONE; access++) {
        check_claims((ism_access)access, 0);
        check_claims((ism_access)access, ISM_REGION_READ_ONLY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r8_an_access_list_is_one_of_ours_or_none),
        cmocka_unit_test(e2_a_long_access_list_is_none_of_ours),
        cmocka_unit_test(r8_what_belongs_to_a_region_is_open_as_it_is),
        cmocka_unit_test(r8_a_held_lock_of_shared_names_is_waited_for_in_bounds),
        cmocka_unit_test(r13_a_held_lock_of_shared_names_hides_no_own_region),
        cmocka_unit_test(r13_who_is_shut_out_of_names_of_the_machine_has_those_of_the_session),
        cmocka_unit_test(r7_a_later_generation_is_found_whatever_others_plant),
        cmocka_unit_test(e2_memory_that_is_only_called_set_aside_is_set_aside),
    };
    return cmocka_run_group_tests_name("protection", tests, NULL, NULL);
}
