//! Intents, scenarios and slot names.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use crate::error::nearest;
use crate::names::NameTable;

/// A closed list of at most 128 names, sorted in code-point order.
pub trait Vocabulary {
    /// What one of the names is called, in the singular.
    const WHAT: &'static str;
    /// The names of release 1.1, sorted.
    const NAMES: &'static [&'static str];
}

/// The 60 intents.
#[derive(Debug, Clone, Copy)]
pub enum Intents {}

/// The 18 scenarios.
#[derive(Debug, Clone, Copy)]
pub enum Scenarios {}

/// The 55 slot names.
#[derive(Debug, Clone, Copy)]
pub enum SlotNames {}

/// An intent, such as `alarm_set`.
pub type Intent = Label<Intents>;
/// A scenario, such as `alarm`.
pub type Scenario = Label<Scenarios>;
/// The name of a slot, such as `date`. Words outside every slot have no slot
/// name; files write `Other` for them.
pub type SlotName = Label<SlotNames>;

/// Whether an intent is one of a scenario: it is its name, `_` and an action.
pub(crate) fn belongs(intent: &str, scenario: &str) -> bool {
    intent.strip_prefix(scenario).is_some_and(|action| action.starts_with('_'))
}

/// What files write for a word that is in no slot.
pub const OTHER: &str = "Other";

/// Whether labels that the release does not have are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LabelPolicy {
    /// Only the release's labels; anything else is an error.
    #[default]
    Closed,
    /// Any label.
    Open,
}

/// A label of one of the three kinds: a known one of the release, or any other
/// string where open labels were asked for.
///
/// ```
/// use massive_data::{Intent, LabelPolicy};
///
/// let intent = Intent::parse("alarm_set", LabelPolicy::Closed)?;
/// assert!(intent.is_known());
/// assert_eq!(
///     Intent::parse("alarm_sett", LabelPolicy::Closed).unwrap_err().to_string(),
///     "unknown intent `alarm_sett`: did you mean alarm_set?"
/// );
/// assert!(!Intent::parse("alarm_sett", LabelPolicy::Open)?.is_known());
/// # Ok::<(), massive_data::UnknownLabel>(())
/// ```
pub struct Label<V> {
    repr: Repr,
    vocabulary: PhantomData<fn() -> V>,
}

/// A name of the vocabulary is always `Known`, so that equality is cheap.
#[derive(Clone, PartialEq, Eq)]
enum Repr {
    Known(u8),
    Open(Box<str>),
}

impl<V: Vocabulary> Label<V> {
    /// The label with this name, whatever it is.
    pub fn open(name: &str) -> Self {
        Self::known(name)
            .unwrap_or_else(|| Label { repr: Repr::Open(name.into()), vocabulary: PhantomData })
    }

    /// The label with this name if the release has it.
    pub fn known(name: &str) -> Option<Self> {
        let table = const { &NameTable::new(V::NAMES) };
        Some(Label { repr: Repr::Known(table.find(name)?), vocabulary: PhantomData })
    }

    /// The label with this name under a policy.
    ///
    /// # Errors
    /// [`UnknownLabel`] if the policy is closed and the release has no such name.
    pub fn parse(name: &str, policy: LabelPolicy) -> Result<Self, UnknownLabel> {
        match (Self::known(name), policy) {
            (Some(label), _) => Ok(label),
            (None, LabelPolicy::Open) => Ok(Self::open(name)),
            (None, LabelPolicy::Closed) => Err(UnknownLabel {
                what: V::WHAT,
                name: name.to_owned(),
                nearest: nearest(name, V::NAMES.iter().copied()),
            }),
        }
    }

    /// The label of what has none, as the intent of rows that have only slots; its
    /// name is empty.
    pub fn absent() -> Self {
        Self::open("")
    }

    /// True for [`Label::absent`].
    pub fn is_absent(&self) -> bool {
        self.as_str().is_empty()
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        match &self.repr {
            Repr::Known(index) => V::NAMES[usize::from(*index)],
            Repr::Open(name) => name,
        }
    }

    /// True if the release has this label.
    pub fn is_known(&self) -> bool {
        matches!(self.repr, Repr::Known(_))
    }
}

impl<V> Clone for Label<V> {
    fn clone(&self) -> Self {
        Label { repr: self.repr.clone(), vocabulary: PhantomData }
    }
}

impl<V> PartialEq for Label<V> {
    fn eq(&self, other: &Self) -> bool {
        self.repr == other.repr
    }
}

impl<V> Eq for Label<V> {}

impl<V: Vocabulary> PartialOrd for Label<V> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<V: Vocabulary> Ord for Label<V> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl<V: Vocabulary> Hash for Label<V> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl<V: Vocabulary> Borrow<str> for Label<V> {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl<V: Vocabulary> fmt::Debug for Label<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<V: Vocabulary> fmt::Display for Label<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A label that the release does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownLabel {
    what: &'static str,
    name: String,
    nearest: Option<&'static str>,
}

impl fmt::Display for UnknownLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {} `{}`", self.what, self.name.escape_debug())?;
        match self.nearest {
            Some(known) => write!(f, ": did you mean {known}?"),
            None => write!(f, ": release 1.1 has no such {}", self.what),
        }
    }
}

