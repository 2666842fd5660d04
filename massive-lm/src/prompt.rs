//! Prompts: templates, and what is wrong with one before it is paid for.

use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use serde::{Deserialize, Serialize};

use crate::endpoint::{Api, Message, Prompt};
use crate::error::{Error, ErrorKind, Result};
use crate::form::Form;
use crate::row::{Names, Row};

/// A template of prompts, in Jinja's language.
///
/// It knows `locale`, `text`, `words`, `intents`, `slots` (names), `instruction`
/// and `cue` (of the form), and `shots`: a list with `locale`, `text`, `intent`,
/// `annotation` and `output`, the reply that would be right. For a chat, a line
/// `--- system`, `--- user` or `--- assistant` begins a message.
#[derive(Debug)]
pub struct Template {
    environment: Environment<'static>,
    name: String,
    api: Api,
    form: Form,
    names: Names,
}

/// For base models: they go on with the text.
const COMPLETION: &str = "\
{% if not shots %}{{ instruction }}
Intents: {{ intents | join(', ') }}
Slots: {{ slots | join(', ') }}

{% endif %}{% for shot in shots %}Utterance: {{ shot.text }}
{{ cue }} {{ shot.output }}

{% endfor %}Utterance: {{ text }}
{{ cue }}";

/// For models that follow instructions. What all prompts share comes first, so
/// that servers have it ready.
const CHAT: &str = "\
--- system
You label what people say to a voice assistant. {{ instruction }}
Intents: {{ intents | join(', ') }}
Slots: {{ slots | join(', ') }}
{% for shot in shots %}--- user
{{ shot.text }}
--- assistant
{{ shot.output }}
{% endfor %}--- user
{{ text }}";

#[derive(Serialize)]
struct Shot<'a> {
    locale: &'a str,
    text: &'a str,
    intent: &'a str,
    annotation: &'a str,
    output: String,
}

impl Template {
    /// The template that is taken by default.
    ///
    /// # Errors
    /// None, unless this crate's own template is broken.
    pub fn default_for(api: Api, form: Form, names: Names) -> Result<Template> {
        let source = match api {
            Api::Chat => CHAT,
            Api::Completion => COMPLETION,
        };
        Self::parse(&format!("the default for {api}"), source, api, form, names)
    }

