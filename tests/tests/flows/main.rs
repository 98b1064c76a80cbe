//! The flows of core in one process: with another clock, scripted users, and stores that fail on request.

mod account;
mod browser;
mod clocks;
mod combined;
mod faults;
mod harness;
mod history;
mod limits;
mod login;
mod loopholes;
mod mail;
mod out_of_band;
mod self_service;
mod story;
mod vectors;
