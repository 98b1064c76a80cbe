use serde_json::{Map, Value};

/// The records of a flow, by kind.
#[derive(Debug)]
pub(crate) struct Records(Vec<(String, Vec<Value>)>);

impl Records {
    /// With an empty list of each of these kinds.
    pub(crate) fn new(kinds: &[&str]) -> Self {
        Self(kinds.iter().map(|kind| (plural(kind), Vec::new())).collect())
    }

    pub(crate) fn add(&mut self, kind: &str, fields: Map<String, Value>) {
        let name = plural(kind);
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, list)) => list.push(Value::Object(fields)),
            None => self.0.push((name, vec![Value::Object(fields)])),
        }
    }

    /// Each list under its plural name.
    pub(crate) fn into_lists(self) -> impl Iterator<Item = (String, Value)> {
        self.0.into_iter().map(|(name, list)| (name, Value::Array(list)))
    }
}

/// `factor` becomes `factors`. A participle stays as it is, as in the lists of the admin's commands.
fn plural(kind: &str) -> String {
    match kind {
        "revoked" | "removed" | "recovery" | "second_factor_rule" | "denied" => kind.to_owned(),
        _ => format!("{kind}s"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_are_lists_by_kind_and_known_kinds_are_there_without_any() {
        let fields = |id: u32| Map::from_iter([("id".to_owned(), json!(id))]);
        let mut records = Records::new(&["key", "factor"]);
        records.add("factor", fields(1));
        records.add("recovery", fields(2));
        records.add("factor", fields(3));
        let lists: Vec<_> = records.into_lists().collect();
        assert_eq!(
            lists,
            [
                ("keys".to_owned(), json!([])),
                ("factors".to_owned(), json!([{ "id": 1 }, { "id": 3 }])),
                ("recovery".to_owned(), json!([{ "id": 2 }])),
            ]
        );
    }
}
