//! Which rows are wanted, going by what their judges and localisers said.

use std::fmt;

use crate::error::{Error, Result};
use crate::locale::Locale;
use crate::utterance::{JudgedLanguage, Judgment, Method, Review, Utterance};

/// One of the four scores that a judge gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JudgedScore {
    /// Does the utterance fit the intent.
    Intent,
    /// Do the words fit the slots.
    Slots,
    /// Does it sound natural.
    Grammar,
    /// Is it spelled right.
    Spelling,
}

impl JudgedScore {
    /// All of them, in the order of the files.
    pub const ALL: [JudgedScore; 4] =
        [JudgedScore::Intent, JudgedScore::Slots, JudgedScore::Grammar, JudgedScore::Spelling];

    /// The name in the files.
    pub fn name(self) -> &'static str {
        match self {
            JudgedScore::Intent => "intent_score",
            JudgedScore::Slots => "slots_score",
            JudgedScore::Grammar => "grammar_score",
            JudgedScore::Spelling => "spelling_score",
        }
    }

    /// What a judge gave.
    pub fn of(self, judgment: &Judgment<'_>) -> u8 {
        match self {
            JudgedScore::Intent => judgment.intent_score,
            JudgedScore::Slots => judgment.slots_score,
            JudgedScore::Grammar => judgment.grammar_score,
            JudgedScore::Spelling => judgment.spelling_score,
        }
    }

    /// The best that a [`JudgmentFilter`] can demand.
    pub fn best(self) -> u8 {
        match self {
            JudgedScore::Intent | JudgedScore::Slots => 1,
            JudgedScore::Grammar => 4,
            JudgedScore::Spelling => 2,
        }
    }
}

/// Keeps the rows whose judges were content.
///
/// - A minimum of a score is compared with the mean over the row's judges. The
///   2 that intents and slots can get ("a reasonable reading", "there are no
///   slots") is no better than the 1 for yes and counts as such, so that their
///   mean is the share of judges without an objection.
/// - Languages: every judge who named one named one of these, and at least one
///   did.
/// - Methods: the row has at least one slot method and each is one of these.
/// - Judges: the row has at least so many judgments.
///
/// All conditions must hold. The English source, en-US, was never localised
/// nor judged: without a review it passes every filter. Any other row without
/// judgments, held-out ones included, passes none.
///
/// ```
/// use massive_data::{Corpus, JudgedScore, JudgmentFilter};
///
/// let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");
/// let filter = JudgmentFilter::default().at_least(JudgedScore::Grammar, 3.5)?;
/// let (rows, report) = Corpus::open(folder)?.filter(filter).read()?;
/// assert!(!rows.is_empty() && report.filtered > 0);
/// # Ok::<(), massive_data::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JudgmentFilter {
    judges: usize,
    minima: [Option<f64>; 4],
    languages: Vec<JudgedLanguage>,
    methods: Vec<Method>,
}

/// Means such as 11/3 are compared with what people type.
const TOLERANCE: f64 = 1e-9;

impl JudgmentFilter {
    /// Demands so many judgments.
    #[must_use]
    pub fn judges(mut self, at_least: usize) -> Self {
        self.judges = at_least;
        self
    }

    /// Demands a mean of a score.
    ///
    /// # Errors
    /// A number that no mean can reach, see [`JudgedScore::best`], or that is
    /// negative.
    pub fn at_least(mut self, score: JudgedScore, minimum: f64) -> Result<Self> {
        let best = score.best();
        if !(0.0..=f64::from(best)).contains(&minimum) {
            return Err(Error::request(format!(
                "a minimum {minimum} of {}; expected 0 to {best}{}",
                score.name(),
                if best == 1 { " (the share of judges without an objection)" } else { "" }
            )));
        }
        self.minima[score as usize] = Some(minimum);
        Ok(self)
    }

    /// Demands the means that are given.
    ///
    /// # Errors
    /// Those of [`JudgmentFilter::at_least`].
    pub fn at_least_each(
        self,
        minima: impl IntoIterator<Item = (JudgedScore, Option<f64>)>,
    ) -> Result<Self> {
        let mut given = minima.into_iter().filter_map(|(score, minimum)| Some((score, minimum?)));
        given.try_fold(self, |filter, (score, minimum)| filter.at_least(score, minimum))
    }

