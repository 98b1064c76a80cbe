/*
 * A host for the PAM module: the real libpam, a private folder of services, and a conversation that does what it is told.
 *
 *     pam-host REPORT word=value...
 *
 * Each round is a handle of its own: pam_start, the calls, pam_end, which unloads the module. What happened goes to REPORT,
 * one line each, strings in hexadecimal; nothing is printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX 64
#define CODES 40
#define PADDING 64

static const char *confdir, *service, *user, *rhost, *tty, *ruser, *swap, *secret;
static char *kept;
static const char *answers[MAX], *variables[MAX];
static char *calls[MAX];
static int answer_count, variable_count, call_count;
static int flags, report, info_is_null, info_fails, is_closed, is_random;
static uint64_t drawn;
static long rounds = 1, warmup, threads = 1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long counts[MAX][CODES];
static int talked;

struct talk {
    pam_handle_t *pam;
    int next;       /* the answer that comes next */
    int is_first;   /* whether this handle's messages are reported */
};

static void fail(const char *what)
{
    dprintf(report, "failed %s: %s\n", what, strerror(errno));
    _exit(70);
}

static void note(const char *word, int number, const char *bytes, size_t length)
{
    char *line = malloc(strlen(word) + 2 * length + 32);
    if (line == NULL)
        _exit(71);
    int at = sprintf(line, "%s %d ", word, number);
    for (size_t i = 0; i < length; i++)
        at += sprintf(line + at, "%02x", (unsigned char)bytes[i]);
    line[at++] = '\n';
    if (write(report, line, at) != at)
        _exit(72);
    free(line);
}

/* What the module sends to the syslog comes here, as the program's own functions are found before libc's. */
ssize_t sendto(int fd, const void *bytes, size_t length, int how, const struct sockaddr *to, socklen_t size)
{
    const struct sockaddr_un *address = (const struct sockaddr_un *)to;
    if (to != NULL && to->sa_family == AF_UNIX && strcmp(address->sun_path, "/dev/log") == 0) {
        note("log", 0, bytes, length);
        return (ssize_t)length;
    }
    return syscall(SYS_sendto, fd, bytes, length, how, to, size);
}

static void sleep_ms(long ms)
{
    struct timespec time = { ms / 1000, ms % 1000 * 1000000 };
    while (nanosleep(&time, &time) != 0 && errno == EINTR)
        ;
}

/* The word secret, which stands nowhere in this process but disguised. Behind what free() may overwrite. */
static char *reveal(void)
{
    char *text = calloc(1, PADDING + strlen(secret) / 2 + 1);
    unsigned byte;
    if (text == NULL)
        return NULL;
    memset(text, 'x', PADDING);
    for (size_t i = 0; sscanf(secret + 2 * i, "%2x", &byte) == 1; i++)
        text[PADDING + i] = (char)(byte ^ 0x5a);
    return text;
}

/* How often it stands in what this process may write. */
static long secrets_left(void)
{
    size_t length = strlen(secret) / 2;
    unsigned char disguised[128];
    char line[512];
    long found = 0;
    for (size_t i = 0; i < length; i++)
        sscanf(secret + 2 * i, "%2hhx", &disguised[i]);
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        uintptr_t from, to;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " rw", &from, &to) != 2 || strstr(line, " rw") == NULL)
            continue;
        for (const volatile unsigned char *at = (void *)from; at + length <= (unsigned char *)to; at++) {
            size_t same = 0;
            while (same < length && (at[same] ^ 0x5a) == disguised[same])
                same++;
            found += same == length;
        }
    }
    if (maps != NULL)
        fclose(maps);
    return found;
}

/* One answer, as its word says: text:, big:N, slow:MS:TEXT, secret, secret-kept, null, none, fail, again. */
static int answer(const char *word, struct pam_response **replies)
{
    struct pam_response *reply;
    if (strcmp(word, "fail") == 0)
        return PAM_CONV_ERR;
    if (strcmp(word, "again") == 0)
        return PAM_CONV_AGAIN;
    *replies = NULL;
    if (strcmp(word, "none") == 0)
        return PAM_SUCCESS;
    reply = calloc(1, sizeof *reply);
    if (reply == NULL)
        return PAM_BUF_ERR;
    if (strncmp(word, "text:", 5) == 0) {
        reply->resp = strdup(word + 5);
    } else if (strcmp(word, "secret") == 0 || strcmp(word, "secret-kept") == 0) {
        reply->resp = reveal();
        if (strcmp(word, "secret-kept") == 0)
            kept = reveal();
    } else if (strncmp(word, "big:", 4) == 0) {
        size_t length = strtoul(word + 4, NULL, 10);
        reply->resp = malloc(length + 1);
        memset(reply->resp, 'x', length);
        reply->resp[length] = '\0';
    } else if (strncmp(word, "slow:", 5) == 0) {
        char *text;
        sleep_ms(strtol(word + 5, &text, 10));
        reply->resp = strdup(text + 1);
    }
    *replies = reply;
    return PAM_SUCCESS;
}

