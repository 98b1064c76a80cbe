//! XML 1.0 that is well-formed whatever texts go into it: names of elements come from the code, and texts are escaped on the way in.

/// A document that is being written.
pub(super) struct Xml {
    text: String,
    open: Vec<&'static str>,
}

impl Xml {
    /// Begins a document. `doctype` is what follows `<!DOCTYPE`, if there is one.
    pub(super) fn new(doctype: Option<&'static str>) -> Self {
        // Room for all of it, so that no copy of a secret is left behind by growing.
        let mut text = String::with_capacity(ROOM);
        text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        if let Some(doctype) = doctype {
            text.push_str("<!DOCTYPE ");
            text.push_str(doctype);
            text.push_str(">\n");
        }
        Self { text, open: Vec::new() }
    }

    /// Writes an element with what `content` writes into it.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        attributes: &[(&'static str, &str)],
        content: impl FnOnce(&mut Self),
    ) {
        self.start(name, attributes);
        self.text.push_str(">\n");
        self.open.push(name);
        content(self);
        self.open.pop();
        self.indent();
        self.end(name);
    }

    /// Writes an element that holds a text.
    pub(super) fn leaf(&mut self, name: &'static str, attributes: &[(&'static str, &str)], text: &str) {
        self.start(name, attributes);
        self.text.push('>');
        self.escape(text);
        self.end(name);
    }

    /// Writes an element that holds nothing.
    pub(super) fn empty(&mut self, name: &'static str) {
        self.start(name, &[]);
        self.text.push_str("/>\n");
    }

    /// The document.
    pub(super) fn finish(self) -> String {
        self.text
    }

    fn start(&mut self, name: &'static str, attributes: &[(&'static str, &str)]) {
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
        for (attribute, value) in attributes {
            self.text.push(' ');
            self.text.push_str(attribute);
            self.text.push_str("=\"");
            self.escape(value);
            self.text.push('"');
        }
    }

    fn end(&mut self, name: &'static str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    fn indent(&mut self) {
        for _ in &self.open {
            self.text.push_str("  ");
        }
    }

    /// Escapes for texts and for values of attributes alike. White space is written by its number, since parsers change it in values
    /// (XML 1.0, sections 2.11 and 3.3.3). A character that XML cannot have, however it is written, becomes U+FFFD (section 2.2).
    fn escape(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '&' => self.text.push_str("&amp;"),
                '"' => self.text.push_str("&quot;"),
                '\'' => self.text.push_str("&#39;"),
                '\t' => self.text.push_str("&#9;"),
                '\n' => self.text.push_str("&#10;"),
                '\r' => self.text.push_str("&#13;"),
                '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => self.text.push('\u{fffd}'),
                other => self.text.push(other),
            }
        }
    }
}

const ROOM: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_values_are_escaped_and_cannot_end_what_holds_them() {
        let mut xml = Xml::new(None);
        xml.element("a", &[("b", "\"'><c/>\n")], |xml| {
            xml.leaf("d", &[], "]]></d><e>&amp;\r\u{1}\u{ffff}é邮");
            xml.empty("f");
        });
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                        <a b=\"&quot;&#39;&gt;&lt;c/&gt;&#10;\">\n  \
                        <d>]]&gt;&lt;/d&gt;&lt;e&gt;&amp;amp;&#13;\u{fffd}\u{fffd}é邮</d>\n  <f/>\n</a>\n";
        assert_eq!(xml.finish(), expected);
    }
}
