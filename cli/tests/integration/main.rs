//! The binary as its users meet it.

#![allow(clippy::print_stderr, reason = "a test that does nothing says so")]

mod audit;
mod bad_input;
mod baseline;
mod check;
mod compare;
mod compress;
mod convert;
mod corpus;
mod counts;
mod crates;
mod demo;
mod differential;
mod documented;
mod errors;
mod faults;
mod files;
mod forms;
mod install;
mod leaderboard;
mod llm;
mod locales;
mod memory;
mod model;
mod mutations;
mod outputs;
mod packages;
mod pages;
mod predict;
mod reference;
mod report;
mod runtime;
mod schemas;
mod score;
#[cfg(unix)]
mod stand_in;
mod support;
mod text_to_text;
mod train;
mod verified;
