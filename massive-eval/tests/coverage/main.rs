//! Do the intervals and tests keep what they promise? Seeded simulations, in
//! which the truth is known. They are left out by default:
//! `cargo test --workspace --test coverage -- --ignored` runs them.

#![allow(clippy::print_stderr, reason = "a simulation reports what it found")]

mod comparisons;
mod intervals;
