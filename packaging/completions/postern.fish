# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_postern_global_optspecs
    string join \n config= json h/help V/version
end

function __fish_postern_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_postern_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_postern_using_subcommand
    set -l cmd (__fish_postern_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c postern -n "__fish_postern_needs_command" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_needs_command" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_needs_command" -s V -l version -d 'Print version'
complete -c postern -n "__fish_postern_needs_command" -f -a "init" -d 'Create missing files: the configuration, the keyring, the embedded database, the Web Push key'
complete -c postern -n "__fish_postern_needs_command" -f -a "account" -d 'Accounts'
complete -c postern -n "__fish_postern_needs_command" -f -a "app-password" -d 'App passwords: one for each mail program'
complete -c postern -n "__fish_postern_needs_command" -f -a "totp" -d 'Authenticator apps and tokens that show codes (RFC 6238)'
complete -c postern -n "__fish_postern_needs_command" -f -a "phone" -d 'Phones that approve logins'
complete -c postern -n "__fish_postern_needs_command" -f -a "email" -d 'Backup e-mail addresses to which codes are sent'
complete -c postern -n "__fish_postern_needs_command" -f -a "sms" -d 'Telephone numbers to which codes are sent by SMS'
complete -c postern -n "__fish_postern_needs_command" -f -a "factor" -d 'Second factors of every kind'
complete -c postern -n "__fish_postern_needs_command" -f -a "recovery" -d 'Recovery codes, which replace a lost second factor'
complete -c postern -n "__fish_postern_needs_command" -f -a "device" -d 'Trusted devices, which need no code for a while'
complete -c postern -n "__fish_postern_needs_command" -f -a "session" -d 'Browsers that are signed in'
complete -c postern -n "__fish_postern_needs_command" -f -a "history" -d 'List the recent logins of an account, accepted and refused'
complete -c postern -n "__fish_postern_needs_command" -f -a "challenge" -d 'Logins and enrolments that wait for a code or a phone'
complete -c postern -n "__fish_postern_needs_command" -f -a "report" -d 'List all accounts with their second factors, their last uses, and whether the main password still opens mail'
complete -c postern -n "__fish_postern_needs_command" -f -a "import" -d 'Bind the authenticator apps and tokens of another system to the accounts here'
complete -c postern -n "__fish_postern_needs_command" -f -a "export" -d 'Print everything that is kept about an account, for its owner, as one JSON document'
complete -c postern -n "__fish_postern_needs_command" -f -a "migrate" -d 'Carry the accounts\' data from one SQLite file to LDAP and Redis'
complete -c postern -n "__fish_postern_needs_command" -f -a "key" -d 'The keyring, which seals seeds and push subscriptions, and authenticates records'
complete -c postern -n "__fish_postern_needs_command" -f -a "my" -d 'Your own account: second factors, recovery codes, app passwords, trusted devices, browsers that are signed in, recent logins, logins that wait for you'
complete -c postern -n "__fish_postern_needs_command" -f -a "check" -d 'Test every part of the configuration: a line for each, with the problem and its remedy'
complete -c postern -n "__fish_postern_needs_command" -f -a "courier" -d 'The couriers, which send e-mail and text messages'
complete -c postern -n "__fish_postern_needs_command" -f -a "status" -d 'Show the status of posternd'
complete -c postern -n "__fish_postern_needs_command" -f -a "schema" -d 'The LDAP schema'
complete -c postern -n "__fish_postern_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand init" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand init" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -f -a "create" -d 'Create an account (embedded directory)'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -f -a "show" -d 'Show an account, with the resulting policy'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -f -a "list" -d 'List all accounts'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -f -a "disable" -d 'Refuse every login to an account'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -f -a "enable" -d 'Permit logins to a disabled account again'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -f -a "expire" -d 'Set the time from which every login to an account is refused'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -f -a "policy" -d 'Show or set the policy of an account, which overrides the configuration; or set it for many with --from or --filter'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -f -a "unlock" -d 'Unlock an account\'s second factors after too many wrong codes, and forget wrong codes and passwords'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -f -a "reset" -d 'Remove all second factors, recovery codes, trusted devices and the ticket of an account'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -f -a "invite" -d 'Make a ticket that permits a user to bind the first second factor, and show it once'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -f -a "password" -d 'Set an account\'s main password (embedded directory)'
complete -c postern -n "__fish_postern_using_subcommand account; and not __fish_seen_subcommand_from create show list disable enable expire policy unlock reset invite password help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from create" -l uid -d 'The attribute uidNumber' -r
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from create" -l gid -d 'The attribute gidNumber' -r
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from create" -l home -d 'The attribute homeDirectory' -r
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from create" -l mail -d 'An address of the account; may be given more than once' -r
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from create" -l attribute -d 'Any other attribute, for the userdb templates; may be given more than once' -r
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from create" -l expires -d 'Refuse every login from this time on: a time span, a date or an RFC 3339 time' -r
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from create" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from create" -l password-stdin -d 'Read the main password from the first line of standard input'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from create" -l no-password -d 'Set no main password: only app passwords open the account'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from create" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from show" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from show" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from disable" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from disable" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from disable" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from enable" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from enable" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from enable" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from expire" -l at -d 'A time span from now such as 90d, a date or an RFC 3339 time' -r
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from expire" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from expire" -l never -d 'Remove the expiry'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from expire" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from expire" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from policy" -l from -d 'A table (CSV) of accounts; its first line names its columns: name, and optionally main_password_on_mail and second_factor, which override the options' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from policy" -l filter -d 'All accounts that this filter finds (RFC 4515), such as (ou=sales); posternd\'s entry needs the right to search by the filter\'s attributes. Only for accounts in LDAP' -r
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from policy" -l main-password-on-mail -d 'Whether the main password opens mail services: always, until-enrolled, never, or default' -r
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from policy" -l second-factor -d 'What logins ask for after the first factor: off, if-enrolled, required, exempt, or default' -r
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from policy" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from policy" -l dry-run -d 'With --from or --filter, change nothing, and print what would happen to each account'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from policy" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from policy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from unlock" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from unlock" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from unlock" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from reset" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from reset" -l yes -d 'Do not ask for confirmation'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from reset" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from invite" -l for -d 'How long it is valid' -r
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from invite" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from invite" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from invite" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from password" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from password" -l password-stdin -d 'Read it from the first line of standard input'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from password" -l remove -d 'Remove it: only app passwords open the account'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from password" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from password" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "create" -d 'Create an account (embedded directory)'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show an account, with the resulting policy'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "list" -d 'List all accounts'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "disable" -d 'Refuse every login to an account'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "enable" -d 'Permit logins to a disabled account again'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "expire" -d 'Set the time from which every login to an account is refused'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "policy" -d 'Show or set the policy of an account, which overrides the configuration; or set it for many with --from or --filter'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "unlock" -d 'Unlock an account\'s second factors after too many wrong codes, and forget wrong codes and passwords'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "reset" -d 'Remove all second factors, recovery codes, trusted devices and the ticket of an account'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "invite" -d 'Make a ticket that permits a user to bind the first second factor, and show it once'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "password" -d 'Set an account\'s main password (embedded directory)'
complete -c postern -n "__fish_postern_using_subcommand account; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand app-password; and not __fish_seen_subcommand_from create list revoke regenerate help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand app-password; and not __fish_seen_subcommand_from create list revoke regenerate help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand app-password; and not __fish_seen_subcommand_from create list revoke regenerate help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand app-password; and not __fish_seen_subcommand_from create list revoke regenerate help" -f -a "create" -d 'Make an app password and show it once; or one for each account of a table with --from'
complete -c postern -n "__fish_postern_using_subcommand app-password; and not __fish_seen_subcommand_from create list revoke regenerate help" -f -a "list" -d 'List an account\'s app passwords, with their last use'
complete -c postern -n "__fish_postern_using_subcommand app-password; and not __fish_seen_subcommand_from create list revoke regenerate help" -f -a "revoke" -d 'Revoke an app password; it is refused from the next login on'
complete -c postern -n "__fish_postern_using_subcommand app-password; and not __fish_seen_subcommand_from create list revoke regenerate help" -f -a "regenerate" -d 'Replace an app password with a new one with the same label, scope, expiry and networks'
complete -c postern -n "__fish_postern_using_subcommand app-password; and not __fish_seen_subcommand_from create list revoke regenerate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from create" -l label -d 'A name for its owner, such as that of the mail program' -r
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from create" -l scope -d 'The services that it opens: any of imap, pop3, smtp, sieve, dav, separated by commas, or all' -r
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from create" -l expires -d 'Refuse it from this time on: a time span such as 90d, a date or an RFC 3339 time' -r
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from create" -l network -d 'Accept it from this network only; may be given more than once' -r
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from create" -l from -d 'A table (CSV) of accounts; its first line names its columns: name, and optionally label, scope, expires and networks (separated by spaces), which override the options' -r -F
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from create" -l results -d 'The file to which --from writes a line (CSV) for each account: a new file that only its owner may read, or the file of an earlier run of the same command' -r -F
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from create" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from create" -l add -d 'With --from, make another one for accounts that already have one with this label; otherwise they fail'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from create" -l dry-run -d 'With --from, test everything without changing or writing anything, and print what would happen to each line'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from create" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from list" -l revoked -d 'Show revoked ones, too'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from revoke" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from revoke" -l all -d 'Revoke all of them'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from revoke" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from regenerate" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from regenerate" -l all -d 'Replace all that have not expired'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from regenerate" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from regenerate" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from help" -f -a "create" -d 'Make an app password and show it once; or one for each account of a table with --from'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from help" -f -a "list" -d 'List an account\'s app passwords, with their last use'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Revoke an app password; it is refused from the next login on'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from help" -f -a "regenerate" -d 'Replace an app password with a new one with the same label, scope, expiry and networks'
complete -c postern -n "__fish_postern_using_subcommand app-password; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand totp; and not __fish_seen_subcommand_from enrol help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand totp; and not __fish_seen_subcommand_from enrol help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand totp; and not __fish_seen_subcommand_from enrol help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand totp; and not __fish_seen_subcommand_from enrol help" -f -a "enrol" -d 'Bind an authenticator app or token to an account, or to many with --from'
complete -c postern -n "__fish_postern_using_subcommand totp; and not __fish_seen_subcommand_from enrol help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l label -d 'A name for its owner; by default "Authenticator app" in the account\'s language, with a number from the second one on' -r
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l algorithm -d 'The hash function; by default sha1, or that of an otpauth URI. Few apps support others' -r -f -a "sha1\t''
sha256\t''
sha512\t''"
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l digits -d 'The length of a code, 6 or 8; by default 6, or that of an otpauth URI' -r
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l period -d 'How long a code is shown, 30 or 60 seconds; by default 30, or that of an otpauth URI' -r
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l replace -d 'Replace this factor, in one step' -r
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l svg -d 'Write the QR code to this new file as SVG instead of showing it' -r -F
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l png -d 'Write the QR code to this new file as PNG instead of showing it' -r -F
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l from -d 'A table (CSV) of accounts; its first line names its columns: name, and optionally label and seed (base32, or an otpauth://totp URI)' -r -F
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l results -d 'The file to which --from writes a line (CSV) for each account: a new file that only its owner may read, or the file of an earlier run of the same command' -r -F
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l seed-stdin -d 'Read the seed from the first line of standard input, in base32 or as an otpauth://totp URI: for a hardware token, or a seed of another system'
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l uri -d 'Print only the otpauth URI instead of the QR code'
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l unproved -d 'Bind it at once, without a code: for a token, or a QR code for a user who is not present'
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l add -d 'With --from, bind another one to accounts that already have a factor; otherwise they fail'
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l dry-run -d 'With --from, test everything without changing or writing anything, and print what would happen to each line'
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from enrol" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from help" -f -a "enrol" -d 'Bind an authenticator app or token to an account, or to many with --from'
complete -c postern -n "__fish_postern_using_subcommand totp; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand phone; and not __fish_seen_subcommand_from enrol list remove help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand phone; and not __fish_seen_subcommand_from enrol list remove help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand phone; and not __fish_seen_subcommand_from enrol list remove help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand phone; and not __fish_seen_subcommand_from enrol list remove help" -f -a "enrol" -d 'Show a QR code for the phone of a user who is present, and bind the phone once both show the same digits'
complete -c postern -n "__fish_postern_using_subcommand phone; and not __fish_seen_subcommand_from enrol list remove help" -f -a "list" -d 'List an account\'s phones, with their last use'
complete -c postern -n "__fish_postern_using_subcommand phone; and not __fish_seen_subcommand_from enrol list remove help" -f -a "remove" -d 'Unbind a phone; with the last factor of all the account is no longer enrolled'
complete -c postern -n "__fish_postern_using_subcommand phone; and not __fish_seen_subcommand_from enrol list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from enrol" -l label -d 'A name for its owner; by default the name that the phone reports' -r
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from enrol" -l replace -d 'Replace this factor, in one step' -r
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from enrol" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from enrol" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from enrol" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from remove" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from remove" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from help" -f -a "enrol" -d 'Show a QR code for the phone of a user who is present, and bind the phone once both show the same digits'
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from help" -f -a "list" -d 'List an account\'s phones, with their last use'
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Unbind a phone; with the last factor of all the account is no longer enrolled'
complete -c postern -n "__fish_postern_using_subcommand phone; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand email; and not __fish_seen_subcommand_from enrol list remove help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand email; and not __fish_seen_subcommand_from enrol list remove help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand email; and not __fish_seen_subcommand_from enrol list remove help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand email; and not __fish_seen_subcommand_from enrol list remove help" -f -a "enrol" -d 'Send a code to a user\'s backup address, and bind it once the code is typed here'
complete -c postern -n "__fish_postern_using_subcommand email; and not __fish_seen_subcommand_from enrol list remove help" -f -a "list" -d 'List an account\'s e-mail factors, with their last use'
complete -c postern -n "__fish_postern_using_subcommand email; and not __fish_seen_subcommand_from enrol list remove help" -f -a "remove" -d 'Unbind an e-mail factor; with the last factor of all the account is no longer enrolled'
complete -c postern -n "__fish_postern_using_subcommand email; and not __fish_seen_subcommand_from enrol list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from enrol" -l label -d 'A name for its owner; by default the kind\'s name, with a number from the second one on' -r
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from enrol" -l replace -d 'Replace this factor, in one step' -r
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from enrol" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from enrol" -l unproved -d 'Bind it at once, without a code, and so without a proof that it is the user\'s'
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from enrol" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from enrol" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from remove" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from remove" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from help" -f -a "enrol" -d 'Send a code to a user\'s backup address, and bind it once the code is typed here'
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from help" -f -a "list" -d 'List an account\'s e-mail factors, with their last use'
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Unbind an e-mail factor; with the last factor of all the account is no longer enrolled'
complete -c postern -n "__fish_postern_using_subcommand email; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand sms; and not __fish_seen_subcommand_from enrol list remove help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand sms; and not __fish_seen_subcommand_from enrol list remove help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand sms; and not __fish_seen_subcommand_from enrol list remove help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand sms; and not __fish_seen_subcommand_from enrol list remove help" -f -a "enrol" -d 'Send a code to a user\'s telephone, and bind its number once the code is typed here'
complete -c postern -n "__fish_postern_using_subcommand sms; and not __fish_seen_subcommand_from enrol list remove help" -f -a "list" -d 'List an account\'s telephone numbers, with their last use'
complete -c postern -n "__fish_postern_using_subcommand sms; and not __fish_seen_subcommand_from enrol list remove help" -f -a "remove" -d 'Unbind a telephone number; with the last factor of all the account is no longer enrolled'
complete -c postern -n "__fish_postern_using_subcommand sms; and not __fish_seen_subcommand_from enrol list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from enrol" -l label -d 'A name for its owner; by default the kind\'s name, with a number from the second one on' -r
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from enrol" -l replace -d 'Replace this factor, in one step' -r
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from enrol" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from enrol" -l unproved -d 'Bind it at once, without a code, and so without a proof that it is the user\'s'
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from enrol" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from enrol" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from remove" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from remove" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from help" -f -a "enrol" -d 'Send a code to a user\'s telephone, and bind its number once the code is typed here'
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from help" -f -a "list" -d 'List an account\'s telephone numbers, with their last use'
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Unbind a telephone number; with the last factor of all the account is no longer enrolled'
complete -c postern -n "__fish_postern_using_subcommand sms; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand factor; and not __fish_seen_subcommand_from list remove help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand factor; and not __fish_seen_subcommand_from list remove help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand factor; and not __fish_seen_subcommand_from list remove help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand factor; and not __fish_seen_subcommand_from list remove help" -f -a "list" -d 'List an account\'s second factors, with their last use'
complete -c postern -n "__fish_postern_using_subcommand factor; and not __fish_seen_subcommand_from list remove help" -f -a "remove" -d 'Unbind a second factor; with the last one the account is no longer enrolled'
complete -c postern -n "__fish_postern_using_subcommand factor; and not __fish_seen_subcommand_from list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand factor; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand factor; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand factor; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand factor; and __fish_seen_subcommand_from remove" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand factor; and __fish_seen_subcommand_from remove" -l all -d 'Unbind all of them'
complete -c postern -n "__fish_postern_using_subcommand factor; and __fish_seen_subcommand_from remove" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand factor; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand factor; and __fish_seen_subcommand_from help" -f -a "list" -d 'List an account\'s second factors, with their last use'
complete -c postern -n "__fish_postern_using_subcommand factor; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Unbind a second factor; with the last one the account is no longer enrolled'
complete -c postern -n "__fish_postern_using_subcommand factor; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand recovery; and not __fish_seen_subcommand_from create help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand recovery; and not __fish_seen_subcommand_from create help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand recovery; and not __fish_seen_subcommand_from create help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand recovery; and not __fish_seen_subcommand_from create help" -f -a "create" -d 'Make recovery codes that replace all earlier ones, and show them once'
complete -c postern -n "__fish_postern_using_subcommand recovery; and not __fish_seen_subcommand_from create help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand recovery; and __fish_seen_subcommand_from create" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand recovery; and __fish_seen_subcommand_from create" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand recovery; and __fish_seen_subcommand_from create" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand recovery; and __fish_seen_subcommand_from help" -f -a "create" -d 'Make recovery codes that replace all earlier ones, and show them once'
complete -c postern -n "__fish_postern_using_subcommand recovery; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand device; and not __fish_seen_subcommand_from list revoke help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand device; and not __fish_seen_subcommand_from list revoke help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand device; and not __fish_seen_subcommand_from list revoke help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand device; and not __fish_seen_subcommand_from list revoke help" -f -a "list" -d 'List the devices that an account trusts'
complete -c postern -n "__fish_postern_using_subcommand device; and not __fish_seen_subcommand_from list revoke help" -f -a "revoke" -d 'Revoke a trusted device; its next login is asked for a code'
complete -c postern -n "__fish_postern_using_subcommand device; and not __fish_seen_subcommand_from list revoke help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand device; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand device; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand device; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand device; and __fish_seen_subcommand_from revoke" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand device; and __fish_seen_subcommand_from revoke" -l all -d 'Revoke all of them'
complete -c postern -n "__fish_postern_using_subcommand device; and __fish_seen_subcommand_from revoke" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand device; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand device; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the devices that an account trusts'
complete -c postern -n "__fish_postern_using_subcommand device; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'Revoke a trusted device; its next login is asked for a code'
complete -c postern -n "__fish_postern_using_subcommand device; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand session; and not __fish_seen_subcommand_from list end help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand session; and not __fish_seen_subcommand_from list end help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand session; and not __fish_seen_subcommand_from list end help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand session; and not __fish_seen_subcommand_from list end help" -f -a "list" -d 'List the browsers with which the owner of an account is signed in'
complete -c postern -n "__fish_postern_using_subcommand session; and not __fish_seen_subcommand_from list end help" -f -a "end" -d 'Sign browsers out'
complete -c postern -n "__fish_postern_using_subcommand session; and not __fish_seen_subcommand_from list end help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand session; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand session; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand session; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand session; and __fish_seen_subcommand_from end" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand session; and __fish_seen_subcommand_from end" -l all -d 'End all of them'
complete -c postern -n "__fish_postern_using_subcommand session; and __fish_seen_subcommand_from end" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand session; and __fish_seen_subcommand_from end" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the browsers with which the owner of an account is signed in'
complete -c postern -n "__fish_postern_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "end" -d 'Sign browsers out'
complete -c postern -n "__fish_postern_using_subcommand session; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand history" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand history" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand history" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand challenge; and not __fish_seen_subcommand_from list deny help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand challenge; and not __fish_seen_subcommand_from list deny help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand challenge; and not __fish_seen_subcommand_from list deny help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand challenge; and not __fish_seen_subcommand_from list deny help" -f -a "list" -d 'List the logins and enrolments that wait for a code or a phone, for one account or for all'
complete -c postern -n "__fish_postern_using_subcommand challenge; and not __fish_seen_subcommand_from list deny help" -f -a "deny" -d 'Refuse a login or an enrolment that waits: its code and a later approval become worthless'
complete -c postern -n "__fish_postern_using_subcommand challenge; and not __fish_seen_subcommand_from list deny help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand challenge; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand challenge; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand challenge; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand challenge; and __fish_seen_subcommand_from deny" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand challenge; and __fish_seen_subcommand_from deny" -l all -d 'Refuse all of them'
complete -c postern -n "__fish_postern_using_subcommand challenge; and __fish_seen_subcommand_from deny" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand challenge; and __fish_seen_subcommand_from deny" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand challenge; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the logins and enrolments that wait for a code or a phone, for one account or for all'
complete -c postern -n "__fish_postern_using_subcommand challenge; and __fish_seen_subcommand_from help" -f -a "deny" -d 'Refuse a login or an enrolment that waits: its code and a later approval become worthless'
complete -c postern -n "__fish_postern_using_subcommand challenge; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand report" -l since -d 'Ignore uses before this time: a time span such as 30d, a date or an RFC 3339 time' -r
complete -c postern -n "__fish_postern_using_subcommand report" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand report" -l unenrolled -d 'Only accounts without a second factor'
complete -c postern -n "__fish_postern_using_subcommand report" -l ready -d 'Only accounts that no longer need their main password for mail: enrolled, or with a used app password, and no login to mail with the main password since it was made; with --since, since that time'
complete -c postern -n "__fish_postern_using_subcommand report" -l main-password -d 'Only accounts whose main password opened a mail service'
complete -c postern -n "__fish_postern_using_subcommand report" -l csv -d 'Print a table (CSV) with the names of its columns first'
complete -c postern -n "__fish_postern_using_subcommand report" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand report" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand import" -l account -d 'The account that everything in the file belongs to; otherwise the names in the file decide' -r
complete -c postern -n "__fish_postern_using_subcommand import" -l accounts -d 'A table (CSV) for names that differ; its first line names its columns: name (in the file) and account (here)' -r -F
complete -c postern -n "__fish_postern_using_subcommand import" -l issuer -d 'Only the entries of this issuer (otpauth, freeotp+, aegis) or realm (privacyidea); required unless all are of the issuer of postern.toml' -r
complete -c postern -n "__fish_postern_using_subcommand import" -l algorithm -d 'The hash function for entries whose format does not say it (privacyidea\'s CSV); by default sha1' -r -f -a "sha1\t''
sha256\t''
sha512\t''"
complete -c postern -n "__fish_postern_using_subcommand import" -l label -d 'A name for its owner, for entries without one; by default "Authenticator app" in the account\'s language' -r
complete -c postern -n "__fish_postern_using_subcommand import" -l results -d 'Write a line (CSV) for each entry to this file: a new file that only its owner may read, or the file of an earlier run, to which the lines are added. Without that file, a run that is repeated binds what was removed since' -r -F
complete -c postern -n "__fish_postern_using_subcommand import" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand import" -l add -d 'Bind another factor to accounts that already have one which is not in the files; otherwise they fail'
complete -c postern -n "__fish_postern_using_subcommand import" -l again -d 'Bind also what an earlier run bound, by the file of --results, and was removed since, as after the loss of a phone'
complete -c postern -n "__fish_postern_using_subcommand import" -l dry-run -d 'Test everything without changing or writing anything, and print what would happen to each account'
complete -c postern -n "__fish_postern_using_subcommand import" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand export" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand export" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand migrate" -l from -d 'The configuration that used the SQLite file until now; --config names the one with LDAP' -r -F
complete -c postern -n "__fish_postern_using_subcommand migrate" -l results -d 'Write a line (CSV) for each account to this file: a new file that only its owner may read, or the file of an earlier run of the same command' -r -F
complete -c postern -n "__fish_postern_using_subcommand migrate" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand migrate" -l dry-run -d 'Test everything without changing or writing anything, and print what would happen to each account'
complete -c postern -n "__fish_postern_using_subcommand migrate" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand migrate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand key; and not __fish_seen_subcommand_from list rotate reseal drop help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand key; and not __fish_seen_subcommand_from list rotate reseal drop help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand key; and not __fish_seen_subcommand_from list rotate reseal drop help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand key; and not __fish_seen_subcommand_from list rotate reseal drop help" -f -a "list" -d 'List the keys of the keyring'
complete -c postern -n "__fish_postern_using_subcommand key; and not __fish_seen_subcommand_from list rotate reseal drop help" -f -a "rotate" -d 'Put a new key in front of the keyring, and seal the seeds of all accounts with it'
complete -c postern -n "__fish_postern_using_subcommand key; and not __fish_seen_subcommand_from list rotate reseal drop help" -f -a "reseal" -d 'Seal the seeds of all accounts with the current key, unless they are already'
complete -c postern -n "__fish_postern_using_subcommand key; and not __fish_seen_subcommand_from list rotate reseal drop help" -f -a "drop" -d 'Remove an older key from the keyring, such as one that leaked'
complete -c postern -n "__fish_postern_using_subcommand key; and not __fish_seen_subcommand_from list rotate reseal drop help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from list" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from list" -l count -d 'Count the secrets that are sealed with each key, which reads all accounts'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from list" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from rotate" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from rotate" -l reseal -d 'Seal all seeds with the new key, even if other hosts may share the accounts: there are none, or all of them wait'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from rotate" -l no-reseal -d 'Seal nothing anew yet'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from rotate" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from reseal" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from reseal" -l dry-run -d 'Change nothing, and name the accounts whose secrets would be sealed anew'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from reseal" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from reseal" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from drop" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from drop" -l at-once -d 'Even if trusted devices and tickets need it: they become worthless, and have to be made again'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from drop" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from drop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the keys of the keyring'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Put a new key in front of the keyring, and seal the seeds of all accounts with it'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "reseal" -d 'Seal the seeds of all accounts with the current key, unless they are already'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "drop" -d 'Remove an older key from the keyring, such as one that leaked'
complete -c postern -n "__fish_postern_using_subcommand key; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "factors" -d 'List your second factors'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "enrol" -d 'Set up a second factor; without --kind you are asked for the kind, if there is a choice'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "remove" -d 'Remove a second factor'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "replace" -d 'Replace a second factor with a new one'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "recovery-codes" -d 'Make recovery codes that replace all earlier ones'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "phone" -d 'Phones on which you approve logins'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "email" -d 'Backup e-mail addresses to which codes are sent'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "sms" -d 'Telephone numbers to which codes are sent by SMS'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "app-passwords" -d 'App passwords: one for each mail program'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "devices" -d 'Devices that you trust, which need no code for a while'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "sessions" -d 'Browsers with which you are signed in'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "history" -d 'List your recent logins, accepted and refused'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "challenges" -d 'Logins and changes that wait for a code or for your phone'
complete -c postern -n "__fish_postern_using_subcommand my; and not __fish_seen_subcommand_from factors enrol remove replace recovery-codes phone email sms app-passwords devices sessions history challenges help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from factors" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from factors" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from factors" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from factors" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from enrol" -l kind -d 'The kind: an authenticator app, a phone that approves, codes by e-mail or by SMS' -r -f -a "totp\t''
phone\t''
email\t''
sms\t''"
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from enrol" -l to -d 'The address or number to which codes are sent; without it you are asked' -r
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from enrol" -l label -d 'A name for it' -r
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from enrol" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from enrol" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from enrol" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from enrol" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from remove" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from remove" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from remove" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from replace" -l kind -d 'The kind of the new one; by default the same as the old one' -r -f -a "totp\t''
phone\t''
email\t''
sms\t''"
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from replace" -l to -d 'The address or number to which codes are sent; without it you are asked' -r
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from replace" -l label -d 'A name for the new one; by default that of the old one if it is of the same kind' -r
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from replace" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from replace" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from replace" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from replace" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from recovery-codes" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from recovery-codes" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from recovery-codes" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from recovery-codes" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from phone" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from phone" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from phone" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from phone" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from phone" -f -a "enrol" -d 'Set up a phone: scan the QR code that is shown, and compare six digits'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from phone" -f -a "list" -d 'List your phones'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from phone" -f -a "remove" -d 'Remove a phone'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from phone" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from email" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from email" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from email" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from email" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from email" -f -a "enrol" -d 'Set up a backup address: a code is sent to it, and you are asked for the code'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from email" -f -a "list" -d 'List your backup addresses'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from email" -f -a "remove" -d 'Remove a backup address'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from email" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sms" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sms" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sms" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sms" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sms" -f -a "enrol" -d 'Set up a telephone number: a code is sent to it, and you are asked for the code'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sms" -f -a "list" -d 'List your telephone numbers'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sms" -f -a "remove" -d 'Remove a telephone number'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sms" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from app-passwords" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from app-passwords" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from app-passwords" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from app-passwords" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from app-passwords" -f -a "list" -d 'List your app passwords'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from app-passwords" -f -a "create" -d 'Make an app password and show it once'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from app-passwords" -f -a "regenerate" -d 'Replace an app password with a new one that opens the same services'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from app-passwords" -f -a "revoke" -d 'Revoke an app password; it is refused from the next login on'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from app-passwords" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from devices" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from devices" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from devices" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from devices" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from devices" -f -a "list" -d 'List the devices that you trust'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from devices" -f -a "revoke" -d 'Revoke a trusted device'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from devices" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sessions" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sessions" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sessions" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sessions" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sessions" -f -a "list" -d 'List the browsers with which you are signed in'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sessions" -f -a "end" -d 'Sign a browser out'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from sessions" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from history" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from history" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from history" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from challenges" -l client-config -d 'The configuration of the front doors, which names posternd\'s socket' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from challenges" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from challenges" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from challenges" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from challenges" -f -a "list" -d 'List the logins and changes that wait for an answer'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from challenges" -f -a "deny" -d 'Refuse a login or change that waits: one that is not yours, or that you gave up'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from challenges" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "factors" -d 'List your second factors'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "enrol" -d 'Set up a second factor; without --kind you are asked for the kind, if there is a choice'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove a second factor'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "replace" -d 'Replace a second factor with a new one'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "recovery-codes" -d 'Make recovery codes that replace all earlier ones'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "phone" -d 'Phones on which you approve logins'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "email" -d 'Backup e-mail addresses to which codes are sent'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "sms" -d 'Telephone numbers to which codes are sent by SMS'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "app-passwords" -d 'App passwords: one for each mail program'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "devices" -d 'Devices that you trust, which need no code for a while'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "sessions" -d 'Browsers with which you are signed in'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "history" -d 'List your recent logins, accepted and refused'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "challenges" -d 'Logins and changes that wait for a code or for your phone'
complete -c postern -n "__fish_postern_using_subcommand my; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand check" -l account -d 'The account whose LDAP entry is used to test the access rights; nothing in it is changed' -r
complete -c postern -n "__fish_postern_using_subcommand check" -l root -d 'The root of the host\'s own files, such as etc/pam.d' -r -F
complete -c postern -n "__fish_postern_using_subcommand check" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand check" -s q -l quiet -d 'Print only problems: nothing if everything is in order'
complete -c postern -n "__fish_postern_using_subcommand check" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand courier; and not __fish_seen_subcommand_from test help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand courier; and not __fish_seen_subcommand_from test help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand courier; and not __fish_seen_subcommand_from test help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand courier; and not __fish_seen_subcommand_from test help" -f -a "test" -d 'Send the message that users get, with the code 000000, which opens nothing'
complete -c postern -n "__fish_postern_using_subcommand courier; and not __fish_seen_subcommand_from test help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand courier; and __fish_seen_subcommand_from test" -l email -d 'To this mailbox' -r
complete -c postern -n "__fish_postern_using_subcommand courier; and __fish_seen_subcommand_from test" -l sms -d 'To this telephone, with its country code' -r
complete -c postern -n "__fish_postern_using_subcommand courier; and __fish_seen_subcommand_from test" -l language -d 'In this language: en or zh-CN; by default the configuration\'s' -r
complete -c postern -n "__fish_postern_using_subcommand courier; and __fish_seen_subcommand_from test" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand courier; and __fish_seen_subcommand_from test" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand courier; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand courier; and __fish_seen_subcommand_from help" -f -a "test" -d 'Send the message that users get, with the code 000000, which opens nothing'
complete -c postern -n "__fish_postern_using_subcommand courier; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand status" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand status" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand status" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand schema; and not __fish_seen_subcommand_from print help" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand schema; and not __fish_seen_subcommand_from print help" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand schema; and not __fish_seen_subcommand_from print help" -s h -l help -d 'Print help'
complete -c postern -n "__fish_postern_using_subcommand schema; and not __fish_seen_subcommand_from print help" -f -a "print" -d 'Print Postern\'s schema, access rules or indexes for an LDAP server'
complete -c postern -n "__fish_postern_using_subcommand schema; and not __fish_seen_subcommand_from print help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand schema; and __fish_seen_subcommand_from print" -l config -d 'The configuration file' -r -F
complete -c postern -n "__fish_postern_using_subcommand schema; and __fish_seen_subcommand_from print" -l json -d 'Print one JSON document, with a "version", instead of text'
complete -c postern -n "__fish_postern_using_subcommand schema; and __fish_seen_subcommand_from print" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c postern -n "__fish_postern_using_subcommand schema; and __fish_seen_subcommand_from help" -f -a "print" -d 'Print Postern\'s schema, access rules or indexes for an LDAP server'
complete -c postern -n "__fish_postern_using_subcommand schema; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "init" -d 'Create missing files: the configuration, the keyring, the embedded database, the Web Push key'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "account" -d 'Accounts'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "app-password" -d 'App passwords: one for each mail program'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "totp" -d 'Authenticator apps and tokens that show codes (RFC 6238)'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "phone" -d 'Phones that approve logins'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "email" -d 'Backup e-mail addresses to which codes are sent'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "sms" -d 'Telephone numbers to which codes are sent by SMS'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "factor" -d 'Second factors of every kind'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "recovery" -d 'Recovery codes, which replace a lost second factor'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "device" -d 'Trusted devices, which need no code for a while'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "session" -d 'Browsers that are signed in'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "history" -d 'List the recent logins of an account, accepted and refused'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "challenge" -d 'Logins and enrolments that wait for a code or a phone'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "report" -d 'List all accounts with their second factors, their last uses, and whether the main password still opens mail'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "import" -d 'Bind the authenticator apps and tokens of another system to the accounts here'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "export" -d 'Print everything that is kept about an account, for its owner, as one JSON document'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "migrate" -d 'Carry the accounts\' data from one SQLite file to LDAP and Redis'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "key" -d 'The keyring, which seals seeds and push subscriptions, and authenticates records'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "my" -d 'Your own account: second factors, recovery codes, app passwords, trusted devices, browsers that are signed in, recent logins, logins that wait for you'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "check" -d 'Test every part of the configuration: a line for each, with the problem and its remedy'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "courier" -d 'The couriers, which send e-mail and text messages'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "status" -d 'Show the status of posternd'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "schema" -d 'The LDAP schema'
complete -c postern -n "__fish_postern_using_subcommand help; and not __fish_seen_subcommand_from init account app-password totp phone email sms factor recovery device session history challenge report import export migrate key my check courier status schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "create" -d 'Create an account (embedded directory)'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "show" -d 'Show an account, with the resulting policy'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "list" -d 'List all accounts'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "disable" -d 'Refuse every login to an account'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "enable" -d 'Permit logins to a disabled account again'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "expire" -d 'Set the time from which every login to an account is refused'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "policy" -d 'Show or set the policy of an account, which overrides the configuration; or set it for many with --from or --filter'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "unlock" -d 'Unlock an account\'s second factors after too many wrong codes, and forget wrong codes and passwords'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "reset" -d 'Remove all second factors, recovery codes, trusted devices and the ticket of an account'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "invite" -d 'Make a ticket that permits a user to bind the first second factor, and show it once'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from account" -f -a "password" -d 'Set an account\'s main password (embedded directory)'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from app-password" -f -a "create" -d 'Make an app password and show it once; or one for each account of a table with --from'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from app-password" -f -a "list" -d 'List an account\'s app passwords, with their last use'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from app-password" -f -a "revoke" -d 'Revoke an app password; it is refused from the next login on'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from app-password" -f -a "regenerate" -d 'Replace an app password with a new one with the same label, scope, expiry and networks'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from totp" -f -a "enrol" -d 'Bind an authenticator app or token to an account, or to many with --from'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from phone" -f -a "enrol" -d 'Show a QR code for the phone of a user who is present, and bind the phone once both show the same digits'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from phone" -f -a "list" -d 'List an account\'s phones, with their last use'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from phone" -f -a "remove" -d 'Unbind a phone; with the last factor of all the account is no longer enrolled'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from email" -f -a "enrol" -d 'Send a code to a user\'s backup address, and bind it once the code is typed here'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from email" -f -a "list" -d 'List an account\'s e-mail factors, with their last use'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from email" -f -a "remove" -d 'Unbind an e-mail factor; with the last factor of all the account is no longer enrolled'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from sms" -f -a "enrol" -d 'Send a code to a user\'s telephone, and bind its number once the code is typed here'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from sms" -f -a "list" -d 'List an account\'s telephone numbers, with their last use'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from sms" -f -a "remove" -d 'Unbind a telephone number; with the last factor of all the account is no longer enrolled'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from factor" -f -a "list" -d 'List an account\'s second factors, with their last use'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from factor" -f -a "remove" -d 'Unbind a second factor; with the last one the account is no longer enrolled'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from recovery" -f -a "create" -d 'Make recovery codes that replace all earlier ones, and show them once'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from device" -f -a "list" -d 'List the devices that an account trusts'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from device" -f -a "revoke" -d 'Revoke a trusted device; its next login is asked for a code'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "list" -d 'List the browsers with which the owner of an account is signed in'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from session" -f -a "end" -d 'Sign browsers out'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from challenge" -f -a "list" -d 'List the logins and enrolments that wait for a code or a phone, for one account or for all'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from challenge" -f -a "deny" -d 'Refuse a login or an enrolment that waits: its code and a later approval become worthless'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "list" -d 'List the keys of the keyring'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "rotate" -d 'Put a new key in front of the keyring, and seal the seeds of all accounts with it'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "reseal" -d 'Seal the seeds of all accounts with the current key, unless they are already'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from key" -f -a "drop" -d 'Remove an older key from the keyring, such as one that leaked'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "factors" -d 'List your second factors'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "enrol" -d 'Set up a second factor; without --kind you are asked for the kind, if there is a choice'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "remove" -d 'Remove a second factor'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "replace" -d 'Replace a second factor with a new one'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "recovery-codes" -d 'Make recovery codes that replace all earlier ones'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "phone" -d 'Phones on which you approve logins'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "email" -d 'Backup e-mail addresses to which codes are sent'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "sms" -d 'Telephone numbers to which codes are sent by SMS'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "app-passwords" -d 'App passwords: one for each mail program'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "devices" -d 'Devices that you trust, which need no code for a while'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "sessions" -d 'Browsers with which you are signed in'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "history" -d 'List your recent logins, accepted and refused'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from my" -f -a "challenges" -d 'Logins and changes that wait for a code or for your phone'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from courier" -f -a "test" -d 'Send the message that users get, with the code 000000, which opens nothing'
complete -c postern -n "__fish_postern_using_subcommand help; and __fish_seen_subcommand_from schema" -f -a "print" -d 'Print Postern\'s schema, access rules or indexes for an LDAP server'
