//! Panics of libraries that damaged input leads astray, as values.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::{Arc, Mutex, PoisonError};

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send + 'static>;

thread_local! {
    /// Whether this thread is in a call that may panic.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// The calls under way, and the hook that was there before the first of them.
static CALLS: Mutex<Calls> = Mutex::new(Calls { under_way: 0, hook: None });

struct Calls {
    under_way: usize,
    hook: Option<Arc<Hook>>,
}

impl Calls {
    fn change(change: impl FnOnce(&mut Calls)) {
        change(&mut CALLS.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Keeps the process's hook from what happens in guarded calls: other threads
    /// still have it.
    fn begin(&mut self) {
        if self.under_way == 0 {
            let hook = Arc::new(take_hook());
            self.hook = Some(hook.clone());
            set_hook(Box::new(move |panic| {
                if !GUARDED.get() {
                    (**hook)(panic);
                }
            }));
        }
        self.under_way += 1;
    }

    /// Puts the process's hook back after the last call.
    fn end(&mut self) {
        self.under_way -= 1;
        if self.under_way == 0
            && let Some(hook) = self.hook.take()
        {
            // Ours has the other half of it.
            drop(take_hook());
            if let Ok(hook) = Arc::try_unwrap(hook) {
                set_hook(hook);
            }
        }
    }
}

/// What `work` gives; `None` if it panics, of which nothing is printed.
///
/// The process's panic hook is replaced while such calls are under way, for the
/// threads that are in one, and put back after the last. What `work` was given
/// must not be used afterwards if it panics.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    Calls::change(Calls::begin);
    let before = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(work)).ok();
    GUARDED.set(before);
    Calls::change(Calls::end);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_no_value() {
        assert_eq!(guarded(|| 3), Some(3));
        assert_eq!(guarded(|| -> i32 { panic!("not seen") }), None);
        assert_eq!(guarded(|| guarded(|| -> i32 { panic!("not seen") })), Some(None));
        assert!(!GUARDED.get());
    }
}
