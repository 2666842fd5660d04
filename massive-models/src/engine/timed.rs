//! An engine that measures how long its sessions run.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Engine, Keep, Port, Session, SessionOptions, Value};
use crate::device::Device;
use crate::error::Result;

/// An engine whose sessions measure how long they run, and that knows where.
#[derive(Debug, Clone)]
pub struct TimedEngine {
    inner: Arc<dyn Engine>,
    nanoseconds: Arc<AtomicU64>,
    device: Arc<Mutex<Option<Device>>>,
}

impl TimedEngine {
    /// Measures the sessions of `inner`.
    pub fn new(inner: Arc<dyn Engine>) -> Self {
        TimedEngine { inner, nanoseconds: Arc::default(), device: Arc::default() }
    }

    /// How long all sessions ran, together.
    pub fn running(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }

    /// Where the session that was loaded last runs.
    pub fn device(&self) -> Option<Device> {
        *self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for TimedEngine {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn description(&self) -> String {
        self.inner.description()
    }

    fn load(&self, graph: &Path, options: &SessionOptions) -> Result<Box<dyn Session>> {
        let inner = self.inner.load(graph, options)?;
        *self.device.lock().unwrap_or_else(PoisonError::into_inner) = Some(inner.device());
        Ok(Box::new(TimedSession { inner, nanoseconds: Arc::clone(&self.nanoseconds) }))
    }
}

struct TimedSession {
    inner: Box<dyn Session>,
    nanoseconds: Arc<AtomicU64>,
}

impl Session for TimedSession {
    fn inputs(&self) -> &[Port] {
        self.inner.inputs()
    }

    fn outputs(&self) -> &[Port] {
        self.inner.outputs()
    }

    fn device(&self) -> Device {
        self.inner.device()
    }

    fn device_reason(&self) -> Option<&str> {
        self.inner.device_reason()
    }

    fn run(&mut self, inputs: &[(&str, &Value)], outputs: &[(&str, Keep)]) -> Result<Vec<Value>> {
        let start = Instant::now();
        let result = self.inner.run(inputs, outputs);
        let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        result
    }

    fn select_rows(&mut self, value: &Value, rows: &[usize]) -> Result<Value> {
        self.inner.select_rows(value, rows)
    }
}
