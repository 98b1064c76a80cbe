//! How directories write a uid.

/// The ways to write a uid that name services read as this one. Servers that know integers compare numbers and refuse all
/// but the first; others compare text.
pub(super) fn forms_of(uid: u32) -> Vec<String> {
    let plain = uid.to_string();
    let padded = (plain.len() + 1..=UID_DIGITS).map(|width| format!("{uid:0width$}"));
    let signed = std::iter::once(format!("+{uid}"));
    std::iter::once(plain).chain(signed).chain(padded).collect()
}

/// Of the largest uid.
const UID_DIGITS: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_looked_for_in_every_form_that_a_name_service_reads() {
        let forms = forms_of(10_001);
        assert_eq!(forms, ["10001", "+10001", "010001", "0010001", "00010001", "000010001", "0000010001"]);
        assert_eq!(forms_of(u32::MAX), ["4294967295", "+4294967295"]);
    }
}
