use postern_ipc::Secret;

/// A question of `postern.lua`: the arguments of `postern_converse`, in their order.
#[derive(Debug)]
pub(crate) struct Question {
    /// The front doors' configuration file, if it is not the usual one.
    pub(crate) config: Option<String>,
    /// Whether userdb fields are looked up, and no secret is checked.
    pub(crate) is_lookup: bool,
    pub(crate) service: String,
    pub(crate) user: String,
    pub(crate) secret: Option<Secret>,
    /// The client's address.
    pub(crate) address: Option<String>,
    /// The address that the connection itself came from, where a proxy or a web mail told another one of the client.
    pub(crate) peer_address: Option<String>,
    pub(crate) local: Option<String>,
    pub(crate) secured: Option<bool>,
    pub(crate) session: Option<String>,
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
        let is_lookup = match text(1)?.as_deref() {
            Some("login") => false,
            Some("lookup") => true,
            Some(_) | None => return Err(Unusable::Arguments),
        };
        let address = some(5)?;
        Ok(Self {
            is_lookup,
            service: text(2)?.ok_or(Unusable::Arguments)?,
            user: text(3)?.ok_or(Unusable::Arguments)?,
            secret: text(4)?.map(Secret::new),
            peer_address: some(6)?.filter(|peer| Some(peer) != address.as_ref()),
            address,
            local: some(7)?,
            secured: text(8)?.map(|word| !word.is_empty()),
            session: some(9)?,
            config: some(10)?,
        })
    }
}
