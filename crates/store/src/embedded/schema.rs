//! The tables of both SQLite files, and the marks by which they are recognised.

use rusqlite::{Connection, TransactionBehavior};

use super::error::OpenError;

/// `PRAGMA application_id` of a Postern database: "post" in ASCII.
const APPLICATION_ID: i32 = 0x706f_7374;
/// The same for the volatile database: "pspt".
const SPENT_APPLICATION_ID: i32 = 0x7073_7074;
/// `PRAGMA user_version`; a newer one is refused.
const VERSION: i32 = 1;

/// The uids that the attribute `uidNumber` of the account `new` holds, in any form that a name service reads as a number.
macro_rules! uids_of_new {
    () => {
        "INSERT OR IGNORE INTO unix_uid
    SELECT CAST(digits AS INTEGER), new.id FROM (
        SELECT ltrim(trim(one.value), '+') AS digits
        FROM json_each(iif(json_valid(new.attributes), new.attributes, '{}')) AS attribute,
             json_each(iif(attribute.type = 'array', attribute.value, '[]')) AS one
        WHERE lower(attribute.key) = 'uidnumber'
    ) WHERE digits <> '' AND digits NOT GLOB '*[^0-9]*' AND length(ltrim(digits, '0')) <= 10;"
    };
}

const TABLES: &str = concat!(
    "
CREATE TABLE IF NOT EXISTS account (
    id               TEXT PRIMARY KEY,
    name             TEXT NOT NULL UNIQUE,
    password         TEXT,
    password_changed INTEGER NOT NULL DEFAULT 0,
    attributes       TEXT NOT NULL DEFAULT '{}',
    revision         INTEGER NOT NULL DEFAULT 0,
    enrolled         INTEGER NOT NULL DEFAULT 0,
    policy           TEXT NOT NULL DEFAULT '{\"v\":1}'
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS mail (
    address TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS unix_uid (
    uid     INTEGER NOT NULL,
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    PRIMARY KEY (uid, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS unix_uid_account ON unix_uid (account);
CREATE TRIGGER IF NOT EXISTS unix_uid_of_new AFTER INSERT ON account BEGIN
    ",
    uids_of_new!(),
    "
END;
CREATE TRIGGER IF NOT EXISTS unix_uid_of_changed AFTER UPDATE OF attributes ON account BEGIN
    DELETE FROM unix_uid WHERE account = new.id;
    ",
    uids_of_new!(),
    "
END;

CREATE TABLE IF NOT EXISTS app_password (
    account  TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    selector TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (account, selector)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS factor (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id      TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS recovery_code (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id      TEXT NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS factor_key (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key     TEXT NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS factor_key_key ON factor_key (key);

CREATE TABLE IF NOT EXISTS attempt (
    account TEXT NOT NULL,
    source  TEXT NOT NULL,
    digest  BLOB NOT NULL,
    at      INTEGER NOT NULL,
    wrong   INTEGER NOT NULL,
    PRIMARY KEY (account, source, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS attempt_at ON attempt (at);

CREATE TABLE IF NOT EXISTS source (
    account TEXT NOT NULL,
    source  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (account, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS last_use (
    account    TEXT NOT NULL,
    credential TEXT NOT NULL,
    at         INTEGER NOT NULL,
    service    TEXT NOT NULL,
    address    TEXT,
    PRIMARY KEY (account, credential)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS login_event (
    account TEXT NOT NULL,
    kind    TEXT NOT NULL,
    id      BLOB NOT NULL,
    value   TEXT NOT NULL,
    last    INTEGER NOT NULL,
    PRIMARY KEY (account, kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS login_event_last ON login_event (last);

CREATE TABLE IF NOT EXISTS code (
    account TEXT NOT NULL,
    source  TEXT NOT NULL,
    token   BLOB NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (account, source, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS code_at ON code (at);
CREATE INDEX IF NOT EXISTS code_of_source_at ON code (at) WHERE source <> '';

CREATE TABLE IF NOT EXISTS device (
    account TEXT NOT NULL,
    id      BLOB NOT NULL,
    value   TEXT NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS device_expires ON device (expires);

CREATE TABLE IF NOT EXISTS sending (
    subject BLOB NOT NULL,
    token   BLOB NOT NULL,
    at      INTEGER NOT NULL,
    over    INTEGER NOT NULL,
    PRIMARY KEY (subject, token)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sending_over ON sending (over);

CREATE TABLE IF NOT EXISTS claim (
    name  BLOB PRIMARY KEY,
    token BLOB NOT NULL,
    over  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claim_over ON claim (over);

CREATE TABLE IF NOT EXISTS spent_memory (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    instance BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS revision (
    account TEXT PRIMARY KEY,
    number  INTEGER NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS revision_at ON revision (at);

CREATE TABLE IF NOT EXISTS revision_note (
    account TEXT PRIMARY KEY,
    number  INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    mac     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS revision_note_at ON revision_note (at);

CREATE TABLE IF NOT EXISTS source_note (
    account TEXT NOT NULL,
    source  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    mac     BLOB NOT NULL,
    PRIMARY KEY (account, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS spent_high (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"
);

/// Lets the triggers fill a table that an older file lacks.
const FILL_UIDS: &str = "UPDATE account SET attributes = attributes";

const SPENT_TABLES: &str = "
CREATE TABLE IF NOT EXISTS memory (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    instance BLOB NOT NULL,
    boot     TEXT NOT NULL,
    since    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS spent (
    account TEXT NOT NULL,
    factor  BLOB NOT NULL,
    step    INTEGER NOT NULL,
    token   BLOB NOT NULL,
    memory  BLOB NOT NULL,
    PRIMARY KEY (account, factor)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS taken (
    account TEXT NOT NULL,
    factor  BLOB NOT NULL,
    step    INTEGER NOT NULL,
    PRIMARY KEY (account, factor, step)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS dropped (
    account TEXT NOT NULL,
    factor  BLOB NOT NULL,
    step    INTEGER NOT NULL,
    PRIMARY KEY (account, factor)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS untaken (
    account TEXT NOT NULL,
    factor  BLOB NOT NULL,
    low     INTEGER NOT NULL,
    high    INTEGER NOT NULL,
    PRIMARY KEY (account, factor, low)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS high (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS challenge (
    account TEXT NOT NULL,
    id      BLOB NOT NULL,
    room    TEXT NOT NULL,
    value   TEXT NOT NULL,
    expires INTEGER NOT NULL,
    memory  BLOB NOT NULL,
    tried   BLOB NOT NULL DEFAULT x'',
    answer  TEXT,
    taken   BLOB,
    PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS challenge_expires ON challenge (expires);

CREATE TABLE IF NOT EXISTS claim (
    name  BLOB PRIMARY KEY,
    token BLOB NOT NULL,
    over  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS claim_over ON claim (over);

CREATE TABLE IF NOT EXISTS browser (
    account TEXT NOT NULL,
    kind    TEXT NOT NULL,
    id      BLOB NOT NULL,
    value   TEXT NOT NULL,
    expires INTEGER NOT NULL,
    memory  BLOB NOT NULL,
    PRIMARY KEY (account, kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS push (
    account    TEXT PRIMARY KEY,
    unanswered INTEGER NOT NULL DEFAULT 0,
    newest     INTEGER NOT NULL DEFAULT 0,
    quiet      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
";

/// The contents of one of Postern's files.
#[derive(Debug)]
pub(super) struct Schema {
    /// `PRAGMA application_id`
    application: i32,
    tables: &'static str,
    /// A table that older files lack, and how it is filled from the others.
    later: Option<(&'static str, &'static str)>,
}

/// The main database.
pub(super) const DATABASE: Schema =
    Schema { application: APPLICATION_ID, tables: TABLES, later: Some(("unix_uid", FILL_UIDS)) };
/// The volatile database beside it.
pub(super) const SPENT: Schema =
    Schema { application: SPENT_APPLICATION_ID, tables: SPENT_TABLES, later: None };

/// Creates the tables in an empty file; makes sure that any other is one of these, of this version. Whole tables that it does
/// not have yet are added: they came after it was made, and change nothing of the others.
pub(super) fn prepare(connection: &mut Connection, schema: &Schema) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let pragma = |name: &str| transaction.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (pragma("application_id")?, pragma("user_version")?, tables) {
        (0, 0, 0) => {
            transaction.execute_batch(schema.tables)?;
            transaction.pragma_update(None, "application_id", schema.application)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        (application, VERSION, _) if application == schema.application => {
            let missing = match schema.later {
                Some((table, fill)) => (!transaction.table_exists(None, table)?).then_some(fill),
                None => None,
            };
            transaction.execute_batch(schema.tables)?;
            missing.map(|fill| transaction.execute(fill, [])).transpose()?;
        }
        (application, version, _) if application == schema.application => {
            return Err(OpenError::Version(version));
        }
        _ => return Err(OpenError::Foreign),
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uids(connection: &Connection) -> Vec<(i64, String)> {
        let mut select =
            connection.prepare("SELECT uid, account FROM unix_uid ORDER BY uid, account").unwrap();
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn the_uids_of_accounts_are_kept_in_either_form() {
        let mut connection = Connection::open_in_memory().unwrap();
        prepare(&mut connection, &DATABASE).unwrap();
        let accounts = [
            ("a", r#"{"uidNumber":["10001"]}"#),
            ("b", r#"{"UIDNUMBER":["+10001"," 010002 "]}"#),
            ("c", r#"{"uidNumber":["ten","","-1","1e4","99999999999"],"mail":["10009"]}"#),
            ("d", "broken"),
            ("e", r#"{"uidNumber":[]}"#),
        ];
        for (id, attributes) in accounts {
            let insert = "INSERT INTO account (id, name, attributes) VALUES (?1, ?1, ?2)";
            assert_eq!(connection.execute(insert, [id, attributes]).unwrap(), 1);
        }
        let all = [(10_001, "a".to_owned()), (10_001, "b".to_owned()), (10_002, "b".to_owned())];
        assert_eq!(uids(&connection), all);
        connection
            .execute_batch(
                "DROP TABLE unix_uid; DROP TRIGGER unix_uid_of_new; DROP TRIGGER unix_uid_of_changed",
            )
            .unwrap();
        prepare(&mut connection, &DATABASE).unwrap();
        assert_eq!(uids(&connection), all, "a file of before has them, too");
        let change = "UPDATE account SET attributes = '{\"uidNumber\":[\"7\"]}' WHERE id = 'b'";
        assert_eq!(connection.execute(change, []).unwrap(), 1);
        connection.execute("DELETE FROM account WHERE id = 'a'", []).unwrap();
        assert_eq!(uids(&connection), [(7, "b".to_owned())]);
    }

    #[test]
    fn an_older_file_gets_the_new_tables_and_keeps_its_rows() {
        let mut connection = Connection::open_in_memory().unwrap();
        prepare(&mut connection, &DATABASE).unwrap();
        connection.execute("INSERT INTO account (id, name) VALUES ('1', 'alice')", []).unwrap();
        connection.execute_batch("DROP TABLE sending; DROP TABLE claim;").unwrap();
        prepare(&mut connection, &DATABASE).unwrap();
        let count = |table: &str| {
            connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0))
        };
        assert_eq!((count("account"), count("sending"), count("claim")), (Ok(1), Ok(0), Ok(0)));
        connection.pragma_update(None, "user_version", VERSION + 1).unwrap();
        assert!(matches!(prepare(&mut connection, &DATABASE), Err(OpenError::Version(_))));
    }
}
