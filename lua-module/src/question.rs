use postern_ipc::{Begin, Flow, Secret, typed_text};

/// A question of `postern.lua`: the arguments of `postern_converse`.
#[derive(Debug)]
pub(crate) struct Question {
    /// The front doors' configuration file, if it is not the usual one.
    pub(crate) config: Option<String>,
    /// What posternd is asked. In a lookup of userdb fields no secret is checked.
    pub(crate) begin: Begin,
}

/// There is no question: the arguments are not those that `postern.lua` of this release passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unusable;

impl Question {
    /// Reads the arguments of `postern_converse(flow, service, user, secret, address, peer_address, local, secured, session,
    /// config)`. `bytes` gives those of the one with a number, counted from 1; `None` for nil.
    ///
    /// A name and a secret may be any bytes; posternd refuses what they cannot be.
    pub(crate) fn read<'a>(
        bytes: impl Fn(i32) -> Result<Option<&'a [u8]>, Unusable>,
    ) -> Result<Self, Unusable> {
        let text = |number| Ok(bytes(number)?.map(typed_text));
        let some = |number| Ok(text(number)?.filter(|text| !text.is_empty()));
        let flow = match bytes(1)? {
            Some(b"login") => Flow::Login,
            Some(b"lookup") => Flow::Lookup,
            Some(_) | None => return Err(Unusable),
        };
        let address = some(5)?;
        let service = text(2)?.ok_or(Unusable)?;
        let user = text(3)?.ok_or(Unusable)?;
        let begin = Begin {
            secret: bytes(4)?.map(Secret::typed),
            // Of a proxy or a web mail that told another address of the client.
            peer_address: some(6)?.filter(|peer| Some(peer) != address.as_ref()),
            rhost: address,
            local: some(7)?,
            secured: bytes(8)?.map(|word| !word.is_empty()),
            session: some(9)?,
            ..Begin::new(flow, service, user)
        };
        Ok(Self { begin, config: some(10)? })
    }
}