    /// Reads a template.
    ///
    /// # Errors
    /// What is not Jinja's language, with its line.
    pub fn parse(name: &str, source: &str, api: Api, form: Form, names: Names) -> Result<Template> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.add_template_owned(name.to_owned(), source.to_owned())?;
        Ok(Template { environment, name: name.to_owned(), api, form, names })
    }

    /// The prompt for an utterance.
    ///
    /// # Errors
    /// A name that the template does not know, and a shot without labels.
    pub fn render(&self, row: &Row, shots: &[&Row]) -> Result<Prompt> {
        let shots = shots
            .iter()
            .map(|shot| {
                let gold = shot.gold.as_ref().ok_or_else(|| {
                    Error::request(format!("the shot {} {} has no labels", shot.locale, shot.id))
                })?;
                Ok(Shot {
                    locale: &shot.locale,
                    text: &shot.text,
                    intent: &gold.intent,
                    annotation: &gold.annotation,
                    output: self.form.write(gold),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let text = self.environment.get_template(&self.name)?.render(context! {
            locale => row.locale.as_str(),
            text => row.text.as_str(),
            words => Value::from(Serde(&row.words)),
            intents => Value::from(Serde(&self.names.intents)),
            slots => Value::from(Serde(&self.names.slots)),
            instruction => self.form.instruction(),
            cue => self.form.cue(),
            shots => Value::from(Serde(shots)),
        })?;
        match (self.api, messages(&text)) {
            (_, None) => Ok(Prompt::Text(text)),
            (Api::Chat, Some(messages)) => Ok(Prompt::Messages(messages)),
            (Api::Completion, Some(_)) => Err(Error::new(
                ErrorKind::Template,
                format!(
                    "template {}: it has messages (`--- user`), which only a chat takes",
                    self.name
                ),
            )),
        }
    }

    /// Texts that end a reply.
    pub fn stops(&self) -> Vec<String> {
        match self.api {
            Api::Chat => Vec::new(),
            Api::Completion => vec!["\n\n".to_owned()],
        }
    }
}

/// The messages of a text, if it has any.
fn messages(text: &str) -> Option<Vec<Message>> {
    let role = |line: &str| {
        let role = line.trim_end().strip_prefix("--- ")?;
        matches!(role, "system" | "user" | "assistant").then(|| role.to_owned())
    };
    role(text.lines().next()?)?;
    let mut messages: Vec<Message> = Vec::new();
    for line in text.split_inclusive('\n') {
        match (role(line), messages.last_mut()) {
            (Some(role), _) => messages.push(Message { role, content: String::new() }),
            (None, Some(message)) => message.content.push_str(line),
            (None, None) => {}
        }
    }
    for message in &mut messages {
        // The newline before the next role is not part of what is said.
        if message.content.ends_with('\n') {
            message.content.pop();
        }
    }
    Some(messages)
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It spoils the run.
    Error,
    /// It may.
    Warning,
}

/// What is wrong with a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `trailing_space`, `test_row_in_shots`, `missing_label`, `too_long`,
    /// `no_stop`, `text_missing`.
    pub kind: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is, and what to do.
    pub message: String,
}

impl Finding {
    fn new(kind: &str, severity: Severity, message: impl Into<String>) -> Finding {
        Finding { kind: kind.to_owned(), severity, message: message.into() }
    }
}

/// What a prompt is held against.
#[derive(Debug, Clone, Copy)]
pub struct LintContext<'a> {
    /// The row that is asked about.
    pub row: &'a Row,
    /// The shots.
    pub shots: &'a [&'a Row],
    /// Names that the model should know.
    pub names: &'a Names,
    /// How it is asked.
    pub api: Api,
    /// Texts that end a reply.
    pub stops: &'a [String],
    /// Tokens of the prompt, if they were counted.
    pub tokens: Option<usize>,
    /// Tokens that the model takes, of prompt and reply.
    pub context: Option<usize>,
    /// Tokens of the reply, at most.
    pub max_tokens: u32,
}

/// What is wrong with a prompt, the worst first.
pub fn lint(prompt: &Prompt, about: &LintContext<'_>) -> Vec<Finding> {
    let text = prompt.text();
    let mut findings = Vec::new();
    if prompt.last().ends_with([' ', '\t']) {
        findings.push(Finding::new(
            "trailing_space",
            Severity::Error,
            "the prompt ends in a space; most tokenizers join it to the next word, so the model \
             sees what it never saw (0.0 % instead of 77.5 % of intents right in one \
             measurement); end it without",
        ));
    }
    if !text.contains(&about.row.text) {
        findings.push(Finding::new(
            "text_missing",
            Severity::Error,
            "the utterance is not in the prompt; the template needs {{ text }}",
        ));
    }
    findings.extend(about.shots.iter().filter_map(|shot| asked_about(shot, about.row)));
    findings.extend(missing_intents(&text, &about.names.intents));
    if about.api == Api::Completion && about.stops.is_empty() {
        findings.push(Finding::new(
            "no_stop",
            Severity::Warning,
            "nothing ends the reply but its longest length: a base model goes on with further \
             utterances",
        ));
    }
    if let (Some(tokens), Some(context)) = (about.tokens, about.context)
        && tokens + about.max_tokens as usize > context
    {
        findings.push(Finding::new(
            "too_long",
            Severity::Error,
            format!(
                "{tokens} tokens of prompt and {} of reply are more than the {context} that the \
                 model takes",
                about.max_tokens
            ),
        ));
    }
    findings.sort_by_key(|finding| finding.severity);
    findings
}

/// That a shot is the row that is asked about, or has its text.
fn asked_about(shot: &Row, row: &Row) -> Option<Finding> {
    let same_id = shot.id == row.id;
    (same_id || shot.text == row.text).then(|| {
        Finding::new(
            "test_row_in_shots",
            if same_id { Severity::Error } else { Severity::Warning },
            format!(
                "the shot {} {} {}; take shots from train only",
                shot.locale,
                shot.id,
                if same_id { "is the row that is asked about" } else { "has the same text" }
            ),
        )
    })
}

