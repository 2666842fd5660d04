//! The day of a submission.

use std::fmt;
use std::str::FromStr;

use jiff::{Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};

/// A day of the calendar, written `2022-07-25`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// Today, in UTC, so that all machines agree.
    pub fn today() -> Date {
        Date(TimeZone::UTC.to_datetime(Timestamp::now()).date())
    }

    /// Days since the start of 1970.
    pub fn day_number(self) -> i64 {
        let start = civil::Date::constant(1970, 1, 1);
        self.0.duration_since(start).as_hours() / 24
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl FromStr for Date {
    type Err = Error;

    fn from_str(text: &str) -> Result<Date> {
        let unfit = || {
            Error::request(format!("`{text}` is not a day of the calendar written as 2022-07-25"))
        };
        // The parser knows more ways to write a date than an entry may use.
        let shaped = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shaped {
            return Err(unfit());
        }
        text.parse().map(Date).map_err(|_| unfit())
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_read() {
        let date: Date = "2024-02-29".parse().unwrap();
        assert_eq!((date.to_string().as_str(), date.day_number()), ("2024-02-29", 19_782));
        for text in ["2023-02-29", "2024-2-29", "20240229", "+02024-02-29", "2024-02-29T00:00", ""]
        {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
    }
}
