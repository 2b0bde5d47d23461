//! A person who arranges: what is to be done is written out, and what came of it is typed in.

use std::{
    io::{BufRead, Write},
    sync::Mutex,
};

use serde_json::{Value, json};

use crate::arrange::{Action, ArrangeError, Arranger, Arranging};

/// Asks a person, who does it with a real phone and in WeChat's console.
///
/// Each prompt is one paragraph that ends with `> `. An answer is one line: empty for "done", `skip` for
/// "cannot be done", or the JSON that the [`Action`] gives.
pub struct Ask<R, W> {
    talk: Mutex<(R, W)>,
}

impl<R: BufRead + Send, W: Write + Send> Ask<R, W> {
    /// Reads answers from one side and writes prompts to the other.
    pub fn new(answers: R, prompts: W) -> Self {
        Self {
            talk: Mutex::new((answers, prompts)),
        }
    }

    fn ask(&self, action: &Action) -> Result<Value, ArrangeError> {
        let lost = |error: std::io::Error| ArrangeError::Failed(error.to_string());
        let mut talk = self
            .talk
            .lock()
            .map_err(|_| ArrangeError::Failed("an earlier prompt was not answered".to_owned()))?;
        let (answers, prompts) = &mut *talk;
        write!(prompts, "\n{}\n> ", prompt(action)).map_err(lost)?;
        prompts.flush().map_err(lost)?;
        let mut line = String::new();
        if answers.read_line(&mut line).map_err(lost)? == 0 {
            return Err(ArrangeError::Failed("nobody answers".to_owned()));
        }
        match line.trim() {
            "" => Ok(json!({})),
            "skip" => Err(ArrangeError::Unable("the person cannot do it".to_owned())),
            text => serde_json::from_str(text)
                .map_err(|error| ArrangeError::Failed(format!("the answer is no JSON: {error}"))),
        }
    }
}

impl<R: BufRead + Send, W: Write + Send> Arranger for Ask<R, W> {
    /// A person opens no accounts and asks a mock nothing; time passes by itself.
    fn can(&self, action: &Action) -> bool {
        let is_impossible = matches!(
            action,
            Action::NewAccount { .. }
                | Action::AdvanceClock { .. }
                | Action::SetClock { .. }
                | Action::ReadPushes { .. }
                | Action::ReadClock
        );
        !action.is_of_the_mock() && !is_impossible
    }

    fn carry_out(&self, action: Action) -> Arranging<'_> {
        Box::pin(async move {
            if self.can(&action) {
                self.ask(&action)
            } else {
                Err(ArrangeError::Unable(format!(
                    "a person cannot do this: {action:?}"
                )))
            }
        })
    }
}

/// What a person reads.
fn prompt(action: &Action) -> String {
    let json = serde_json::to_value(action).unwrap_or_default();
    let ask = match action {
        Action::NewUser { name, .. } => format!(
            "Choose a customer who is not part of the run yet, and call them {name:?}. Type \
             {{\"unionid\": …, \"openids\": {{APPID: OPENID}}}}."
        ),
        Action::ReadUser { user } => format!(
            "Which ids has {user:?}? Type {{\"unionid\": …, \"openids\": {{APPID: OPENID}}}}."
        ),
        Action::Phone {
            user, action, code, ..
        } => {
            let code = code
                .as_ref()
                .map_or(String::new(), |code| format!(" with the code {code}"));
            format!(
                "On the phone of {user:?}, do {action:?}{code}. Type what the page is given, as \
                 JSON: {}",
                json["with"]
            )
        }
        Action::ReviewCard { card_id, pass, .. } => {
            let what = if *pass { "approve" } else { "refuse" };
            format!("Have the review {what} the card {card_id}.")
        }
        _ => format!("Do this: {json}"),
    };
    format!("{ask}\nAn empty line means done, skip means that it cannot be done.")
}