    /// Demands that all judges found one of these languages; any if empty.
    #[must_use]
    pub fn languages(mut self, languages: impl IntoIterator<Item = JudgedLanguage>) -> Self {
        self.languages = sorted(languages);
        self
    }

    /// Demands that all slots came about by these methods; any if empty.
    #[must_use]
    pub fn methods(mut self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.methods = sorted(methods);
        self
    }

    /// True if it demands something.
    pub fn is_active(&self) -> bool {
        *self != JudgmentFilter::default()
    }

    /// True if a row passes.
    pub fn keeps(&self, utterance: &Utterance<'_>) -> bool {
        if !self.is_active() {
            return true;
        }
        match utterance.gold().and_then(|gold| gold.review.as_ref()) {
            Some(review) => self.keeps_review(review),
            None => utterance.locale() == Locale::EN_US,
        }
    }

    fn keeps_review(&self, review: &Review<'_>) -> bool {
        let judgments = &review.judgments;
        judgments.len() >= self.judges
            && JudgedScore::ALL.into_iter().zip(self.minima).all(|(score, minimum)| {
                minimum.is_none_or(|minimum| {
                    mean(score, judgments).is_some_and(|mean| mean >= minimum - TOLERANCE)
                })
            })
            && (self.languages.is_empty() || self.keeps_languages(judgments))
            && (self.methods.is_empty() || self.keeps_methods(review))
    }

