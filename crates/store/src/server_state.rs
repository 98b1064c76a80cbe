/// A server of a store, as it was when it was last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerState {
    /// Its address, as the configuration or the other servers name it; without a password.
    pub server: String,
    /// Whether it answered. One that did not is tried again in the background, and costs no login any time meanwhile.
    pub is_up: bool,
}
