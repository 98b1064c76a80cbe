use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// What a server answers: text as redis-cli prints it where its output is no terminal, or the server's error.
pub(super) type Answer = Result<String, String>;

/// Sends one command (RESP2) to a port, over a connection of its own, as redis-cli does. A start of redis-cli takes
/// the processors a hundred times as long.
pub(super) fn ask_port(
    place: (Ipv4Addr, u16),
    login: Option<(&str, &str)>,
    command: &[&str],
) -> io::Result<Answer> {
    let stream = TcpStream::connect(place)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    ask(stream, login, command)
}

/// The same over a Unix socket.
pub(super) fn ask_socket(path: &Path, login: Option<(&str, &str)>, command: &[&str]) -> io::Result<Answer> {
    let stream = UnixStream::connect(path)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    ask(stream, login, command)
}

fn ask(stream: impl Read + Write, login: Option<(&str, &str)>, command: &[&str]) -> io::Result<Answer> {
    let mut server = BufReader::new(stream);
    if let Some((user, password)) = login {
        send(server.get_mut(), &["AUTH", user, password])?;
        if let Err(refusal) = read(&mut server)? {
            return Ok(Err(refusal));
        }
    }
    send(server.get_mut(), command)?;
    read(&mut server)
}

fn send(server: &mut impl Write, words: &[&str]) -> io::Result<()> {
    let mut bytes = format!("*{}\r\n", words.len());
    for word in words {
        bytes += &format!("${}\r\n{word}\r\n", word.len());
    }
    server.write_all(bytes.as_bytes())
}

fn read(server: &mut impl BufRead) -> io::Result<Answer> {
    let mut line = String::new();
    server.read_line(&mut line)?;
    let Some(line) = line.strip_suffix("\r\n") else { return Err(io::ErrorKind::UnexpectedEof.into()) };
    let (kind, rest) = line.split_at_checked(1).ok_or(io::ErrorKind::InvalidData)?;
    let count = || rest.parse::<i64>().map_err(io::Error::other);
    match kind {
        "+" | ":" => Ok(Ok(rest.to_owned())),
        "-" => Ok(Err(rest.to_owned())),
        // Fewer than none: there is no such thing.
        "$" => usize::try_from(count()?)
            .map_or_else(|_| Ok(Ok(String::new())), |length| read_text(server, length)),
        "*" => {
            let parts = (0..count()?).map(|_| Ok(read(server)?.unwrap_or_else(|error| error)));
            Ok(Ok(parts.collect::<io::Result<Vec<String>>>()?.join("\n")))
        }
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, line.to_owned())),
    }
}

fn read_text(server: &mut impl Read, length: usize) -> io::Result<Answer> {
    let mut bytes = vec![0; length + 2];
    server.read_exact(&mut bytes)?;
    bytes.truncate(length);
    Ok(Ok(String::from_utf8_lossy(&bytes).into_owned()))
}

const LIMIT: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_redis_cli_prints_them() {
        for (bytes, answer) in [
            ("+OK\r\n", Ok("OK")),
            (":-2\r\n", Ok("-2")),
            ("$4\r\na\r\nb\r\n", Ok("a\r\nb")),
            ("$-1\r\n", Ok("")),
            ("*3\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n$-1\r\n", Ok("a\n1\n2\n")),
            ("*0\r\n", Ok("")),
            ("-ERR no\r\n", Err("ERR no")),
        ] {
            let answer = answer.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(read(&mut bytes.as_bytes()).unwrap(), answer, "{bytes:?}");
        }
        for broken in ["", "+OK", "$3\r\nab", "?\r\n", "\r\n"] {
            assert!(read(&mut broken.as_bytes()).is_err(), "{broken:?}");
        }
    }
}
