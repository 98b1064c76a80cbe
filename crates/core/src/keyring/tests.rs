use super::*;

fn rendered(byte: u8) -> Zeroizing<String> {
    Keyring::render(&[byte; KEY_BYTES], Timestamp::from_unix(1_800_000_000))
}

#[test]
fn a_rendered_keyring_parses_and_digests_depend_on_key_purpose_and_parts() {
    let ring = Keyring::parse(&rendered(7)).unwrap();
    let digest = ring.digest("a", &[b"one", b"two"]);
    assert_eq!(digest, Keyring::parse(&rendered(7)).unwrap().digest("a", &[b"one", b"two"]));
    assert_ne!(digest, Keyring::parse(&rendered(8)).unwrap().digest("a", &[b"one", b"two"]));
    assert_ne!(digest, ring.digest("b", &[b"one", b"two"]));
    assert_ne!(digest, ring.digest("a", &[b"onet", b"wo"]));
}

#[test]
fn the_digest_is_hmac_sha_256() {
    // printf '\0\0\0\0\0\0\0\1p\0\0\0\0\0\0\0\3one' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707...07
    let expected =
        [0xc0, 0x28, 0x3a, 0x85, 0x9f, 0xce, 0xa1, 0xa9, 0xe5, 0xf7, 0xf4, 0xec, 0xea, 0x52, 0xc7, 0x22];
    assert_eq!(keyed_digest(&[7; KEY_BYTES], "p", &[b"one"]), Digest::new(expected));
}

#[test]
fn a_broken_keyring_is_refused_without_quoting_it() {
    let good = rendered(7);
    for (text, expected) in [
        (good.replace("version = 1", "version = 2"), BadKeyring::Version(2)),
        (good.replace("secret = \"", "secret = \"AAAA"), BadKeyring::BadKey),
        (good.replace("secret", "secrets"), BadKeyring::Malformed),
        (
            format!(
                "{}\n{}",
                *good,
                good.split_once("[[key]]").map_or(String::new(), |(_, key)| format!("[[key]]{key}"))
            ),
            BadKeyring::SameId,
        ),
        ("version = 1\nkey = []".to_owned(), BadKeyring::Empty),
        (String::new(), BadKeyring::Malformed),
    ] {
        assert_eq!(Keyring::parse(&text).err(), Some(expected));
    }
}

#[test]
fn a_rotated_keyring_opens_and_verifies_records_of_the_old_one() {
    let old_text = rendered(7);
    let old = Keyring::parse(&old_text).unwrap();
    let sealed = old.seal(b"for x", b"secret", [1; 24]).unwrap();
    let digest = old.digest("p", &[b"part"]);
    let text = Keyring::rotate(&old_text, &[9; KEY_BYTES], Timestamp::from_unix(1_900_000_000)).unwrap();
    let new = Keyring::parse(&text).unwrap();
    assert_eq!((old.current_id(), new.current_id(), new.ages().count()), (1, 2, 2));
    assert_eq!(new.open(b"for x", &sealed).unwrap().as_slice(), b"secret");
    let all = OlderKeys::All;
    assert!(new.vouches(&digest, "p", &[b"part"], all) && !new.vouches(&digest, "p", &[b"other"], all));
    assert_ne!(new.digest("p", &[b"part"]), digest);
    assert_eq!(new.digests("p", &[b"part"], all).get(1), Some(&digest));
    assert_eq!(
        (new.key_of(&digest, "p", &[b"part"]), new.key_of(&digest, "p", &[b"other"])),
        (Some(1), None)
    );
    let within =
        |seconds, now| OlderKeys::within(std::time::Duration::from_secs(seconds), Timestamp::from_unix(now));
    assert!(new.vouches(&digest, "p", &[b"part"], within(60, 1_900_000_059)));
    assert!(!new.vouches(&digest, "p", &[b"part"], within(60, 1_900_000_060)));
    assert_eq!(new.digests("p", &[b"part"], within(60, 1_900_000_060)).len(), 1);
    let fresh = new.digest("p", &[b"part"]);
    assert!(new.vouches(&fresh, "p", &[b"part"], within(60, 2_900_000_000)), "the current one for ever");
    let newer = new.seal(b"for x", b"secret", [2; 24]).unwrap();
    assert_eq!(old.open(b"for x", &newer), Err(SealError::UnknownKey(2)));
}

