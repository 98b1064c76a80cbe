use std::fs;

use super::Browser;
use crate::host;

/// What axe-core has to say against the page as it is now, a line each.
#[track_caller]
pub(super) fn violations(browser: &Browser) -> Vec<String> {
    let path = host::tool("axe.min.js");
    let axe = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}: run scripts/fetch-axe", path.display()));
    // As the driver's own script: the page's policy lets no other in.
    drop(browser.js(&format!("{axe}\n;return typeof axe;")));
    let found = browser.js_async(
        "const result = await axe.run(document, {resultTypes: ['violations']});
         return {checked: result.passes.length, violations: result.violations.map((v) =>
             v.id + ' (' + v.impact + '): ' + v.help + '\\n  ' + v.nodes.map((n) => n.html + '\\n    ' + n.failureSummary).join('\\n  '))};",
    );
    assert!(found["checked"].as_u64().is_some_and(|rules| rules > 10), "axe did not look: {found}");
    let list = found["violations"].as_array().expect("a list");
    list.iter().map(|violation| violation.as_str().expect("text").to_owned()).collect()
}
