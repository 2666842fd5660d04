//! The binary as its users meet it.

#![allow(clippy::print_stderr, reason = "a test that does nothing says so")]

mod bad_input;
mod check;
mod compare;
mod convert;
mod corpus;
mod demo;
mod leaderboard;
mod reference;
mod schemas;
mod score;
mod support;
