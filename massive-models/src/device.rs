//! Devices, as they are named on the command line.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// Where a graph runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Device {
    /// A CUDA device if one is there and works, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device of this number.
    Cuda(u32),
    /// The CUDA device of this number, through TensorRT.
    TensorRt(u32),
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Auto => f.write_str("auto"),
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(number) => write!(f, "cuda:{number}"),
            Device::TensorRt(number) => write!(f, "tensorrt:{number}"),
        }
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let unknown = || {
            Error::request(format!(
                "unknown device `{}`: expected auto, cpu, cuda, cuda:N, tensorrt or tensorrt:N",
                text.escape_debug()
            ))
        };
        let (kind, number) = match text.split_once(':') {
            Some((kind, number)) => (kind, Some(number.parse::<u32>().map_err(|_| unknown())?)),
            None => (text, None),
        };
        match (kind, number) {
            ("auto", None) => Ok(Device::Auto),
            ("cpu", None) => Ok(Device::Cpu),
            ("cuda", number) => Ok(Device::Cuda(number.unwrap_or(0))),
            ("tensorrt", number) => Ok(Device::TensorRt(number.unwrap_or(0))),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() {
        for device in
            [Device::Auto, Device::Cpu, Device::Cuda(0), Device::Cuda(3), Device::TensorRt(1)]
        {
            assert_eq!(device.to_string().parse::<Device>().unwrap(), device);
        }
        assert_eq!("cuda".parse::<Device>().unwrap(), Device::Cuda(0));
        for text in ["", "gpu", "cpu:0", "auto:1", "cuda:", "cuda:x", "cuda:-1", "CUDA"] {
            assert!(text.parse::<Device>().is_err(), "{text}");
        }
    }
}
