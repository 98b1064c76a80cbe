//! Codes and keys, checked by other programs: oathtool and Python.

use std::io::Write;
use std::process::{Command, Stdio};

use postern_core::clock::Timestamp;
use postern_core::factor::{Algorithm, CodeText, FactorId, NewTotp, Seed, TotpShape};
use postern_core::keyring::{KEY_BYTES, Keyring};
use postern_core::policy::SecondFactor;
use serde_json::{Value, json};

use crate::harness::{App, MAIN_PASSWORD, Site};

/// The code that oathtool shows for the seed at this time.
fn oathtool(base32: &str, shape: TotpShape, at: u64) -> String {
    let done = Command::new(postern_tests::host::system_program("/usr/bin/oathtool", "oathtool"))
        .arg(format!("--totp={}", shape.algorithm.name()))
        .arg(format!("--digits={}", shape.digits()))
        .arg(format!("--time-step-size={}s", shape.period.seconds()))
        .arg(format!("--now=@{at}"))
        .args(["--base32", base32])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// Every format of codes, with a random seed of each permitted length.
fn random_totp(round: usize) -> NewTotp {
    let algorithm = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512][round % 3];
    let digits = [6, 8][round / 3 % 2];
    let period = [30, 60][round / 6 % 2];
    let length = 16 + usize::from(random::<1>()[0]) % 49;
    NewTotp::new(
        TotpShape::new(algorithm, digits, period).unwrap(),
        Seed::new(&random::<64>()[..length]).unwrap(),
    )
}

#[test]
fn codes_of_1000_random_seeds_and_times_are_those_of_oathtool() {
    let ring = Keyring::parse(&Keyring::render(&[7; KEY_BYTES], Timestamp::from_unix(1))).unwrap();
    let mut others = 0;
    for round in 0..1000 {
        let new = random_totp(round);
        // From 1970 to beyond 2106, where 32 bits end.
        let at = Timestamp::from_unix(u64::from_be_bytes(random()) % 8_000_000_000 + 120);
        let shown = oathtool(&new.base32(), new.shape, at.as_unix());
        let code = CodeText::parse(&shown).unwrap();
        let (period, step) = (new.shape.period.seconds(), new.shape.step(at));
        let which = format!("{:?} {} at {at}", new.shape, *new.base32());
        assert_eq!(new.matching_step(&code, at), Ok(Some(step)), "{which}");

        let id = FactorId::new(random());
        let sealed = new.seal(id, &ring, random()).unwrap();
        for late in [-1, 0, 1] {
            let there =
                Timestamp::from_unix(at.as_unix().checked_add_signed(late * period.cast_signed()).unwrap());
            assert_eq!(
                sealed.matching_step(id, &ring, &code, there),
                Ok(Some(step)),
                "{which}, {late} steps late"
            );
        }
        for late in [-2, 2] {
            let there =
                Timestamp::from_unix(at.as_unix().checked_add_signed(late * period.cast_signed()).unwrap());
            others += u32::from(sealed.matching_step(id, &ring, &code, there) != Ok(None));
        }
    }
    assert!(others <= 2, "{others} of 2000 codes are right two steps off; by chance it is one of 300 runs");
}

/// Reads otpauth URIs with Python's own parser, as the Key URI Format has them, a JSON line each.
const READER: &str = r#"
import base64, json, sys
from urllib.parse import urlsplit, unquote, parse_qs
for line in sys.stdin:
    uri = urlsplit(json.loads(line))
    label = uri.path.removeprefix("/")
    fields = parse_qs(uri.query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in fields.values()), fields
    fields = {name: values[0] for name, values in fields.items()}
    assert set(fields) <= {"secret", "issuer", "algorithm", "digits", "period"}, fields
    secret = fields["secret"]
    assert "=" not in secret, "padding confuses apps"
    issuer, account = label.split(":") if ":" in label else label.split("%3A")
    print(json.dumps({
        "scheme": uri.scheme, "type": uri.netloc, "fragment": uri.fragment, "plus": "+" in line,
        "label_issuer": unquote(issuer, errors="strict"), "account": unquote(account, errors="strict"),
        "issuer": fields["issuer"], "algorithm": fields.get("algorithm", "SHA1"),
        "digits": int(fields.get("digits", 6)), "period": int(fields.get("period", 30)),
        "secret": base64.b32decode(secret + "=" * (-len(secret) % 8)).hex(),
    }))
