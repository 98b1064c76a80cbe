/* A do-nothing checkpassword that hands over to Dovecot's reply tool, as the manual has it. */
#include "login.h"

int main(int argc, char **argv)
{
    if (argc < 5)
        return 111;
    setenv("USER", read_user(), 1);
    setenv("HOME", argv[3], 1);
    setenv("userdb_uid", argv[1], 1);
    setenv("userdb_gid", argv[2], 1);
    setenv("EXTRA", "userdb_uid userdb_gid", 1);
    if (getenv("AUTHORIZED") != NULL)
        setenv("AUTHORIZED", "2", 1);
    execv(argv[4], argv + 4);
    return 111;
}
