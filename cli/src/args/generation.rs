//! The flags of text-to-text models.

use std::num::NonZeroUsize;

use clap::Args;
use massive_models::text_to_text::{Generation, Reading};

/// How a text-to-text model writes its answers, and how they are read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Text-to-text models")]
pub(crate) struct GenerationArgs {
    /// Search with so many beams; 1 is greedy search, the default (the reference
    /// uses 2)
    #[arg(long, value_name = "N")]
    pub(crate) beams: Option<NonZeroUsize>,

    /// Cut outputs of more than so many ids (default: 511)
    #[arg(long, value_name = "N")]
    pub(crate) max_new_tokens: Option<NonZeroUsize>,

    /// Write well-formed outputs only: one label for each word, and a known intent
    #[arg(long, conflicts_with = "max_new_tokens")]
    pub(crate) constrained: bool,

    /// How the third and further words of a slot are read where the format marks
    /// them with `I`: `compatible` with the reference, which loses them (default),
    /// or `corrected`
    #[arg(long, value_name = "HOW")]
    pub(crate) reading: Option<Reading>,
}

impl GenerationArgs {
    /// A flag that is given, if any.
    pub(crate) fn given(&self) -> Option<&'static str> {
        [
            ("--beams", self.beams.is_some()),
            ("--max-new-tokens", self.max_new_tokens.is_some()),
            ("--constrained", self.constrained),
            ("--reading", self.reading.is_some()),
        ]
        .into_iter()
        .find_map(|(flag, given)| given.then_some(flag))
    }

    /// What they amount to.
    pub(crate) fn generation(&self, scores: bool) -> Generation {
        let default = Generation::default();
        Generation {
            beams: self.beams.unwrap_or(default.beams),
            max_new_tokens: self.max_new_tokens.map_or(default.max_new_tokens, NonZeroUsize::get),
            constrained: self.constrained,
            reading: self.reading.unwrap_or_default(),
            scores,
        }
    }
}
