/* npy_file.c: .npy files, read and written by the C library's streams alone.
 *
 * Reading goes straight into the fresh region, from its initialiser, so that nobody sees half an
 * array and a failure leaves no region. A file of less than 2 GiB that is cut short is refused
 * before memory is taken for it; longer ones, and POSIX pipes, are found out while they are read.
 *
 * Writing goes to a file beside the old one, under a name that nobody can guess (somebody might
 * have planted a link there, and Windows' old C library ignores C11's exclusive mode), and ends by
 * renaming it. Weak sides: the new file has a new file's permissions; a symbolic link is replaced,
 * not followed; C has no fsync(), so a power failure may undo it; and on Windows, where rename()
 * never replaces, for a moment there is no file of that name. */
#include "npy_header.h"

#include "../error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes read or written at a time: so many that streams pass them on without copying, and no more
 * than any C library takes at once. */
#define CHUNK ((uint64_t)4 * 1024 * 1024)

static ism_status null_argument(const char *what)
{
    return ism_fail(ISM_E_INVALID, NULL, "%s must not be NULL", what);
}

/* The reasons that people can do something about; the others are told by their number. */
static const char *reason(int code)
{
    switch (code) {
    case ENOENT:
        return " (no such file or folder)";
    case EACCES:
        return " (permission denied)";
    case EISDIR:
        return " (it is a folder)";
    case ENOSPC:
        return " (no space left)";
    default:
        return "";
    }
}

static ism_status file_failed(const char *what, const char *subject, const char *call, int code)
{
    struct ism_cause why = {.call = call, .code = code};
    return ism_fail(ISM_E_FILE, &why, "could not %s %s%s", what, subject, reason(code));
}

static size_t next_chunk(uint64_t done, uint64_t size)
{
    return (size_t)(size - done < CHUNK ? size - done : CHUNK);
}

/* ---- loading ---- */

static ism_status read_header(FILE *file, const char *subject, ism_array_view *view, size_t *header_size)
{
    unsigned char prefix[ISM_NPY_PREFIX];
    size_t count = fread(prefix, 1, sizeof prefix, file);
    if (ferror(file))
        return file_failed("read", subject, "fread", errno);
    ism_status status = ism_npy_length(prefix, count, ISM_NPY_FILE_HEADER_MAX, subject, header_size);
    if (status != ISM_OK)
        return status;

    unsigned char *header = malloc(*header_size);
    if (header == NULL)
        return ism_fail(ISM_E_NO_MEMORY, NULL, "no memory for the header of %s", subject);
    memcpy(header, prefix, count);
    count += fread(header + count, 1, *header_size - count, file);
    if (ferror(file))
        status = file_failed("read", subject, "fread", errno);
    else if (count < *header_size)
        status = ism_fail(ISM_E_TRUNCATED, NULL, "%s ends after %u bytes, within its header", subject, (unsigned)count);
    else
        status = ism_npy_parse(header, *header_size, subject, view);
    free(header);
    return status;
}

static ism_status cut_short(const char *subject, uint64_t found, uint64_t promised)
{
    return ism_fail(ISM_E_TRUNCATED, NULL,
                    "%s has %" PRIu64 " of the %" PRIu64 " bytes of data that its header tells of", subject, found,
                    promised);
}

/* Looks for the last byte of data where a long can say its place on every system, and ftell() where
 * the file ends before. */
static ism_status check_length(FILE *file, const char *subject, size_t header_size, uint64_t promised)
{
    uint64_t last = header_size + promised - 1;
    if (fseek(file, (long)(last < INT32_MAX ? last : INT32_MAX), SEEK_SET) != 0)
        return ISM_OK;
    if (fgetc(file) == EOF && feof(file) && fseek(file, 0, SEEK_END) == 0) {
        long end = ftell(file);
        if (end >= (long)header_size && (uint64_t)end <= last)
            return cut_short(subject, (uint64_t)end - header_size, promised);
    }
    if (fseek(file, (long)header_size, SEEK_SET) != 0)
        return file_failed("read", subject, "fseek", errno);
    return ISM_OK;
}

/* A file on its way into a region, and what became of it. */
struct loading {
    FILE *file;
    const char *subject;
    uint64_t promised; /* bytes of data that the header tells of */
    uint64_t done;
    ism_status status;
    int code; /* errno of what failed in reading */
};

/* Reading has stopped: by an error, or at the end of the file. */
static ism_status stopped(struct loading *loading, ism_status at_end)
{
    loading->code = errno;
    loading->status = ferror(loading->file) ? ISM_E_FILE : at_end;
    return loading->status;
}

static ism_status read_data(ism_region *region, void *context)
{
    struct loading *loading = context;
    unsigned char *data = ism_region_data(region);
    data += ism_region_size(region) - loading->promised;
    while (loading->done < loading->promised) {
        size_t chunk = next_chunk(loading->done, loading->promised);
        size_t count = fread(data + loading->done, 1, chunk, loading->file);
        loading->done += count;
        if (count < chunk)
            return stopped(loading, ISM_E_TRUNCATED);
    }
    if (fgetc(loading->file) == EOF)
        return stopped(loading, ISM_OK);
    loading->status = ISM_E_FORMAT;
    return loading->status;
}