/// That the text of a prompt lacks names of intents.
fn missing_intents(text: &str, intents: &[String]) -> Option<Finding> {
    let missing: Vec<&str> =
        intents.iter().map(String::as_str).filter(|name| !text.contains(name)).collect();
    (!missing.is_empty()).then(|| {
        Finding::new(
            "missing_label",
            Severity::Warning,
            format!(
                "{} of {} intents stand in the prompt; the model cannot know {}{}",
                intents.len() - missing.len(),
                intents.len(),
                missing[..missing.len().min(3)].join(", "),
                if missing.len() > 3 { ", …" } else { "" }
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::RowGold;

    fn row(id: &str, text: &str) -> Row {
        Row {
            locale: "en-US".to_owned(),
            id: id.to_owned(),
            text: text.to_owned(),
            words: text.split(' ').map(str::to_owned).collect(),
            gold: Some(RowGold {
                intent: "alarm_set".to_owned(),
                annotation: text.to_owned(),
                labels: vec![None; text.split(' ').count()],
                slots: Vec::new(),
            }),
        }
    }

    fn kinds(prompt: &Prompt, row: &Row, shots: &[&Row], context: Option<usize>) -> Vec<String> {
        let names = Names { intents: vec!["alarm_set".to_owned()], slots: Vec::new() };
        let about = LintContext {
            row,
            shots,
            names: &names,
            api: Api::Completion,
            stops: &["\n\n".to_owned()],
            tokens: Some(100),
            context,
            max_tokens: 10,
        };
        lint(prompt, &about).into_iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn the_default_for_base_models_ends_in_its_cue() {
        let (asked, shot) = (row("1", "wake me"), row("2", "get up"));
        let names = Names { intents: vec!["alarm_set".to_owned()], slots: Vec::new() };
        let template =
            Template::default_for(Api::Completion, Form::Brackets, names.clone()).unwrap();
        let prompt = template.render(&asked, &[&shot]).unwrap();
        assert_eq!(
            prompt,
            Prompt::Text(
                "Utterance: get up\nIntent: alarm_set\nAnnotation: get up\n\nUtterance: wake me\n\
                 Intent:"
                    .to_owned()
            )
        );
        assert!(kinds(&prompt, &asked, &[&shot], Some(110)).is_empty());
        let Prompt::Text(text) = prompt else { return };
        let spaced = Prompt::Text(text + " ");
        assert_eq!(
            kinds(&spaced, &asked, &[&asked], Some(109)),
            ["trailing_space", "test_row_in_shots", "too_long"]
        );
        assert_eq!(
            kinds(&Prompt::Text("x".to_owned()), &asked, &[], None),
            ["text_missing", "missing_label"]
        );
    }

    #[test]
    fn a_chat_has_messages() {
        let (asked, shot) = (row("1", "wake me"), row("2", "get up"));
        let template = Template::default_for(Api::Chat, Form::Json, Names::release()).unwrap();
        let Prompt::Messages(messages) = template.render(&asked, &[&shot]).unwrap() else {
            panic!("no messages");
        };
        let roles: Vec<&str> = messages.iter().map(|message| message.role.as_str()).collect();
        assert_eq!(roles, ["system", "user", "assistant", "user"]);
        assert!(messages[0].content.contains("weather_query"));
        assert_eq!(messages[2].content, r#"{"intent":"alarm_set","slots":[]}"#);
        assert_eq!(messages[3].content, "wake me");
    }

    #[test]
    fn a_broken_template_is_named() {
        let parse = |source: &str| {
            Template::parse("t.j2", source, Api::Completion, Form::Json, Names::release())
        };
        let error = parse("a\n{% for %}").unwrap_err().to_string();
        assert!(error.starts_with("template t.j2, line 2: "), "{error}");
        let template = parse("{{ tekst }}").unwrap();
        assert!(template.render(&row("1", "a"), &[]).is_err());
        let template = parse("--- user\n{{ text }}").unwrap();
        assert!(template.render(&row("1", "a"), &[]).unwrap_err().to_string().contains("chat"));
    }
}