    fn keeps_languages(&self, judgments: &[Judgment<'_>]) -> bool {
        let mut named =
            judgments.iter().filter_map(|judgment| judgment.language_identification).peekable();
        named.peek().is_some() && named.all(|language| self.languages.contains(&language))
    }

    fn keeps_methods(&self, review: &Review<'_>) -> bool {
        let methods = &review.slot_methods;
        !methods.is_empty() && methods.iter().all(|slot| self.methods.contains(&slot.method))
    }
}

fn sorted<T: Ord>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// The mean over judges, as far as more is better.
fn mean(score: JudgedScore, judgments: &[Judgment<'_>]) -> Option<f64> {
    let sum: u32 =
        judgments.iter().map(|judgment| u32::from(score.of(judgment).min(score.best()))).sum();
    (!judgments.is_empty()).then(|| f64::from(sum) / judgments.len() as f64)
}

/// What it demands, on one line without spaces, in the names of the files;
/// nothing if it demands nothing.
impl fmt::Display for JudgmentFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.judges > 0 {
            parts.push(format!("judges>={}", self.judges));
        }
        for (score, minimum) in JudgedScore::ALL.into_iter().zip(self.minima) {
            parts.extend(minimum.map(|minimum| format!("{}>={minimum}", score.name())));
        }
        if !self.languages.is_empty() {
            // A signature is cut at every `|`.
            let names: Vec<String> =
                self.languages.iter().map(|language| language.name().replace('|', "&")).collect();
            parts.push(format!("language={}", names.join("+")));
        }
        if !self.methods.is_empty() {
            let names: Vec<&str> = self.methods.iter().map(|method| method.name()).collect();
            parts.push(format!("method={}", names.join("+")));
        }
        f.write_str(&parts.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annotation::Annotation;
    use crate::labels::{Intent, LabelPolicy, Scenario, SlotName};
    use crate::partition::Partition;
    use crate::utterance::{Gold, SlotMethod};
    use crate::utterance_id::UtteranceId;

    fn judgment(scores: [u8; 4], language: Option<JudgedLanguage>) -> Judgment<'static> {
        let [intent_score, slots_score, grammar_score, spelling_score] = scores;
        Judgment {
            worker_id: "1".into(),
            intent_score,
            slots_score,
            grammar_score,
            spelling_score,
            language_identification: language,
        }
    }

    fn row(locale: Locale, review: Option<Review<'static>>) -> Utterance<'static> {
        let gold = Gold {
            scenario: Scenario::open("alarm"),
            intent: Intent::open("alarm_set"),
            annotation: Annotation::parse("x", LabelPolicy::Closed).unwrap(),
            review,
        };
        let id = UtteranceId::from(1);
        Utterance::unlabelled(id, locale, Partition::Test, "x", "1").with_gold(gold).unwrap()
    }

    fn judged(judgments: Vec<Judgment<'static>>, methods: &[Method]) -> Utterance<'static> {
        let slot_methods = methods
            .iter()
            .map(|&method| SlotMethod { slot: SlotName::open("date"), method })
            .collect();
        row(Locale::DE_DE, Some(Review { slot_methods, judgments }))
    }

    fn at_least(score: JudgedScore, minimum: f64) -> JudgmentFilter {
        JudgmentFilter::default().at_least(score, minimum).unwrap()
    }

    #[test]
    fn minima_are_means_over_judges() {
        let target = Some(JudgedLanguage::Target);
        let row = judged(
            vec![
                judgment([1, 2, 4, 2], target),
                judgment([2, 1, 4, 1], target),
                judgment([0, 1, 3, 2], target),
            ],
            &[],
        );
        for (score, kept, refused) in [
            // Two of three had no objection; the 2 is worth no more than the 1.
            (JudgedScore::Intent, 2.0 / 3.0, 0.67),
            (JudgedScore::Slots, 1.0, f64::NAN),
            (JudgedScore::Grammar, 11.0 / 3.0, 3.67),
            (JudgedScore::Spelling, 5.0 / 3.0, 1.67),
        ] {
            assert!(at_least(score, kept).keeps(&row), "{score:?}");
            if !refused.is_nan() {
                assert!(!at_least(score, refused).keeps(&row), "{score:?}");
            }
        }
        assert!(JudgmentFilter::default().judges(3).keeps(&row));
        assert!(!JudgmentFilter::default().judges(4).keeps(&row));
    }

    #[test]
    fn all_judges_must_name_one_of_the_languages() {
        let target = JudgmentFilter::default().languages([JudgedLanguage::Target]);
        let with = |languages: &[Option<JudgedLanguage>]| {
            judged(languages.iter().map(|&l| judgment([1, 1, 4, 2], l)).collect(), &[])
        };
        assert!(target.keeps(&with(&[Some(JudgedLanguage::Target), None])));
        assert!(!target.keeps(&with(&[None])));
        let mixed = with(&[Some(JudgedLanguage::Target), Some(JudgedLanguage::TargetEnglish)]);
        assert!(!target.keeps(&mixed));
        let both = JudgmentFilter::default()
            .languages([JudgedLanguage::TargetEnglish, JudgedLanguage::Target]);
        assert!(both.keeps(&mixed));
    }

    #[test]
    fn all_methods_must_be_among_those_wanted() {
        let filter = JudgmentFilter::default().methods([Method::Translation]);
        assert!(filter.keeps(&judged(vec![], &[Method::Translation, Method::Translation])));
        assert!(!filter.keeps(&judged(vec![], &[Method::Translation, Method::Unknown])));
        assert!(!filter.keeps(&judged(vec![], &[])));
    }

    #[test]
    fn the_source_passes_and_the_unjudged_do_not() {
        let filter = at_least(JudgedScore::Grammar, 0.0);
        assert!(filter.keeps(&row(Locale::EN_US, None)));
        assert!(!filter.keeps(&row(Locale::DE_DE, None)));
        assert!(!filter.keeps(&judged(vec![], &[])));
        assert!(JudgmentFilter::default().keeps(&judged(vec![], &[])));
        let held_out = |locale| {
            Utterance::unlabelled(UtteranceId::from(1), locale, Partition::HeldOut, "x", "1")
        };
        assert!(!filter.keeps(&held_out(Locale::DE_DE)));
        assert!(filter.keeps(&held_out(Locale::EN_US)));
    }

    #[test]
    fn minima_out_of_reach_are_refused() {
        for (score, minimum) in [
            (JudgedScore::Intent, 1.5),
            (JudgedScore::Grammar, 4.1),
            (JudgedScore::Spelling, -0.1),
            (JudgedScore::Slots, f64::NAN),
        ] {
            let error = JudgmentFilter::default().at_least(score, minimum).unwrap_err();
            assert!(error.is_request() && error.message().contains(score.name()), "{error}");
        }
    }

    #[test]
    fn the_name_says_everything() {
        let filter = at_least(JudgedScore::Grammar, 3.5)
            .judges(3)
            .languages([JudgedLanguage::TargetEnglish, JudgedLanguage::Target])
            .methods([Method::Unchanged]);
        assert_eq!(
            filter.to_string(),
            "judges>=3,grammar_score>=3.5,language=target+target&english,method=unchanged"
        );
        assert_eq!(JudgmentFilter::default().to_string(), "");
    }
}
