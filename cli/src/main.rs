//! `massive`: see the library of this package.

use std::process::ExitCode;

fn main() -> ExitCode {
    keep_telemetry_off();
    keep_caught_panics_quiet();
    ExitCode::from(massive_cli::run(std::env::args_os()))
}

/// ONNX Runtime tells nobody what runs, and leaves no id of the device in the
/// user's cache: both happen while its library is loaded, unless this is set.
fn keep_telemetry_off() {
    const NAME: &str = "ORT_DISABLE_TELEMETRY";
    if std::env::var_os(NAME).is_none() {
        // SAFETY: nothing else reads or writes the environment, since this is the
        // only thread: it runs first in main, and nothing starts one before.
        #[expect(unsafe_code, reason = "the library reads it from the environment only")]
        unsafe {
            std::env::set_var(NAME, "1");
        }
    }
}

/// A panic that becomes an error is told as one, and not twice.
fn keep_caught_panics_quiet() {
    let others = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !massive_models::guard::is_guarded() {
            others(panic);
        }
    }));
}
