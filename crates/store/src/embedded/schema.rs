//! The tables, and the marks by which a file is recognised.

use rusqlite::{Connection, TransactionBehavior};

use super::database::OpenError;

/// `PRAGMA application_id` of a Postern database: "post" in ASCII.
const APPLICATION_ID: i32 = 0x706f_7374;
/// The same of what is kept beside it in /run: "pspt".
const SPENT_APPLICATION_ID: i32 = 0x7073_7074;
/// `PRAGMA user_version`; a newer one is refused.
const VERSION: i32 = 1;

const TABLES: &str = "
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
";

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

CREATE TABLE IF NOT EXISTS push (
    account    TEXT PRIMARY KEY,
    unanswered INTEGER NOT NULL DEFAULT 0,
    newest     INTEGER NOT NULL DEFAULT 0,
    quiet      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
";

/// What a file of ours holds.
#[derive(Debug)]
pub(super) struct Schema {
    /// `PRAGMA application_id`
    application: i32,
    tables: &'static str,
}

/// The database.
pub(super) const DATABASE: Schema = Schema { application: APPLICATION_ID, tables: TABLES };
/// What [`super::memory::Memory`] remembers.
pub(super) const SPENT: Schema = Schema { application: SPENT_APPLICATION_ID, tables: SPENT_TABLES };

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
            transaction.execute_batch(schema.tables)?;
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

    #[test]
    fn a_file_of_before_gets_the_tables_that_came_later_and_keeps_what_it_has() {
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
