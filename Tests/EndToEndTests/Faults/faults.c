/* Loaded before the C library into one process under test: shifts its wall clock and makes the disk under one folder slow, read-only,
 * or forgetful.
 *   MUNIMENT_FAULTS         a file of three numbers, read at each call: seconds to add to the time of day, milliseconds by which a
 *                           sync is delayed, and the error (errno) that every write meets; 0 for none
 *   MUNIMENT_FAULTS_FOLDER  the folder
 *   MUNIMENT_FAULTS_UNDO    where, for each file under it, what was overwritten since its last sync is kept: records of four 64-bit
 *                           numbers (offset, length, size of the file before, length of what was there) and what was there
 * Clocks that timers rest on are left alone: a wall clock that is set does not move them. Who waits for a moment of the time of day
 * waits for that of the shifted one. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct faults { long clock, delay, error; };

static struct faults faults(void) {
    struct faults now = {0, 0, 0};
    const char *path = getenv("MUNIMENT_FAULTS");
    char text[96];
    int file, saved = errno;
    ssize_t count;
    if (path && (file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC)) >= 0) {
        if ((count = syscall(SYS_read, file, text, sizeof text - 1)) > 0) {
            text[count] = 0;
            sscanf(text, "%ld %ld %ld", &now.clock, &now.delay, &now.error);
        }
        close(file);
    }
    errno = saved;
    return now;
}

/* Whether a descriptor is of a regular file under the folder. */
static int concerns(int file, struct stat *status) {
    const char *folder = getenv("MUNIMENT_FAULTS_FOLDER");
    char link[64], path[4096];
    ssize_t count;
    if (!folder || fstat(file, status) || !S_ISREG(status->st_mode)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    count = readlink(link, path, sizeof path - 1);
    return count > 0 && !strncmp(path, folder, strlen(folder)) && path[strlen(folder)] == '/';
}

static int undo_file(const struct stat *status, int flags) {
    const char *folder = getenv("MUNIMENT_FAULTS_UNDO");
    char path[4096];
    if (!folder) return -1;
    snprintf(path, sizeof path, "%s/%lu", folder, (unsigned long)status->st_ino);
    return syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
}

static void remember(int file, const struct stat *status, off_t offset, size_t length) {
    int undo = undo_file(status, O_APPEND), source;
    int64_t header[4] = {offset, (int64_t)length, status->st_size, 0};
    char path[64], *record;
    if (undo < 0) return;
    if (offset < status->st_size)
        header[3] = status->st_size - offset < (off_t)length ? status->st_size - offset : (off_t)length;
    record = malloc(sizeof header + header[3]);
    if (header[3] > 0) {
        /* The descriptor itself may be for writing only. */
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        source = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
        header[3] = source < 0 ? 0 : syscall(SYS_pread64, source, record + sizeof header, header[3], offset);
        if (source >= 0) close(source);
    }
    memcpy(record, header, sizeof header);
    if (syscall(SYS_write, undo, record, sizeof header + header[3]) < 0) abort();
    free(record);
    close(undo);
}

static ssize_t put(int file, const void *bytes, size_t count, off_t offset, int isPositioned) {
    struct stat status;
    struct faults now;
    ssize_t done;
    int isOurs = concerns(file, &status);
    if (isOurs) {
        now = faults();
        if (now.error) { errno = now.error; return -1; }
        pthread_mutex_lock(&lock);
        fstat(file, &status);
        remember(file, &status,
                 isPositioned ? offset : fcntl(file, F_GETFL) & O_APPEND ? status.st_size : lseek(file, 0, SEEK_CUR), count);
    }
    done = isPositioned ? syscall(SYS_pwrite64, file, bytes, count, offset) : syscall(SYS_write, file, bytes, count);
    if (isOurs) pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int file, const void *bytes, size_t count) { return put(file, bytes, count, 0, 0); }
ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) { return put(file, bytes, count, offset, 1); }
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) { return put(file, bytes, count, offset, 1); }

static int sync_one(int file, long call) {
    struct stat status;
    struct faults now;
    int result, undo, isOurs = concerns(file, &status);
    if (!isOurs) return syscall(call, file);
    now = faults();
    if (now.error) { errno = now.error; return -1; }
    if (now.delay) usleep(now.delay * 1000);
    pthread_mutex_lock(&lock);
    result = syscall(call, file);
    if (!result && (undo = undo_file(&status, O_TRUNC)) >= 0) close(undo);
    pthread_mutex_unlock(&lock);
    return result;
}

int fsync(int file) { return sync_one(file, SYS_fsync); }
int fdatasync(int file) { return sync_one(file, SYS_fdatasync); }

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = syscall(SYS_clock_gettime, clock, time);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += faults().clock;
    return result;
}

/* The kernel knows the true time only. Moments of the steady clock, which counts from the machine's start, are far below the limit. */
int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict end) {
    static int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    struct timespec moment = *end;
    if (!next) next = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    if (moment.tv_sec > 1000000000) moment.tv_sec -= faults().clock;
    return next(condition, mutex, &moment);
}

int gettimeofday(struct timeval *restrict value, void *restrict zone) {
    struct timespec now;
    int result = clock_gettime(CLOCK_REALTIME, &now);
    (void)zone;
    value->tv_sec = now.tv_sec;
    value->tv_usec = now.tv_nsec / 1000;
    return result;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