/* The next number of a series that the word random begins (Knuth, The Art of Computer Programming, volume 2, section 3.3.4). */
static unsigned draw(unsigned limit)
{
    drawn = drawn * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(drawn >> 33) % limit;
}

/* What a host may answer, right or wrong: mostly wrong. Only the NUL of a text is always there, as no module could know its end. */
static int random_answer(struct pam_response **replies)
{
    static const int failures[] = { PAM_CONV_ERR, PAM_CONV_AGAIN, PAM_BUF_ERR, PAM_ABORT, -1, 99999 };
    static const char *const likely[] = { "hunter2", "123456", "alice", "1" };
    int code = draw(6) == 0 ? failures[draw(6)] : PAM_SUCCESS;
    size_t length = draw(16) == 0 ? 65536 : draw(1100);
    struct pam_response *reply;
    if (draw(8) == 0) {
        if (draw(2) == 0)
            *replies = NULL;
        return code;
    }
    reply = calloc(1, sizeof *reply);
    if (reply == NULL)
        _exit(71);
    reply->resp_retcode = (int)draw(1u << 31);
    switch (draw(6)) {
    case 0:
        break;
    case 1:
        reply->resp = strdup("");
        break;
    case 2:
        reply->resp = malloc(length + 1);
        if (reply->resp == NULL)
            _exit(71);
        for (size_t i = 0; i < length; i++)
            reply->resp[i] = (char)(1 + draw(255));
        reply->resp[length] = '\0';
        break;
    default:
        reply->resp = strdup(likely[draw(4)]);
    }
    *replies = reply;
    return code;
}

static int converse(int count, const struct pam_message **messages, struct pam_response **replies, void *data)
{
    struct talk *talk = data;
    const char *text = messages[0]->msg;
    const void *prompt = NULL;
    if (count != 1)
        return PAM_CONV_ERR;
    if (talk->is_first)
        note("message", messages[0]->msg_style, text, strlen(text));
    /* Here a program would print, and read what the person types. */
    for (int fd = 0; is_closed && fd < 3; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            fail("something took the place of a closed descriptor");
    switch (messages[0]->msg_style) {
    case PAM_PROMPT_ECHO_ON:
        /* saslauthd 2.1.28 compares it with the question, set or not. */
        if (pam_get_item(talk->pam, PAM_USER_PROMPT, &prompt) != PAM_SUCCESS || prompt == NULL)
            fail("a visible question without PAM_USER_PROMPT, which ends saslauthd");
        /* fall through */
    case PAM_PROMPT_ECHO_OFF:
        if (is_random)
            return random_answer(replies);
        if (talk->next >= answer_count)
            return PAM_CONV_ERR;
        return answer(answers[talk->next++], replies);
    default:
        if (is_random)
            return random_answer(replies);
        if (info_fails)
            return PAM_CONV_ERR;
        return answer(info_is_null ? "none" : "null", replies);
    }
}

static void delay(int code, unsigned microseconds, void *data)
{
    struct talk *talk = data;
    (void)code;
    if (talk->is_first && microseconds > 0)
        note("delay", (int)microseconds, "", 0);
}

static void limit_descriptors(rlim_t number)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("getrlimit");
    limit.rlim_cur = number < limit.rlim_max ? number : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("setrlimit");
}

static int call(pam_handle_t *pam, const char *name)
{
    if (strcmp(name, "auth") == 0)
        return pam_authenticate(pam, flags);
    if (strcmp(name, "acct") == 0)
        return pam_acct_mgmt(pam, flags);
    if (strcmp(name, "cred") == 0)
        return pam_setcred(pam, PAM_ESTABLISH_CRED);
    if (strcmp(name, "open") == 0)
        return pam_open_session(pam, flags);
    if (strcmp(name, "close") == 0)
        return pam_close_session(pam, flags);
    if (strcmp(name, "chauthtok") == 0)
        return pam_chauthtok(pam, flags);
    /* From here on nothing can be opened, and from then on again. */
    if (strcmp(name, "starve") == 0)
        return limit_descriptors(0), PAM_SUCCESS;
    if (strcmp(name, "feed") == 0)
        return limit_descriptors(1024), PAM_SUCCESS;
    errno = 0;
    fail(name);
    return PAM_ABORT;
}

static void set(pam_handle_t *pam, int item, const void *value)
{
    if (value != NULL && pam_set_item(pam, item, value) != PAM_SUCCESS)
        fail("pam_set_item");
}

static void note_rest(pam_handle_t *pam)
{
    const void *name = NULL;
    char **list = pam_getenvlist(pam);
    if (pam_get_item(pam, PAM_USER, &name) == PAM_SUCCESS && name != NULL)
        note("user", 0, name, strlen(name));
    for (char **each = list; each != NULL && *each != NULL; each++) {
        note("env", 0, *each, strlen(*each));
        free(*each);
    }
    free(list);
}