/* Says why read_data() failed, which the region's own message can't. */
static ism_status explain(const struct loading *loading)
{
    if (loading->status == ISM_E_TRUNCATED)
        return cut_short(loading->subject, loading->done, loading->promised);
    if (loading->status == ISM_E_FORMAT)
        return ism_fail(ISM_E_FORMAT, NULL, "%s goes on after the %" PRIu64 " bytes of data that its header tells of",
                        loading->subject, loading->promised);
    return file_failed("read", loading->subject, "fread", loading->code);
}

static ism_status load(FILE *file, const char *subject, const char *name, const ism_region_options *options,
                       ism_array **out)
{
    ism_array_view view = {.size = 0};
    size_t header_size = 0;
    ism_status status = read_header(file, subject, &view, &header_size);
    if (status == ISM_OK)
        status = check_length(file, subject, header_size, view.size);
    if (status != ISM_OK)
        return status;

    struct loading loading = {.file = file, .subject = subject, .promised = view.size};
    ism_region_options own_options = {.initialiser = NULL};
    if (options != NULL)
        own_options = *options;
    own_options.initialiser = read_data;
    own_options.initialiser_context = &loading;
    status = ism_array_create(name, &view.layout, &own_options, out);
    if (status == ISM_E_INITIALISER && loading.status != ISM_OK)
        return explain(&loading);
    return status;
}

ism_status ism_array_load(const char *path, const char *name, const ism_region_options *options, ism_array **out)
{
    if (out == NULL)
        return null_argument("out");
    *out = NULL;
    if (path == NULL)
        return null_argument("the path of a file to load");
    if (options != NULL && options->initialiser != NULL)
        return ism_fail(ISM_E_INVALID, NULL, "an array that is loaded can't have an initialiser");
    char subject[ISM_SUBJECT_MAX];
    ism_subject_describe("file", path, subject);

    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return file_failed("open", subject, "fopen", errno);
    ism_status status = load(file, subject, name, options, out);
    (void)fclose(file);
    return status;
}

/* ---- saving ---- */

static ism_status write_array(FILE *file, const ism_array_view *view, const char *subject)
{
    unsigned char header[ISM_NPY_WRITTEN_MAX];
    size_t header_size = ism_npy_write(&view->layout, header);
    if (fwrite(header, 1, header_size, file) != header_size)
        return file_failed("write", subject, "fwrite", errno);
    const unsigned char *data = view->data;
    for (uint64_t done = 0; done < view->size;) {
        size_t chunk = next_chunk(done, view->size);
        if (fwrite(data + done, 1, chunk, file) != chunk)
            return file_failed("write", subject, "fwrite", errno);
        done += chunk;
    }
    if (fflush(file) != 0)
        return file_failed("write", subject, "fflush", errno);
    return ISM_OK;
}

/* Windows' C library answers EEXIST, or EACCES by its documentation, where a file of the new name
 * exists: the old file then steps aside, and back if need be. A directory must not: it can't be
 * opened there, and gives other errors elsewhere. */
static ism_status replace(const char *fresh, const char *path, const char *aside, const char *subject)
{
    if (rename(fresh, path) == 0)
        return ISM_OK;
    int code = errno;
    FILE *old = code == EEXIST || code == EACCES ? fopen(path, "rb") : NULL;
    if (old == NULL)
        return file_failed("replace", subject, "rename", code);
    (void)fclose(old);
    if (rename(path, aside) != 0)
        return file_failed("replace", subject, "rename", errno);
    if (rename(fresh, path) != 0) {
        code = errno;
        (void)rename(aside, path);
        return file_failed("replace", subject, "rename", code);
    }
    (void)remove(aside);
    return ISM_OK;
}

static ism_status save(const ism_array_view *view, const char *fresh, const char *path, const char *aside,
                       const char *subject)
{
    FILE *file = fopen(fresh, "wb");
    if (file == NULL)
        return file_failed("create", subject, "fopen", errno);
    ism_status status = write_array(file, view, subject);
    if (fclose(file) != 0 && status == ISM_OK)
        status = file_failed("write", subject, "fclose", errno);
    if (status == ISM_OK)
        status = replace(fresh, path, aside, subject);
    if (status != ISM_OK)
        (void)remove(fresh);
    return status;
}

/* The name of a file beside another; NULL if there is no memory for it. */
static char *name_beside(const char *path, uint64_t number, const char *ending)
{
    size_t size = strlen(path) + 32;
    char *name = malloc(size);
    if (name != NULL)
        (void)snprintf(name, size, "%s.%016" PRIx64 ".%s", path, number, ending);
    return name;
}

ism_status ism_array_save(const ism_array *array, const char *path)
{
    ism_array_view view;
    ism_status status = ism_array_get_view(array, &view);
    if (status != ISM_OK)
        return status;
    if (path == NULL)
        return null_argument("the path of a file to save");
    char subject[ISM_SUBJECT_MAX];
    ism_subject_describe("file", path, subject);

    uint64_t number;
    struct ism_cause why;
    status = ism_process_random(&number, sizeof number, &why);
    if (status != ISM_OK)
        return ism_fail(status, &why, "could not make up a name for a file beside %s", subject);
    char *fresh = name_beside(path, number, "new");
    char *aside = name_beside(path, number, "old");
    if (fresh == NULL || aside == NULL)
        status = ism_fail(ISM_E_NO_MEMORY, NULL, "no memory for the name of %s", subject);
    else
        status = save(&view, fresh, path, aside, subject);
    free(fresh);
    free(aside);
    return status;
}
