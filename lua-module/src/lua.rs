//! Lua's functions, as <lua.h> declares them. All unsafe code is in this file.
//!
//! Only functions are used that every Lua from 5.1 to 5.4 exports, and no macros of a version. They are the host's own, which
//! has loaded its Lua for all modules. They raise no error here but for a lack of memory, in which Dovecot's Lua ends the process.

#![allow(unsafe_code, reason = "Lua is C")]

use std::ffi::{c_char, c_int, c_void};
use std::ptr::NonNull;

use crate::question::{Question, Unusable};

/// `kind, text, userdb = postern_converse(flow, service, user, secret, address, peer_address, local, secured, session, config)`
///
/// Each argument is a string or nil. What comes back is a [`crate::conversation::Answer`].
#[unsafe(no_mangle)]
extern "C-unwind" fn postern_converse(state: NonNull<c_void>) -> c_int {
    let stack = Stack(state);
    let answer = crate::answer(|| Question::read(|number| stack.argument(number)));
    stack.push(answer.kind.as_bytes());
    stack.push(answer.text.as_bytes());
    stack.push_table();
    for (field, value) in &answer.userdb {
        stack.push(field.as_bytes());
        stack.push(value.as_bytes());
        stack.set_pair();
    }
    RESULTS
}

/// The stack of one call: its arguments from 1 on, and at least 20 free places (`LUA_MINSTACK`).
struct Stack(NonNull<c_void>);

impl Stack {
    /// The bytes of an argument; `None` if it is nil or missing.
    fn argument(&self, number: c_int) -> Result<Option<&[u8]>, Unusable> {
        // SAFETY: the state is Lua's own for this call, and any index above the top counts as absent.
        match unsafe { lua_type(self.0, number) } {
            LUA_TNONE | LUA_TNIL => return Ok(None),
            LUA_TSTRING => {}
            _ => return Err(Unusable),
        }
        let mut length = 0;
        // SAFETY: there is a string at this index, which Lua hands out as it is; `length` outlives the call.
        let start = unsafe { lua_tolstring(self.0, number, &raw mut length) };
        if start.is_null() {
            return Err(Unusable);
        }
        // SAFETY: it has so many bytes, and stays where it is while it is on the stack: until this call returns.
        Ok(Some(unsafe { std::slice::from_raw_parts(start.cast(), length) }))
    }

    fn push(&self, text: &[u8]) {
        // SAFETY: at most 6 of the free places are taken at a time, and Lua copies the bytes.
        unsafe { lua_pushlstring(self.0, text.as_ptr().cast(), text.len()) };
    }

    fn push_table(&self) {
        // SAFETY: as in `push`.
        unsafe { lua_createtable(self.0, 0, 0) };
    }

    /// Takes a key and a value from the top and puts them into the table below them.
    fn set_pair(&self) {
        // SAFETY: a table is in the third place from the top, and a string, which is a valid key, in the second.
        unsafe { lua_rawset(self.0, -3) };
    }
}

unsafe extern "C-unwind" {
    fn lua_type(state: NonNull<c_void>, index: c_int) -> c_int;
    fn lua_tolstring(state: NonNull<c_void>, index: c_int, length: *mut usize) -> *const c_char;
    // From 5.2 on it returns a pointer, which is left alone.
    fn lua_pushlstring(state: NonNull<c_void>, text: *const c_char, length: usize);
    fn lua_createtable(state: NonNull<c_void>, array_size: c_int, field_count: c_int);
    fn lua_rawset(state: NonNull<c_void>, index: c_int);
}

const LUA_TNONE: c_int = -1;
const LUA_TNIL: c_int = 0;
const LUA_TSTRING: c_int = 4;
const RESULTS: c_int = 3;
