use crate::{
    render::questions,
    text::{
        dom::{self, Element, Node},
        html,
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// The longest answer to a control that says no length, in UTF-16 units: PathMX's number for long answers.
const LONGEST: usize = 2000;

/// A question as a page asks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerForm {
    /// By their names in the form.
    controls: BTreeMap<String, Control>,
}

/// An answer as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A text, or the label of the option that was chosen.
    One(String),
    /// The labels of all options that were chosen, in the order of the question.
    Several(Vec<String>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Control {
    /// What its answer is called in the topmatter.
    key: String,
    /// The options that can be chosen; none where anything may be written.
    options: Option<Vec<FormOption>>,
    /// Whether several of them can.
    several: bool,
    /// In UTF-16 units.
    longest: usize,
    required: bool,
}

/// An option of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
struct FormOption {
    /// What the form sends.
    value: String,
    /// What a reader reads.
    label: String,
}

impl Control {
    /// The number of the option that is meant by its value, or by its label.
    fn chosen(&self, text: &str) -> Option<usize> {
        let options = self.options.as_deref().unwrap_or_default();
        let by_label = || options.iter().position(|option| option.label == text);
        options.iter().position(|option| option.value == text).or_else(by_label)
    }

    /// What is recorded of an option: its label, which says the same whoever reads it. Where two options have the same, its value.
    fn name(&self, number: usize) -> Option<String> {
        let options = self.options.as_deref().unwrap_or_default();
        let FormOption { value, label } = options.get(number)?;
        let is_plain = !label.is_empty() && options.iter().filter(|option| option.label == *label).count() == 1;
        Some(if is_plain { label } else { value }.clone())
    }
}

/// Why an answer is not taken: one sentence for the person who answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AnswerRefused(String);

impl AnswerForm {
    /// The form for this target, `<source id>#<block id>`, in a page.
    #[must_use]
    pub fn find(page: &str, target: &str) -> Option<Self> {
        let (_, block) = target.split_once('#')?;
        let nodes = dom::parse(page);
        let form = find(&nodes, &|element| {
            element.is("form")
                && element.attr("data-pathmx-action-target").is_some_and(|found| html::unescape(found) == target)
        })?;
        let action = form.attr("data-pathmx-action").unwrap_or_default();
        if !action.starts_with("questions.") {
            return None;
        }
        let mut controls = BTreeMap::new();
        collect(&form.children, &format!("question.{block}"), (action, ""), &mut controls);
        (!controls.is_empty()).then_some(Self { controls })
    }

    /// The answers in a submission, by what they are called in the topmatter.
    ///
    /// # Errors
    /// A field that the question does not have, an option that it does not have, an answer that is too long or missing.
    pub fn answers(&self, fields: &[(String, String)]) -> Result<Vec<(String, Given)>, AnswerRefused> {
        let refused = |message: String| Err(AnswerRefused(message));
        let mut found: BTreeMap<&str, String> = BTreeMap::new();
        let mut chosen: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
        for (name, value) in fields.iter().filter(|(name, _)| name.starts_with("question.")) {
            let Some(control) = self.controls.get(name) else {
                return refused(format!("the question has no field `{name}`"));
            };
            // A form sends line ends as two characters, and counts them as one.
            let value = value.replace("\r\n", "\n");
            if control.options.is_some() {
                let Some(number) = control.chosen(&value) else {
                    return refused(format!("`{value}` is none of the options"));
                };
                let numbers = chosen.entry(name).or_default();
                if !numbers.insert(number) || (numbers.len() > 1 && !control.several) {
                    return refused(format!("`{name}` is answered twice"));
                }
                continue;
            }
            if value.encode_utf16().count() > control.longest {
                return refused(format!("an answer has at most {} characters", control.longest));
            }
            if found.insert(name, value).is_some() {
                return refused(format!("`{name}` is answered twice"));
            }
        }
        let mut answers = Vec::new();
        for (name, control) in &self.controls {
            let labels: Vec<String> =
                chosen.get(name.as_str()).into_iter().flatten().filter_map(|number| control.name(*number)).collect();
            let text = found.remove(name.as_str()).filter(|answer| !answer.trim().is_empty());
            let given = if control.several {
                Some(labels).filter(|labels| !labels.is_empty()).map(Given::Several)
            } else {
                labels.into_iter().next().or(text).map(Given::One)
            };
            match given {
                Some(given) => answers.push((control.key.clone(), given)),
                None if control.required => return refused("an answer is missing".to_owned()),
                None => {}
            }
        }
        if answers.is_empty() { refused("an answer is missing".to_owned()) } else { Ok(answers) }
    }
}

fn find<'n, 'a>(nodes: &'n [Node<'a>], test: &dyn Fn(&Element<'a>) -> bool) -> Option<&'n Element<'a>> {
    nodes
        .iter()
        .filter_map(Node::element)
        .find_map(|element| if test(element) { Some(element) } else { find(&element.children, test) })
}

/// The controls of a form. `action` is the form's, `label` what the elements around say.
fn collect(nodes: &[Node<'_>], name: &str, (action, label): (&str, &str), controls: &mut BTreeMap<String, Control>) {
    for element in nodes.iter().filter_map(Node::element) {
        let own = element.is("label").then(|| questions::words(&element.children));
        collect(&element.children, name, (action, own.as_deref().unwrap_or(label)), controls);
        let Some(own) = element.attr("name").map(html::unescape).filter(|_| is_control(element)) else { continue };
        let key = match own.strip_prefix(name) {
            Some("") if action.ends_with("Choice") => "choice",
            Some("") => "text",
            Some(field) => match field.strip_prefix('.') {
                Some(field) if !field.is_empty() => field,
                _ => continue,
            },
            None => continue,
        };
        let control = controls.entry(own.clone().into_owned()).or_insert_with(|| Control {
            key: key.to_owned(),
            longest: element.attr("maxlength").and_then(|most| most.parse().ok()).unwrap_or(LONGEST),
            ..Control::default()
        });
        control.required |= element.attr("required").is_some();
        if let Some(kind) = element.attr("type").filter(|kind| matches!(*kind, "radio" | "checkbox")) {
            control.several |= kind == "checkbox";
            let value = html::unescape(element.attr("value").unwrap_or_default()).into_owned();
            control.options.get_or_insert_default().push(FormOption { value, label: label.to_owned() });
        }
    }
}

fn is_control(element: &Element<'_>) -> bool {
    matches!(&*element.name, "input" | "textarea" | "select")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const PAGE: &str = "<main><form data-pathmx-action=\"questions.submitSingleChoice\" data-pathmx-action-target=\"a.quiz#q\">\
        <input type=\"hidden\" name=\"action\" value=\"submit\"><ul><li><label><input type=radio name=\"question.q\" value=\"one\" required><span>The <b>first</b>\n one</span></label>\
        <li><input type=radio name=\"question.q\" value=\"t&amp;o\" required></ul></form>\
        <form data-pathmx-action=\"questions.submitMultipleChoice\" data-pathmx-action-target=\"a.quiz#m\">\
        <label><input type=checkbox name=\"question.m\" value=\"a\">A &amp; A</label><label><input type=checkbox name=\"question.m\" value=\"b\">B</label>\
        <label><input type=checkbox name=\"question.m\" value=\"b-2\">B</label></form>\
        <form data-pathmx-action=\"questions.submitFields\" data-pathmx-action-target=\"a.quiz#f\">\
        <input class=\"pmx-response-field\" name=\"question.f.minutes\" maxlength=\"3\" required><input name=\"question.f.note\"></form></main>";

    #[test]
    fn an_answer_must_fit_the_form_of_the_page() {
        let choice = AnswerForm::find(PAGE, "a.quiz#q").unwrap();
        let answers = choice.answers(&fields(&[("action", "submit"), ("question.q", "t&o")]));
        assert_eq!(answers, Ok(vec![("choice".to_owned(), Given::One("t&o".to_owned()))]), "it has no label");
        for sent in ["one", "The first one"] {
            let answers = choice.answers(&fields(&[("question.q", sent)]));
            assert_eq!(answers, Ok(vec![("choice".to_owned(), Given::One("The first one".to_owned()))]), "{sent}");
        }
        for (bad, why) in [
            (vec![("question.q", "three")], "`three` is none of the options"),
            (vec![("question.q", "one"), ("question.q", "one")], "`question.q` is answered twice"),
            (vec![("question.x", "one")], "the question has no field `question.x`"),
            (vec![], "an answer is missing"),
        ] {
            assert_eq!(choice.answers(&fields(&bad)).unwrap_err().to_string(), why);
        }
        let form = AnswerForm::find(PAGE, "a.quiz#f").unwrap();
        let answers = form.answers(&fields(&[("question.f.minutes", "2\r\n"), ("question.f.note", " ")]));
        assert_eq!(answers, Ok(vec![("minutes".to_owned(), Given::One("2\n".to_owned()))]));
        assert!(form.answers(&fields(&[("question.f.minutes", "1234")])).is_err());
        assert!(form.answers(&fields(&[("question.f.note", "x")])).is_err());
        assert_eq!(AnswerForm::find(PAGE, "a.quiz#nothing"), None);
    }

    #[test]
    fn of_several_options_all_labels_are_recorded_in_their_order() {
        let form = AnswerForm::find(PAGE, "a.quiz#m").unwrap();
        let several = |list: &[&str]| Given::Several(list.iter().map(|label| (*label).to_owned()).collect());
        let given = |sent: &[&str]| {
            let sent: Vec<_> = sent.iter().map(|value| ("question.m", *value)).collect();
            form.answers(&fields(&sent)).map(|mut answers| answers.remove(0).1).map_err(|error| error.to_string())
        };
        assert_eq!(
            given(&["b", "a"]),
            Ok(several(&["A & A", "b"])),
            "two read B, so that one is recorded by its value"
        );
        assert_eq!(given(&["b-2"]), Ok(several(&["b-2"])));
        assert_eq!(given(&[]).unwrap_err(), "an answer is missing");
        assert_eq!(given(&["a", "a"]).unwrap_err(), "`question.m` is answered twice");
        assert_eq!(given(&["c"]).unwrap_err(), "`c` is none of the options");
    }
}
