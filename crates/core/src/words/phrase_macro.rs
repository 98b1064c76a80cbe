//! Makes the type of all phrases from their list.

macro_rules! phrases {
    ($($(#[$doc:meta])* $name:ident $id:literal { $($argument:ident : $kind:ident),* };)*) => {
        /// One thing that may be said, with what is filled in.
        #[derive(Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the arguments are named for what they are")]
        pub enum Phrase<'a> {
            $($(#[$doc])* $name { $($argument: phrases!(@type $kind 'a)),* },)*
        }

        impl<'a> Phrase<'a> {
            /// Its name in the catalogue.
            #[must_use]
            pub fn id(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $id,)*
                }
            }

            /// What is filled in, by name.
            #[must_use]
            pub fn arguments(&self) -> Vec<(&'static str, Argument<'a>)> {
                match *self {
                    $(Self::$name { $($argument),* } => {
                        vec![$((stringify!($argument), Argument::from($argument))),*]
                    })*
                }
            }

            /// One of each: a text is its argument's name in braces, a number is 2.
            #[cfg(test)]
            pub(super) fn examples() -> Vec<Phrase<'static>> {
                vec![$(Phrase::$name { $($argument: phrases!(@example $kind $argument)),* }),*]
            }
        }
    };
    (@type text $life:lifetime) => { &$life str };
    (@type number $life:lifetime) => { u64 };
    (@example text $argument:ident) => { concat!("{", stringify!($argument), "}") };
    (@example number $argument:ident) => { 2 };
}

pub(super) use phrases;
