/* Loaded before libc (LD_PRELOAD), it puts the clock of the day ahead by AHEAD_S seconds, and no other clock: what waits
 * with a limit waits as long as always. A limit given as a time of the day is put back before the kernel sees it.
 * Compiled and used by scripts/ahead-of-time. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The function of libc under the same name. */
#define NEXT(name)                                \
    static __typeof__(&name) next;                \
    if (!next)                                    \
        next = dlsym(RTLD_NEXT, #name)

static long ahead(void) {
    static long seconds = -1;
    if (seconds < 0) {
        const char *given = getenv("AHEAD_S");
        seconds = given ? atol(given) : 0;
    }
    return seconds;
}

static int is_of_the_day(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
}

/* A time that somebody took from the clock ahead, as the kernel's clock has it; others are left as they are. */
static const struct timespec *put_back(const struct timespec *until, struct timespec *kept) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
    *kept = *until;
    if (until->tv_sec - now.tv_sec > ahead() / 2)
        kept->tv_sec -= ahead();
    return kept;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    NEXT(clock_gettime);
    int failed = next(clock, now);
    if (!failed && is_of_the_day(clock))
        now->tv_sec += ahead();
    return failed;
}

time_t time(time_t *kept) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (kept)
        *kept = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *now, void *zone) {
    struct timespec precise;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &precise);
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
    return 0;
}

int timespec_get(struct timespec *now, int base) {
    if (base != TIME_UTC)
        return 0;
    clock_gettime(CLOCK_REALTIME, now);
    return base;
}

int sem_timedwait(sem_t *semaphore, const struct timespec *until) {
    struct timespec kept;
    NEXT(sem_timedwait);
    return next(semaphore, put_back(until, &kept));
}

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until) {
    struct timespec kept;
    NEXT(sem_clockwait);
    return next(semaphore, clock, is_of_the_day(clock) ? put_back(until, &kept) : until);
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until) {
    struct timespec kept;
    NEXT(pthread_mutex_timedlock);
    return next(mutex, put_back(until, &kept));
}

/* A condition may wait by either clock, and is not asked which: a time of the monotonic one is far below today. */
int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *until) {
    static __typeof__(&pthread_cond_timedwait) next;
    struct timespec kept;
    /* On some machines libc has two of them, and RTLD_NEXT finds the one for conditions of before 2003. */
    if (!next)
        next = dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!next)
        next = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    return next(condition, mutex, put_back(until, &kept));
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until) {
    struct timespec kept;
    NEXT(pthread_cond_clockwait);
    return next(condition, mutex, clock, is_of_the_day(clock) ? put_back(until, &kept) : until);
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *until, struct timespec *left) {
    struct timespec kept;
    NEXT(clock_nanosleep);
    return next(clock, flags, (flags & TIMER_ABSTIME) && is_of_the_day(clock) ? put_back(until, &kept) : until, left);
}