static void one_round(int is_first)
{
    struct talk talk = { NULL, 0, is_first };
    struct pam_conv conv = { converse, &talk };
    pam_handle_t *pam = NULL;
    int code = PAM_SUCCESS;
    if (pam_start_confdir(service, user, &conv, confdir, &pam) != PAM_SUCCESS)
        fail("pam_start_confdir");
    talk.pam = pam;
    set(pam, PAM_RHOST, rhost);
    set(pam, PAM_TTY, tty);
    set(pam, PAM_RUSER, ruser);
    set(pam, PAM_FAIL_DELAY, delay);
    for (int i = 0; i < variable_count; i++)
        if (pam_putenv(pam, variables[i]) != PAM_SUCCESS)
            fail("pam_putenv");
    for (int i = 0; i < call_count; i++) {
        code = call(pam, calls[i]);
        pthread_mutex_lock(&lock);
        counts[i][code >= 0 && code < CODES ? code : CODES - 1]++;
        pthread_mutex_unlock(&lock);
    }
    if (is_first)
        note_rest(pam);
    pam_end(pam, code);
}

static int is_first(void)
{
    pthread_mutex_lock(&lock);
    int first = !talked;
    talked = 1;
    pthread_mutex_unlock(&lock);
    return first;
}

static void *all_rounds(void *data)
{
    (void)data;
    for (long round = 0; round < rounds; round++) {
        /* A new version of the module takes the place of the one that is loaded: FROM:TO. */
        if (swap != NULL && round == rounds / 2) {
            char *from = strdup(swap), *to = strchr(from, ':');
            *to++ = '\0';
            if (rename(from, to) != 0 && errno != ENOENT)
                fail("rename");
            free(from);
        }
        one_round(is_first());
    }
    return NULL;
}

static long descriptors(void)
{
    long count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

static void measure(const char *when)
{
    struct mallinfo2 heap = mallinfo2();
    dprintf(report, "measured %s %ld %zu\n", when, descriptors(), heap.uordblks + heap.hblkhd);
}

static void read_words(int argc, char **argv)
{
    static const struct { const char *word; const char **to; } texts[] = {
        { "confdir", &confdir }, { "service", &service }, { "user", &user }, { "rhost", &rhost },
        { "tty", &tty }, { "ruser", &ruser }, { "swap", &swap },
        { "secret", &secret },
    };
    for (int i = 2; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (value == NULL)
            fail(argv[i]);
        *value++ = '\0';
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            if (strcmp(argv[i], texts[t].word) == 0)
                *texts[t].to = value;
        if (strcmp(argv[i], "answer") == 0 && answer_count < MAX)
            answers[answer_count++] = value;
        if (strcmp(argv[i], "env") == 0 && variable_count < MAX)
            variables[variable_count++] = value;
        if (strcmp(argv[i], "call") == 0 && call_count < MAX)
            calls[call_count++] = value;
        if (strcmp(argv[i], "flags") == 0)
            flags = atoi(value);
        if (strcmp(argv[i], "rounds") == 0)
            rounds = atol(value);
        if (strcmp(argv[i], "warmup") == 0)
            warmup = atol(value);
        if (strcmp(argv[i], "threads") == 0)
            threads = atol(value);
        if (strcmp(argv[i], "random") == 0) {
            is_random = 1;
            drawn = strtoull(value, NULL, 10);
        }
        if (strcmp(argv[i], "info") == 0) {
            info_is_null = strcmp(value, "none") == 0;
            info_fails = strcmp(value, "fail") == 0;
        }
        if (strcmp(argv[i], "stdio") == 0 && strcmp(value, "closed") == 0) {
            is_closed = 1;
            for (int fd = 0; fd < 3; fd++)
                close(fd);
        }
    }
}

int main(int argc, char **argv)
{
    pthread_t ids[MAX];
    if (argc < 2)
        return 64;
    /* Out of the way of the descriptors that the tests look at. */
    int low = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    report = fcntl(low, F_DUPFD_CLOEXEC, 500);
    close(low);
    if (report < 0)
        return 73;
    read_words(argc, argv);
    for (long i = 0; i < warmup; i++)
        one_round(0);
    memset(counts, 0, sizeof counts);
    measure("before");
    for (long i = 1; i < threads; i++)
        if (pthread_create(&ids[i % MAX], NULL, all_rounds, NULL) != 0)
            fail("pthread_create");
    all_rounds(NULL);
    for (long i = 1; i < threads; i++)
        pthread_join(ids[i % MAX], NULL);
    measure("after");
    for (int i = 0; i < call_count; i++)
        for (int code = 0; code < CODES; code++)
            if (counts[i][code] != 0)
                dprintf(report, "code %s %d %ld\n", calls[i], code, counts[i][code]);
    if (secret != NULL)
        dprintf(report, "secrets %ld\n", secrets_left());
    free(kept);
    dprintf(report, "lived\n");
    return 0;
}
