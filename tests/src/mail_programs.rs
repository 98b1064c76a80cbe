//! What mail programs are set up with, read by parsers that know nothing of Postern.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::{Ran, host};

/// Reads `config-v1.1.xml` by Python's parser: `root`, `version`, `id`, `domains`, `servers` (each with its element, its `type` and its
/// fields) and `documentation` (its address and the languages of its words).
#[must_use]
#[track_caller]
pub fn read_autoconfig(document: &str) -> Value {
    read(AUTOCONFIG, document)
}

/// Reads an XML property list by Python's plistlib.
#[must_use]
#[track_caller]
pub fn read_property_list(document: &str) -> Value {
    read(PROPERTY_LIST, document)
}

#[track_caller]
fn read(script: &str, document: &str) -> Value {
    let mut python = Command::new(host::system_program("/usr/bin/python3", "python3"));
    Ran::of(python.args(["-I", "-c", script]).current_dir("/"), document.as_bytes(), LIMIT).json()
}

const AUTOCONFIG: &str = "
import json, sys
import xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
provider, = root.findall('emailProvider')
servers = [
    {'element': one.tag, 'type': one.get('type'), **{field.tag: field.text for field in one}}
    for one in provider if one.tag in ('incomingServer', 'outgoingServer')
]
page = provider.find('documentation')
print(json.dumps({
    'root': root.tag, 'version': root.get('version'), 'id': provider.get('id'), 'servers': servers,
    'domains': [one.text for one in provider.findall('domain')],
    'documentation': None if page is None else
        {'url': page.get('url'), 'languages': [one.get('lang') for one in page.findall('descr')]},
}))
";
const PROPERTY_LIST: &str = "
import json, plistlib, sys
print(json.dumps(plistlib.loads(sys.stdin.buffer.read(), fmt=plistlib.FMT_XML)))
";
const LIMIT: Duration = Duration::from_secs(20);