#[test]
fn a_sealed_secret_opens_unchanged_and_only_with_its_own_purpose() {
    let ring = Keyring::parse(&rendered(7)).unwrap();
    let sealed = ring.seal(b"for x", b"secret", [1; 24]).unwrap();
    assert_eq!(Sealed::parse(&sealed.to_string()), Ok(sealed.clone()));
    assert_eq!(ring.open(b"for y", &sealed), Err(SealError::Forged));
    for index in [0, 23, 24, sealed.bytes.len() - 1] {
        let mut changed = sealed.clone();
        changed.bytes[index] ^= 1;
        assert_eq!(ring.open(b"for x", &changed), Err(SealError::Forged), "{index}");
    }
    assert_eq!(ring.open(b"for x", &Sealed { key: 1, bytes: vec![0; 10] }), Err(SealError::Forged));
    for text in ["", "1", ":AAAA", "x:AAAA", "1:A A"] {
        assert!(Sealed::parse(text).is_err(), "{text}");
    }
    assert_eq!(format!("{sealed:?}"), "Sealed(key 1)");
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(format!("{:?}", Keyring::parse(&rendered(7)).unwrap()), "Keyring");
}

fn ages(text: &str) -> Vec<(u32, Option<u64>)> {
    let ring = Keyring::parse(text).unwrap();
    ring.ages().map(|age| (age.id, age.replaced.map(Timestamp::as_unix))).collect()
}

fn rotated(text: &str, byte: u8, at: u64) -> Zeroizing<String> {
    Keyring::rotate(text, &[byte; KEY_BYTES], Timestamp::from_unix(at)).unwrap()
}

#[test]
fn a_key_is_replaced_when_the_next_one_is_made_also_where_the_file_does_not_say_so() {
    let text = rotated(&rotated(&rendered(7), 8, 1_900_000_000), 9, 2_000_000_000);
    let expected = [(3, None), (2, Some(2_000_000_000)), (1, Some(1_900_000_000))];
    assert_eq!(ages(&text), expected);
    assert_eq!(text.matches("replaced = ").count(), 2);
    // The form of older files.
    let of_before: String = text.split_inclusive('\n').filter(|line| !line.starts_with("replaced")).collect();
    assert_eq!(ages(&of_before), expected);
    assert_eq!(ages(&rotated(&of_before, 10, 2_100_000_000))[1..3], [(3, Some(2_100_000_000)), expected[1]]);
}

#[test]
fn the_first_key_is_the_current_one() {
    let text = rendered(7).replace("secret =", "replaced = \"2027-01-15T08:00:00Z\"\nsecret =");
    assert_eq!(ages(&text), [(1, None)]);
    assert_eq!(ages(&rotated(&text, 8, 1_900_000_000)), [(2, None), (1, Some(1_900_000_000))]);
    assert!(Keyring::parse(&text.replace("2027-01-15T08:00:00Z", "soon")).is_err());
}

#[test]
fn a_dropped_key_opens_and_vouches_for_nothing_and_leaves_the_others_as_they_were() {
    let first = rendered(7);
    let old = Keyring::parse(&first).unwrap();
    let sealed = old.seal(b"for x", b"secret", [1; 24]).unwrap();
    let digest = old.digest("p", &[b"part"]);
    let second = rotated(&first, 8, 1_900_000_000);
    let third = rotated(&second, 9, 2_000_000_000);
    let left = Keyring::without(&third, 1).unwrap();
    let ring = Keyring::parse(&left).unwrap();
    assert_eq!(ring.open(b"for x", &sealed), Err(SealError::UnknownKey(1)));
    assert!(!ring.vouches(&digest, "p", &[b"part"], OlderKeys::All));
    // The others no longer tell when the second one was replaced.
    let left = Keyring::without(&rotated(&third, 10, 2_100_000_000), 3).unwrap();
    assert_eq!(ages(&left), [(4, None), (2, Some(2_000_000_000)), (1, Some(1_900_000_000))]);
    assert_eq!(Keyring::without(&third, 3).err(), Some(CannotDrop::Current));
    assert_eq!(Keyring::without(&third, 4).err(), Some(CannotDrop::Unknown));
    assert_eq!(Keyring::without("", 1).err(), Some(CannotDrop::Keyring(BadKeyring::Malformed)));
    // An admin has moved an older key to the front: the number of the newest one must not be reused.
    let keys: Vec<&str> = second.split("\n[[key]]").collect();
    let reordered = [keys[0], keys[2], keys[1]].join("\n[[key]]");
    assert_eq!(ages(&reordered)[0], (1, None));
    assert_eq!(Keyring::without(&reordered, 2).err(), Some(CannotDrop::Newest));
}
