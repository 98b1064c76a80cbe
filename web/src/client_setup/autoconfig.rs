use super::servers::{MailServer, MailServers, Protocol, Tls};
use super::site::{MailSite, UserName};
use super::xml::Xml;

/// The content type of [`autoconfig`]. Thunderbird parses no other as XML.
pub const AUTOCONFIG_TYPE: &str = "text/xml; charset=utf-8";

/// Thunderbird's `config-v1.1.xml`, which many mail programs read. It is the same for every account: the program puts its own address
/// in the place of `%EMAILADDRESS%`, `%EMAILLOCALPART%` and `%EMAILDOMAIN%`.
///
/// `documentation` is the page where people make app passwords. `None` if no server is known that mail is read from.
#[must_use]
pub fn autoconfig(servers: &MailServers, site: &MailSite, documentation: Option<&str>) -> Option<String> {
    servers.incoming()?;
    let domains = match site.domains.as_slice() {
        [] => &[ANY_DOMAIN.to_owned()][..],
        domains => domains,
    };
    let title = domains.first().map_or(ANY_DOMAIN, String::as_str);
    let mut xml = Xml::new(None);
    xml.element("clientConfig", &[("version", "1.1")], |xml| {
        xml.element("emailProvider", &[("id", title)], |xml| {
            for domain in domains {
                xml.leaf("domain", &[], domain);
            }
            xml.leaf("displayName", &[], title);
            xml.leaf("displayShortName", &[], title);
            // A program takes the first that it likes.
            for protocol in [Protocol::Imap, Protocol::Pop3, Protocol::Smtp] {
                if let Some(server) = servers.of(protocol) {
                    write_server(xml, server, site.user_name);
                }
            }
            if let Some(page) = documentation {
                xml.element("documentation", &[("url", page)], |xml| {
                    for (language, words) in DOCUMENTATION {
                        xml.leaf("descr", &[("lang", language)], words);
                    }
                });
            }
        });
    });
    Some(xml.finish())
}

fn write_server(xml: &mut Xml, server: &MailServer, user_name: UserName) {
    let (element, kind) = match server.protocol {
        Protocol::Imap => ("incomingServer", "imap"),
        Protocol::Pop3 => ("incomingServer", "pop3"),
        Protocol::Smtp => ("outgoingServer", "smtp"),
    };
    let socket = match server.tls {
        Tls::Implicit => "SSL",
        Tls::Starttls => "STARTTLS",
    };
    let user = match user_name {
        UserName::Address => "%EMAILADDRESS%",
        UserName::LocalPart => "%EMAILLOCALPART%",
    };
    xml.element(element, &[("type", kind)], |xml| {
        xml.leaf("hostname", &[], &server.host);
        xml.leaf("port", &[], &server.port.to_string());
        xml.leaf("socketType", &[], socket);
        xml.leaf("username", &[], user);
        // Inside TLS; app passwords are stored as hashes, which no other method can check.
        xml.leaf("authentication", &[], "password-cleartext");
    });
}

/// The domain of the program's own address.
const ANY_DOMAIN: &str = "%EMAILDOMAIN%";
const DOCUMENTATION: [(&str, &str); 2] =
    [("en", "Make the app password that your mail program needs"), ("zh-CN", "创建邮件客户端所需的专用密码")];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::client_setup::servers::servers_of;

    use super::*;

    fn site(user_name: UserName, domains: &[&str]) -> MailSite {
        let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
        MailSite { user_name, domains, app_password_help: String::new() }
    }

    #[test]
    fn it_names_every_server_and_the_placeholder_that_fits() {
        let servers = servers_of(&json!([
            { "protocol": "IMAP", "host": "imap.example.org", "port": 993, "tls": "implicit" },
            { "protocol": "SMTP", "host": "smtp.example.org", "port": 587, "tls": "starttls" },
        ]))
        .unwrap();
        let page = Some("https://account.example.org/?a=1&b=2");
        let text =
            autoconfig(&servers, &site(UserName::Address, &["example.org", "example.net"]), page).unwrap();
        for part in [
            "<clientConfig version=\"1.1\">",
            "<emailProvider id=\"example.org\">",
            "<domain>example.net</domain>",
            "<incomingServer type=\"imap\">",
            "<outgoingServer type=\"smtp\">",
            "<socketType>SSL</socketType>",
            "<socketType>STARTTLS</socketType>",
            "<username>%EMAILADDRESS%</username>",
            "<documentation url=\"https://account.example.org/?a=1&amp;b=2\">",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let text = autoconfig(&servers, &site(UserName::LocalPart, &[]), None).unwrap();
        assert!(
            text.contains("<domain>%EMAILDOMAIN%</domain>") && text.contains(">%EMAILLOCALPART%<"),
            "{text}"
        );
        assert!(!text.contains("documentation"), "{text}");
    }

    #[test]
    fn without_a_server_to_read_from_there_is_none() {
        let smtp = json!([{ "protocol": "SMTP", "host": "h", "port": 465, "tls": "implicit" }]);
        for servers in [MailServers::default(), servers_of(&smtp).unwrap()] {
            assert_eq!(autoconfig(&servers, &site(UserName::Address, &[]), None), None);
        }
    }
}