"#;

fn read_by_python(uris: &[String]) -> Vec<Value> {
    let mut python = Command::new(postern_tests::host::system_program("/usr/bin/python3", "python3"))
        .args(["-I", "-c", READER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = uris.iter().map(|uri| format!("{}\n", json!(uri))).collect();
    python.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let done = python.wait_with_output().unwrap();
    assert!(done.status.success());
    String::from_utf8(done.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_independent_parser_reads_the_same_values_from_every_uri() {
    let names = [
        "alice",
        "alice@example.org",
        "Jörg Müller",
        "100 %",
        "%41lice",
        "a+b",
        "a&b=c",
        "a/b",
        "a?b",
        "a#b",
        "王小明",
        "o'neill",
        "a\"b",
        "a\\b",
        "tab;semi,comma",
        "[x]{y}|z",
        "~tilde_under-dash.dot",
        " spaces ",
    ];
    let mut uris = Vec::new();
    let mut meant = Vec::new();
    for (round, (issuer, account)) in
        names.iter().flat_map(|issuer| names.iter().map(move |account| (issuer, account))).enumerate()
    {
        let bytes = random::<32>();
        let seed = &bytes[..16 + round % 17];
        let shape = random_totp(round).shape;
        let new = NewTotp::new(shape, Seed::new(seed).unwrap());
        uris.push(new.uri(issuer, account).unwrap().to_string());
        let secret: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
        meant.push(json!({
            "scheme": "otpauth", "type": "totp", "fragment": "", "plus": false, "label_issuer": issuer,
            "account": account, "issuer": issuer, "algorithm": shape.algorithm.name(), "digits": shape.digits(),
            "period": shape.period.seconds(), "secret": secret,
        }));
    }
    let read = read_by_python(&uris);
    assert_eq!(read.len(), names.len() * names.len());
    for ((uri, read), meant) in uris.iter().zip(&read).zip(&meant) {
        assert_eq!(read, meant, "{uri}");
    }
}

#[tokio::test]
async fn the_key_that_an_enrolment_shows_works_in_oathtool_by_its_uri_and_as_text() {
    let mut site = Site::new().await;
    site.configure(|setup| setup.policy.second_factor = SecondFactor::Required);
    for (name, by_uri) in [("jörg", true), ("alice.o'neill", false)] {
        drop(site.person(name).await);
        let mut talk = site.visit("sshd", name).begin();
        talk.answer(MAIN_PASSWORD).await;
        talk.asked().await;
        let heard = talk.heard();
        let key = heard.key();
        let read = &read_by_python(&[key["uri"].as_str().unwrap().to_owned()])[0];
        assert_eq!((read["account"].as_str(), read["issuer"].as_str()), (Some(name), Some("Example Mail")));
        let app = App::of_key(&key, &site.clock);
        assert_eq!(read["secret"], app.seed_in_hex());
        let line = "Or type this key into it: ";
        let text =
            heard.lines().into_iter().find_map(|text| text.strip_prefix(line)).unwrap().replace(' ', "");
        assert_eq!(key["secret"], text);
        let now = site.now_plus(0).as_unix();
        let code = if by_uri { app.code() } else { oathtool(&text, TotpShape::default(), now) };
        assert_eq!(code, oathtool(&text, TotpShape::default(), now));
        talk.say(&code);
        assert!(talk.ended().await.is_accept());
    }
}
