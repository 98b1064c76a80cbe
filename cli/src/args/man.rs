//! What a manual page says beyond the help: examples and the exit status. Compiled for the tests only, which write the pages.

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::Args;

/// All pages, by the names of their files.
pub(super) fn pages() -> Vec<(String, String)> {
    let mut command = Args::command().disable_help_subcommand(true);
    command.build();
    let examples: Vec<Example> = EXAMPLES
        .iter()
        .map(|&(line, effect)| Example { page: page_of(line, &command), line, effect })
        .collect();
    let mut pages = Vec::new();
    add_pages(&command, None, &examples, &mut pages);
    pages
}

/// A command line, and the page that it belongs to.
struct Example {
    page: String,
    line: &'static str,
    effect: &'static str,
}

fn add_pages(
    command: &Command,
    parent: Option<&str>,
    examples: &[Example],
    pages: &mut Vec<(String, String)>,
) {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        add_pages(below, Some(name), examples, pages);
    }
    pages.push((format!("{name}.1"), page(command, name, parent, examples)));
}

fn page(command: &Command, name: &str, parent: Option<&str>, examples: &[Example]) -> String {
    let man = Man::new(command.clone()).title(name).source("Postern").manual("User commands");
    let mut page = Vec::new();
    man.render(&mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    // The version is that of the package, and changes with each.
    let page = page.split(".SH VERSION").next().unwrap();
    // An empty date has to be written as one, or the source is read as the date.
    let page = page.replacen(&format!(".TH {name} 1  "), &format!(".TH {name} 1 \"\" "), 1);
    // A paragraph already breaks the line before it and after it.
    let page = page.replace("\n.br\n\n.br\n", "\n.sp\n");
    let page = with_values(&page, command);
    let mut lines: Vec<String> = page.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.extend(exit_status(name).lines().map(str::to_owned));
    lines.extend(examples_of(command, name, examples));
    lines.extend(see_also(parent));
    lines.join("\n") + "\n"
}

/// The synopsis names an option without its value; this adds it.
fn with_values(page: &str, command: &Command) -> String {
    let start = page.find(".SH SYNOPSIS").unwrap();
    let (before, rest) = page.split_at(start);
    let (synopsis, after) = rest.split_at(rest.find(".SH DESCRIPTION").unwrap());
    let with_value = command.get_arguments().filter(|argument| argument.get_action().takes_values());
    let synopsis = with_value.fold(synopsis.to_owned(), |synopsis, argument| {
        let Some(long) = argument.get_long() else { return synopsis };
        let option = format!("\\fB{}\\fR", roff(&format!("--{long}")));
        let value = match argument.get_value_names() {
            Some([value, ..]) => value.to_string(),
            Some([]) | None => argument.get_id().as_str().to_uppercase(),
        };
        ["]", ">"].iter().fold(synopsis, |synopsis, end| {
            synopsis.replace(&format!("{option}{end}"), &format!("{option} \\fI{value}\\fR{end}"))
        })
    });
    format!("{before}{synopsis}{after}")
}

fn exit_status(name: &str) -> String {
    match name {
        "postern" => EXIT_STATUS.to_owned(),
        "postern-check" => CHECK_STATUS.to_owned(),
        _ => ".SH \"EXIT STATUS\"\n0, or after a failure one of those listed in\n.BR postern (1).".to_owned(),
    }
}

/// A group has the first example of each of the first commands below it.
fn examples_of(command: &Command, name: &str, examples: &[Example]) -> Vec<String> {
    let is_below = |example: &&Example, page: &str| {
        example.page.strip_prefix(page).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    let below = command.get_subcommands().filter_map(|below| {
        let page = below.get_display_name()?;
        examples.iter().find(|example| is_below(example, page))
    });
    let of_page: Vec<&Example> = match command.has_subcommands() {
        true => below.take(EXAMPLES_OF_A_GROUP).collect(),
        false => examples.iter().filter(|example| example.page == name).collect(),
    };
    let lines: Vec<String> = of_page
        .into_iter()
        .flat_map(|example| {
            [".TP".to_owned(), format!("\\fB{}\\fR", roff(example.line)), roff(example.effect)]
        })
        .collect();
    let heading = (!lines.is_empty()).then(|| ".SH EXAMPLES".to_owned());
    heading.into_iter().chain(lines).collect()
}

const EXAMPLES_OF_A_GROUP: usize = 4;

fn see_also(parent: Option<&str>) -> Vec<String> {
    let pages = match parent {
        None => vec![("postern.toml", 5), ("postern", 7), ("posternd", 8)],
        Some(parent) => vec![(parent, 1), ("postern", 7)],
    };
    let pages: Vec<String> =
        pages.iter().map(|(page, section)| format!(".BR {} ({section})", roff(page))).collect();
    vec![".SH \"SEE ALSO\"".to_owned(), pages.join(" ,\n")]
}

/// The page of the command that this line runs: that of the longest command whose words it begins with.
fn page_of(line: &str, root: &Command) -> String {
    let mut command = root;
    let mut page = "postern".to_owned();
    for word in words(line).iter().skip(1) {
        let Some(below) = command.get_subcommands().find(|below| below.get_name() == word) else { break };
        page = format!("{page}-{word}");
        command = below;
    }
    page
}

fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq")
}

/// Pages without an example, of which there should be none.
pub(super) fn without_example() -> Vec<String> {
    pages().into_iter().filter(|(_, page)| !page.contains(".SH EXAMPLES")).map(|(name, _)| name).collect()
}

/// The words of an example as a shell passes them, without what stands around the command.
pub(super) fn words(line: &str) -> Vec<String> {
    let start = line.find("postern ").unwrap();
    let line = line.get(start..).unwrap().split([';', '|', '>', '<']).next().unwrap();
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in line.trim().chars() {
        match character {
            '"' | '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().unwrap().push(other),
        }
    }
    words
}

/// Writes or compares: whether the file has this text already, or has it now.
pub(super) fn matches(path: &Path, text: &str, may_write: bool) -> bool {
    if may_write {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::read_to_string(path).unwrap_or_default() == text
}

const EXIT_STATUS: &str = ".SH \"EXIT STATUS\"
.TP
.B 0
It is done.
.TP
.B 64
The command line is wrong. Nothing was changed.
.TP
.B 65
The input cannot be used, such as a code that is wrong or a table with an error.
.TP
.B 67
There is no such account.
.TP
.BR 69 \", \" 75
A server does not answer, or is not in order: posternd, the directory, the ledger or a courier. Try again later.
.TP
.BR 71 \", \" 73 \", \" 74
The operating system failed, or a file could not be created, read or written.
.TP
.B 76
What listens at the socket of posternd does not speak its protocol.
.TP
.B 77
This is not permitted, such as an admin's command run by a user.
.TP
.B 78
The configuration is wrong.
.PP
.B postern check
has statuses of its own, for monitoring: see
.BR postern\\-check (1).";

const CHECK_STATUS: &str = ".SH \"EXIT STATUS\"
.TP
.B 0
Everything is in order.
.TP
.B 1
Everything works, and something should be fixed (warn).
.TP
.B 2
Something does not work (FAIL).
.TP
.B Any other
Nothing was checked: see
.BR postern (1).";

/// Command lines, and what each does. A test parses them.
pub(super) const EXAMPLES: &[(&str, &str)] = &[
    (
        "postern account create alice --uid 10001 --gid 10001 --home /srv/mail/alice",
        "Create an account for mail in the embedded directory, and ask for its main password.",
    ),
    (
        "pwgen 20 1 | postern account create bob --uid 10002 --gid 10002 --home /srv/mail/bob --password-stdin",
        "Read the main password from standard input instead.",
    ),
    ("postern account disable alice", "Refuse every login of alice from now on."),
    ("postern account enable alice", "Permit them again."),
    ("postern account expire alice --at 2027-06-30", "Refuse logins from that day on."),
    ("postern account expire alice --never", "Remove the end."),
    (
        "postern account invite alice --for 2d",
        "Print a ticket with which alice can set up the first second factor within two days.",
    ),
    ("postern account list", "List all accounts."),
    ("postern account password alice", "Ask for a new main password."),
    (
        "postern account policy alice --second-factor required",
        "Ask alice for a second factor at every login.",
    ),
    (
        "postern account reset alice",
        "Remove the second factors, recovery codes and trusted devices of alice, after a question.",
    ),
    (
        "postern account show alice",
        "Show what is stored about alice, and the policy that results for each service.",
    ),
    ("postern account unlock alice", "Unlock factors after too many wrong codes."),
    ("postern app-password create alice --label Thunderbird", "Print a new app password once."),
    (
        "postern app-password create alice --label Scanner --scope smtp --network 192.0.2.0/24",
        "Print one that only sends mail, and only from this network.",
    ),
    (
        "postern app-password list alice --revoked",
        "List the app passwords of alice, with those that are revoked.",
    ),
    (
        "postern app-password regenerate alice GdGn",
        "Replace an app password by a new one with the same name and limits.",
    ),
    ("postern app-password revoke alice GdGn", "Revoke one app password: its first group is its name."),
    ("postern challenge list", "List logins and enrolments that wait for a code or a phone."),
    ("postern challenge deny alice --all", "End those of alice."),
    ("postern check", "Test everything, and print what is in order and what is not."),
    (
        "postern check --quiet --account alice",
        "Print problems only, and test the rights on the entry of alice.",
    ),
    ("postern courier test --email alice@example.org", "Send a test message."),
    ("postern device list alice", "List the devices that alice trusts."),
    ("postern device revoke alice --all", "Ask for a second factor on all of them again."),
    ("postern email enrol alice alice@example.com", "Send a code to this address, and ask for it."),
    ("postern email list alice", "List the backup addresses of alice."),
    ("postern email remove alice", "Remove the only one."),
    ("postern factor list alice", "List all second factors of alice."),
    ("postern factor remove alice --all", "Remove them all."),
    ("postern history alice", "List the recent logins of alice."),
    (
        "postern init",
        "Create /etc/postern/postern.toml, the keyring and the database, where they are missing.",
    ),
    ("postern key list --count", "List the keys, and how many values each one seals."),
    ("postern key rotate", "Seal with a new key from now on, and what is there as well."),
    ("postern key reseal --dry-run", "Count what is sealed with older keys."),
    ("postern key drop 1", "Remove the oldest key, once nothing needs it."),
    ("postern my enrol", "Set up a second factor for your own account."),
    ("postern my app-passwords create --label Phone", "Print a new app password once."),
    ("postern my app-passwords list", "List your app passwords."),
    ("postern my app-passwords regenerate GdGn", "Replace one by a new one."),
    ("postern my app-passwords revoke GdGn", "Revoke one."),
    ("postern my challenges list", "List your logins that wait for a code or a phone."),
    ("postern my challenges deny --all", "End them: they are not yours."),
    ("postern my devices list", "List the devices that you trust."),
    ("postern my devices revoke --all", "Trust none of them any longer."),
    ("postern my email enrol alice@example.com", "Add a backup address."),
    ("postern my email list", "List your backup addresses."),
    ("postern my email remove", "Remove one."),
    ("postern my factors", "List your second factors."),
    ("postern my history", "List your recent logins."),
    ("postern my phone enrol", "Add a phone that approves logins."),
    ("postern my phone list", "List your phones."),
    ("postern my phone remove", "Remove one."),
    ("postern my recovery-codes", "Print ten new recovery codes. The old ones are no longer good."),
    ("postern my remove", "Remove a second factor."),
    ("postern my replace", "Replace a second factor by a new one."),
    ("postern my sessions list", "List the browsers that are signed in."),
    ("postern my sessions end --all", "Sign all of them out."),
    ("postern my sms enrol +442079460000", "Add a telephone number."),
    ("postern my sms list", "List your telephone numbers."),
    ("postern my sms remove", "Remove one."),
    ("postern phone enrol alice", "Print a QR code with which alice adds a phone."),
    ("postern phone list alice", "List the phones of alice."),
    ("postern phone remove alice", "Remove the only one."),
    ("postern recovery create alice", "Print ten new recovery codes for alice."),
    ("postern report --unenrolled", "List the accounts without a second factor."),
    ("postern report --csv > report.csv", "Write a table of all accounts for a spreadsheet."),
    ("postern schema print openldap > postern.schema", "Write the schema for slapd.conf."),
    (
        "postern schema print acl-ldif | ldapmodify -Y EXTERNAL -H ldapi:///",
        "Add the access rules to a slapd with cn=config.",
    ),
    ("postern session list alice", "List the browsers that are signed in as alice."),
    ("postern session end alice --all", "Sign all of them out."),
    ("postern sms enrol alice +442079460000", "Send a code to this number, and ask for it."),
    ("postern sms list alice", "List the telephone numbers of alice."),
    ("postern sms remove alice", "Remove the only one."),
    (
        "postern status",
        "Show for how long posternd has been running, what it decided, and what is wrong with it.",
    ),
    ("postern status --json", "The same for a script."),
    ("postern totp enrol alice", "Print a QR code for an authenticator app, and ask for its first code."),
    (
        "postern totp enrol --from tokens.csv --results done.csv",
        "Bind a table of tokens, and write what became of each line.",
    ),
    (
        "postern import pam_oath /etc/users.oath --dry-run",
        "Print what would become of each entry of pam_oath.",
    ),
    (
        "postern import google-authenticator /home --results done.csv",
        "Bind the seeds of all home folders, and write what became of each.",
    ),
    ("postern export alice", "Print what is stored about alice, for alice's own records."),
    (
        "postern migrate --from old.toml --results done.csv --dry-run",
        "Test whether the accounts of the SQLite file can go to the LDAP of the configuration.",
    ),
];
