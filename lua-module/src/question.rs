use postern_ipc::{Begin, Flow, Secret};

/// A question of `postern.lua`: the arguments of `postern_converse`.
#[derive(Debug)]
pub(crate) struct Question {
    /// The front doors' configuration file, if it is not the usual one.
    pub(crate) config: Option<String>,
    /// What posternd is asked. In a lookup of userdb fields no secret is checked.
    pub(crate) begin: Begin,
}

/// Why there is no question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// A name or a secret that is not UTF-8. It can belong to no account.
    NotUtf8,
    /// Not what `postern.lua` passes.
    Arguments,
}

impl Question {
    /// Reads the arguments of `postern_converse(flow, service, user, secret, address, peer_address, local, secured, session,
    /// config)`. `text` gives the bytes of the one with a number, counted from 1; `None` for nil.
    pub(crate) fn read<'a>(
        text: impl Fn(i32) -> Result<Option<&'a [u8]>, Unusable>,
    ) -> Result<Self, Unusable> {
        let text = |number| match text(number)?.map(std::str::from_utf8).transpose() {
            Ok(text) => Ok(text.map(ToOwned::to_owned)),
            Err(_) => Err(Unusable::NotUtf8),
        };
        let some = |number| Ok(text(number)?.filter(|text| !text.is_empty()));
        let flow = match text(1)?.as_deref() {
            Some("login") => Flow::Login,
            Some("lookup") => Flow::Lookup,
            Some(_) | None => return Err(Unusable::Arguments),
        };
        let address = some(5)?;
        let service = text(2)?.ok_or(Unusable::Arguments)?;
        let user = text(3)?.ok_or(Unusable::Arguments)?;
        let begin = Begin {
            secret: text(4)?.map(Secret::new),
            // Of a proxy or a web mail that told another address of the client.
            peer_address: some(6)?.filter(|peer| Some(peer) != address.as_ref()),
            rhost: address,
            local: some(7)?,
            secured: text(8)?.map(|word| !word.is_empty()),
            session: some(9)?,
            ..Begin::new(flow, service, user)
        };
        Ok(Self { begin, config: some(10)? })
    }
}
