//! The object class and its attributes. Every form is generated from the table at the end.

use std::fmt::Write;

/// An attribute type (RFC 4512, section 4.1.2).
struct Attribute {
    number: u8,
    name: &'static str,
    describes: &'static str,
    syntax: Syntax,
    is_single: bool,
    is_must: bool,
}

#[derive(Clone, Copy)]
enum Syntax {
    Boolean,
    Integer,
    /// Octets that are compared one by one. Without an equality rule a single value could not be deleted. With a rule
    /// that ignores case, a compare-and-set would treat different values as equal.
    Octets,
}

impl Syntax {
    fn definition(self) -> String {
        // RFC 4517, section 3.3.
        let (rule, number) = match self {
            Self::Boolean => ("booleanMatch", 7),
            Self::Integer => ("integerMatch", 27),
            Self::Octets => ("octetStringMatch", 40),
        };
        format!("EQUALITY {rule} SYNTAX 1.3.6.1.4.1.1466.115.121.1.{number}")
    }
}

impl Attribute {
    /// Its description, in pieces that each fit on a line.
    fn definition(&self) -> Vec<String> {
        let mut pieces = vec![
            format!("( {ARC}.1.{} NAME '{}'", self.number, self.name),
            format!("DESC '{}'", self.describes),
            self.syntax.definition(),
        ];
        if self.is_single {
            pieces.push("SINGLE-VALUE".to_owned());
        }
        pieces
    }
}

/// The object class's description, in pieces that each fit on a line.
fn class_definition() -> Vec<String> {
    let names = |is_must| {
        let names: Vec<&str> = ATTRIBUTES.iter().filter(|a| a.is_must == is_must).map(|a| a.name).collect();
        names.join(" $ ")
    };
    vec![
        format!("( {ARC}.2.1 NAME '{CLASS}'"),
        "DESC 'An account with app passwords or second factors'".to_owned(),
        "SUP top AUXILIARY".to_owned(),
        format!("MUST ( {} )", names(true)),
        format!("MAY ( {} )", names(false)),
    ]
}

/// The names of all attributes, beginning with those that every account has.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    ATTRIBUTES.iter().map(|attribute| attribute.name)
}

/// The form for OpenLDAP's slapd.conf, which `include` reads.
pub(super) fn openldap() -> String {
    let mut text = format!(
        "{}# Include it in slapd.conf behind core.schema. OIDS.md lists the numbers.\n",
        heading("openldap")
    );
    for attribute in &ATTRIBUTES {
        definition(&mut text, "\nattributetype ", "    ", &attribute.definition(), " )");
    }
    definition(&mut text, "\nobjectclass ", "    ", &class_definition(), " )");
    text
}

/// The form for OpenLDAP's cn=config, which `ldapadd` reads.
pub(super) fn openldap_ldif() -> String {
    let mut text = format!(
        "{}# Load it once:  ldapadd -Y EXTERNAL -H ldapi:/// -f postern.ldif\n\n\
         dn: cn=postern,cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: postern\n",
        heading("openldap-ldif")
    );
    for attribute in &ATTRIBUTES {
        definition(&mut text, "olcAttributeTypes: ", FOLD, &attribute.definition(), " )");
    }
    definition(&mut text, "olcObjectClasses: ", FOLD, &class_definition(), " )");
    text
}

/// The form for 389 Directory Server: a file in the instance's schema directory.
pub(super) fn ds389() -> String {
    let mut text = format!(
        "{}# Put it into /etc/dirsrv/slapd-INSTANCE/schema as 99postern.ldif, then:  dsconf INSTANCE schema reload\n\
         dn: cn=schema\nobjectClass: top\nobjectClass: ldapSubentry\nobjectClass: subschema\ncn: schema\n",
        heading("389ds")
    );
    for attribute in &ATTRIBUTES {
        definition(&mut text, "attributeTypes: ", FOLD, &attribute.definition(), " X-ORIGIN 'Postern' )");
    }
    definition(&mut text, "objectClasses: ", FOLD, &class_definition(), " X-ORIGIN 'Postern' )");
    text
}

/// The first line of every form.
pub(super) fn heading(form: &str) -> String {
    format!("# Made by `postern schema print {form}`.\n")
}

fn definition(text: &mut String, start: &str, fold: &str, pieces: &[String], end: &str) {
    // Writing to a string never fails.
    writeln!(text, "{start}{}{end}", pieces.join(&format!("\n{fold}"))).ok();
}

// RFC 2849, note 2: a line that begins with a space continues the one before. That space is not part of it.
const FOLD: &str = "  ";

/// Our arc: a random UUID as an integer (ITU-T X.667, section 8).
const ARC: &str = "2.25.102912796747485490479400757767593095421";

/// The auxiliary class of accounts that Postern stores data in.
pub(super) const CLASS: &str = "posternAccount";

const ATTRIBUTES: [Attribute; 7] = [
    Attribute {
        number: 1,
        name: "posternRevision",
        describes: "Raised by one with every change",
        syntax: Syntax::Integer,
        is_single: true,
        is_must: true,
    },
    Attribute {
        number: 2,
        name: "posternEnrolled",
        describes: "Whether a second factor is bound",
        syntax: Syntax::Boolean,
        is_single: true,
        is_must: true,
    },
    Attribute {
        number: 3,
        name: "posternAppPassword",
        describes: "An app password, hashed, as JSON",
        syntax: Syntax::Octets,
        is_single: false,
        is_must: false,
    },
    Attribute {
        number: 4,
        name: "posternFactor",
        describes: "A second factor, its secrets sealed, as JSON",
        syntax: Syntax::Octets,
        is_single: false,
        is_must: false,
    },
    Attribute {
        number: 5,
        name: "posternRecoveryCode",
        describes: "A recovery code, hashed, as JSON",
        syntax: Syntax::Octets,
        is_single: false,
        is_must: false,
    },
    Attribute {
        number: 6,
        name: "posternFactorKey",
        describes: "A keyed digest that no two accounts share",
        syntax: Syntax::Octets,
        is_single: false,
        is_must: false,
    },
    Attribute {
        number: 7,
        name: "posternPolicy",
        describes: "What holds here in place of the configuration, as JSON",
        syntax: Syntax::Octets,
        is_single: true,
        is_must: false,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_registered_once() {
        let registry = include_str!("../../../ldap-schema/OIDS.md");
        let rows: Vec<(String, String)> = registry
            .lines()
            .filter_map(|line| line.strip_prefix("| `.")?.split_once("` | `"))
            .filter_map(|(number, rest)| Some((number.to_owned(), rest.split_once('`')?.0.to_owned())))
            .collect();
        let mut expected: Vec<(String, String)> =
            ATTRIBUTES.iter().map(|a| (format!("1.{}", a.number), a.name.to_owned())).collect();
        expected.push(("2.1".to_owned(), CLASS.to_owned()));
        assert_eq!(rows, expected);
        assert!(registry.contains(&format!("`{ARC}`")));
    }

    #[test]
    fn the_arc_is_the_registered_uuid() {
        let registry = include_str!("../../../ldap-schema/OIDS.md");
        let uuid: String = registry.split_once("UUID `").unwrap().1.chars().take(36).collect();
        let number = u128::from_str_radix(&uuid.replace('-', ""), 16).unwrap();
        assert_eq!(ARC, format!("2.25.{number}"));
    }

    #[test]
    fn no_description_ends_its_own_quotes() {
        assert!(ATTRIBUTES.iter().all(|a| !a.describes.contains(['\'', '\\'])));
    }
}
