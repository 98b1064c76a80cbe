//! The embedded database behind Postern's back: what no program of ours would write there, or what it would take too long.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Ran, Site, host};

/// Executes `sql` once for each of `rows`, in one transaction. Each row is a list, or an object for named parameters.
#[track_caller]
pub fn execute(site: &Site, sql: &str, rows: &[Value]) {
    drop(sqlite(site, &json!({ "sql": sql, "rows": rows })));
}

/// The rows that `sql` selects.
#[must_use]
#[track_caller]
pub fn query(site: &Site, sql: &str) -> Vec<Vec<Value>> {
    let rows = sqlite(site, &json!({ "sql": sql, "rows": null }));
    serde_json::from_value(rows).expect("a list of rows")
}

#[track_caller]
fn sqlite(site: &Site, request: &Value) -> Value {
    // As postern: files that SQLite makes beside the database have to belong to it.
    let (uid, gid) = host::ids("postern");
    let mut command = Command::new(host::system_program("/usr/bin/python3", "python3"));
    command
        .args(["-I", "-c", SCRIPT])
        .arg(site.database())
        .uid(uid.as_raw())
        .gid(gid.as_raw())
        .current_dir("/");
    Ran::of(&mut command, request.to_string().as_bytes(), LIMIT).json()
}

const SCRIPT: &str = r#"
import json, sqlite3, sys
request = json.load(sys.stdin)
database = sqlite3.connect(sys.argv[1], timeout=10)
with database:
    if request["rows"] is None:
        rows = database.execute(request["sql"]).fetchall()
    else:
        rows = database.executemany(request["sql"], request["rows"]).rowcount
print(json.dumps(rows))
"#;
const LIMIT: Duration = Duration::from_secs(60);
