use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};
use uuid::Uuid;

/// Identifies one lifetime of the volatile database: records of another generation may be incomplete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Generation([u8; 16]);

impl Generation {
    pub(super) fn new() -> Self {
        Self(Uuid::new_v4().into_bytes())
    }
}

impl ToSql for Generation {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.0.to_sql()
    }
}

impl FromSql for Generation {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        FromSql::column_result(value).map(Self)
    }
}
