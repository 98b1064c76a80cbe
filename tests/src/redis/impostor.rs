use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use postern_core::config::HostPort;

/// Answers each command, given in words, with `answer`.
pub fn impostor(answer: impl Fn(&str) -> String + Send + 'static) -> HostPort {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            while let Some(count) = lines.next() {
                let count: usize = count.trim_start_matches('*').parse().unwrap();
                let words: Vec<String> = (0..count).filter_map(|_| lines.nth(1)).collect();
                if stream.write_all(answer(&words.join(" ")).as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    HostPort { host: "127.0.0.1".to_owned(), port }
}
