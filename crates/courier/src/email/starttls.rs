//! STARTTLS (RFC 3207), so that mail servers are verified like all other servers.

use std::io;

use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Requests TLS on a newly opened connection. The handshake has to follow. It reads no byte beyond the last answer, so that
/// injected plain text is not taken for a part of the TLS session.
///
/// # Errors
/// What the server lacks or answered, for the log.
pub(super) async fn ask<S>(stream: &mut S, hello: &ClientId) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let lost = |error: io::Error| format!("no connection: {error}");
    expect(&answer(stream).await.map_err(lost)?, "220")?;
    stream.write_all(format!("EHLO {hello}\r\n").as_bytes()).await.map_err(lost)?;
    let offered = answer(stream).await.map_err(lost)?;
    expect(&offered, "250")?;
    let is_offered =
        |line: &String| line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"));
    if !offered.iter().any(is_offered) {
        return Err("lacks what is needed: STARTTLS".to_owned());
    }
    stream.write_all(b"STARTTLS\r\n").await.map_err(lost)?;
    expect(&answer(stream).await.map_err(lost)?, "220")
}

fn expect(answer: &[String], wanted: &str) -> Result<(), String> {
    let code = answer.last().and_then(|line| line.get(..3)).unwrap_or_default();
    match code {
        _ if code == wanted => Ok(()),
        // Only the code is passed on, because servers repeat addresses in their answers.
        _ if code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit()) => {
            Err(format!("the mail server answered {code}"))
        }
        _ => Err("did not answer in SMTP".to_owned()),
    }
}

/// The lines of one answer (RFC 5321, section 4.2.1).
async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        loop {
            match stream.read_u8().await? {
                b'\n' => break,
                byte => line.push(byte),
            }
        }
        let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
        let is_last = line.get(3..4) != Some("-");
        lines.push(line);
        if is_last {
            return Ok(lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    async fn against(answers: &[&str]) -> Result<(), String> {
        let (mut client, mut server) = duplex(4096);
        for answer in answers {
            server.write_all(answer.as_bytes()).await.unwrap();
        }
        let hello = ClientId::Domain("host.example.org".to_owned());
        let asked = ask(&mut client, &hello).await;
        drop(client);
        let mut said = String::new();
        server.read_to_string(&mut said).await.unwrap();
        assert!(said.is_empty() || said.starts_with("EHLO host.example.org\r\n"), "{said}");
        assert_eq!(
            asked.is_ok(),
            said.ends_with("\r\nSTARTTLS\r\n") && answers.last() == Some(&"220 go\r\n")
        );
        asked
    }

    #[tokio::test]
    async fn it_is_asked_for_where_it_is_offered_and_nothing_else_will_do() {
        let offer = "250-mx.example.org\r\n250-PIPELINING\r\n250 starttls\r\n";
        assert_eq!(against(&["220-mx\r\n220 hello\r\n", offer, "220 go\r\n"]).await, Ok(()));
        for (answers, expected) in [
            (&["220 hello\r\n", "250-mx\r\n250 SIZE 1\r\n"][..], "lacks what is needed: STARTTLS"),
            (&["220 hello\r\n", offer, "454 not now\r\n"], "the mail server answered 454"),
            (&["554 no\r\n"], "the mail server answered 554"),
            (&["220 hello\r\n", "502 what\r\n"], "the mail server answered 502"),
            (&["HTTP/1.1 400 Bad Request\r\n"], "did not answer in SMTP"),
        ] {
            assert_eq!(against(answers).await, Err(expected.to_owned()), "{answers:?}");
        }
    }
}
