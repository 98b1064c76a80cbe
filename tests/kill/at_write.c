// Preloaded into programs that are to die at a write to their database: the file POSTERN_TEST_WRITES_LEFT has two numbers of 64 bits,
// the writes that are left until SIGKILL (0: it lives) and all writes so far. Counts what SQLite does to its files: write, truncate,
// sync, unlink. Only the kernel has them, so what was written before is kept, and the write itself is not done.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

static int64_t *numbers;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("POSTERN_TEST_WRITES_LEFT");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *map = mmap(NULL, 2 * sizeof *numbers, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (map != MAP_FAILED)
        numbers = map;
}

static void one_more(void)
{
    __atomic_add_fetch(&numbers[1], 1, __ATOMIC_SEQ_CST);
    int64_t left = __atomic_load_n(&numbers[0], __ATOMIC_SEQ_CST);
    while (left > 0) {
        if (!__atomic_compare_exchange_n(&numbers[0], &left, left - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
            continue;
        if (left == 1) {
            kill(getpid(), SIGKILL);
            for (;;)
                pause();
        }
        return;
    }
}

static void at_path(const char *path)
{
    if (numbers && strstr(path, "postern.db"))
        one_more();
}

static void at_file(int file)
{
    char link[64], path[4096];
    if (!numbers)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return;
    path[length] = 0;
    at_path(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *bytes, size_t count)
{
    at_file(file);
    return REAL(write)(file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t at)
{
    at_file(file);
    return REAL(pwrite)(file, bytes, count, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at)
{
    at_file(file);
    return REAL(pwrite64)(file, bytes, count, at);
}

int ftruncate(int file, off_t length)
{
    at_file(file);
    return REAL(ftruncate)(file, length);
}

int ftruncate64(int file, off64_t length)
{
    at_file(file);
    return REAL(ftruncate64)(file, length);
}

int fsync(int file)
{
    at_file(file);
    return REAL(fsync)(file);
}

int fdatasync(int file)
{
    at_file(file);
    return REAL(fdatasync)(file);
}

int unlink(const char *path)
{
    at_path(path);
    return REAL(unlink)(path);
}