impl std::error::Error for UnknownLabel {}

impl Vocabulary for Intents {
    const WHAT: &'static str = "intent";
    const NAMES: &'static [&'static str] = &[
        "alarm_query",
        "alarm_remove",
        "alarm_set",
        "audio_volume_down",
        "audio_volume_mute",
        "audio_volume_other",
        "audio_volume_up",
        "calendar_query",
        "calendar_remove",
        "calendar_set",
        "cooking_query",
        "cooking_recipe",
        "datetime_convert",
        "datetime_query",
        "email_addcontact",
        "email_query",
        "email_querycontact",
        "email_sendemail",
        "general_greet",
        "general_joke",
        "general_quirky",
        "iot_cleaning",
        "iot_coffee",
        "iot_hue_lightchange",
        "iot_hue_lightdim",
        "iot_hue_lightoff",
        "iot_hue_lighton",
        "iot_hue_lightup",
        "iot_wemo_off",
        "iot_wemo_on",
        "lists_createoradd",
        "lists_query",
        "lists_remove",
        "music_dislikeness",
        "music_likeness",
        "music_query",
        "music_settings",
        "news_query",
        "play_audiobook",
        "play_game",
        "play_music",
        "play_podcasts",
        "play_radio",
        "qa_currency",
        "qa_definition",
        "qa_factoid",
        "qa_maths",
        "qa_stock",
        "recommendation_events",
        "recommendation_locations",
        "recommendation_movies",
        "social_post",
        "social_query",
        "takeaway_order",
        "takeaway_query",
        "transport_query",
        "transport_taxi",
        "transport_ticket",
        "transport_traffic",
        "weather_query",
    ];
}

impl Vocabulary for Scenarios {
    const WHAT: &'static str = "scenario";
    const NAMES: &'static [&'static str] = &[
        "alarm",
        "audio",
        "calendar",
        "cooking",
        "datetime",
        "email",
        "general",
        "iot",
        "lists",
        "music",
        "news",
        "play",
        "qa",
        "recommendation",
        "social",
        "takeaway",
        "transport",
        "weather",
    ];
}

impl Vocabulary for SlotNames {
    const WHAT: &'static str = "slot";
    const NAMES: &'static [&'static str] = &[
        "alarm_type",
        "app_name",
        "artist_name",
        "audiobook_author",
        "audiobook_name",
        "business_name",
        "business_type",
        "change_amount",
        "coffee_type",
        "color_type",
        "cooking_type",
        "currency_name",
        "date",
        "definition_word",
        "device_type",
        "drink_type",
        "email_address",
        "email_folder",
        "event_name",
        "food_type",
        "game_name",
        "game_type",
        "general_frequency",
        "house_place",
        "ingredient",
        "joke_type",
        "list_name",
        "meal_type",
        "media_type",
        "movie_name",
        "movie_type",
        "music_album",
        "music_descriptor",
        "music_genre",
        "news_topic",
        "order_type",
        "person",
        "personal_info",
        "place_name",
        "player_setting",
        "playlist_name",
        "podcast_descriptor",
        "podcast_name",
        "radio_name",
        "relation",
        "song_name",
        "sport_type",
        "time",
        "time_zone",
        "timeofday",
        "transport_agency",
        "transport_descriptor",
        "transport_name",
        "transport_type",
        "weather_descriptor",
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vocabularies_are_sorted_and_complete() {
        assert!(
            Intents::NAMES.is_sorted()
                && Scenarios::NAMES.is_sorted()
                && SlotNames::NAMES.is_sorted()
        );
        assert_eq!(
            (Intents::NAMES.len(), Scenarios::NAMES.len(), SlotNames::NAMES.len()),
            (60, 18, 55)
        );
    }

    #[test]
    fn all_names_are_known() {
        fn known<V: Vocabulary>() -> bool {
            V::NAMES
                .iter()
                .all(|name| Label::<V>::known(name).is_some_and(|label| label.as_str() == *name))
        }
        assert!(known::<Intents>() && known::<Scenarios>() && known::<SlotNames>());
    }

    #[test]
    fn an_open_label_with_a_known_name_is_that_label() {
        assert_eq!(SlotName::open("date"), SlotName::known("date").unwrap());
        assert_ne!(SlotName::open("date"), SlotName::open("dates"));
    }

    #[test]
    fn a_label_far_from_all_has_no_suggestion() {
        assert_eq!(
            Scenario::parse("zzzzzz", LabelPolicy::Closed).unwrap_err().to_string(),
            "unknown scenario `zzzzzz`: release 1.1 has no such scenario"
        );
    }
}
