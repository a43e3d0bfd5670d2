//! Questions to the person at the terminal: for what was not given as an argument, and for what cannot be undone.

use std::io::{IsTerminal as _, Write as _};

use crate::args::Consent;
use crate::failure::{Exit, Failure};

/// The given value, or an answer at the terminal; a usage failure where nobody can be asked.
pub fn text(given: Option<&String>, option: &str, question: &str) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    needs_terminal(option)?;
    filled(answer(question)?, option)
}

/// The given password, or one typed without being shown.
pub fn password(given: Option<&String>) -> Result<String, Failure> {
    secret(given, "--password or BERTH_PASSWORD", "Password")
}

/// A password that is to be, typed twice: nobody sees a slip. `option` names where else it can come from.
pub fn new_password(given: Option<&String>, option: &str) -> Result<String, Failure> {
    let password = secret(given, option, "New password")?;
    if given.is_none() && rpassword::prompt_password("Once more: ").map_err(Failure::other)? != password {
        return Err(Failure::usage("The two passwords differ."));
    }
    Ok(password)
}

/// The given secret, or one typed without being shown.
pub fn secret(given: Option<&String>, option: &str, question: &str) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    needs_terminal(option)?;
    filled(rpassword::prompt_password(format!("{question}: ")).map_err(Failure::other)?, option)
}

/// Comes back only if `what` is meant. Where nobody can be asked, `--yes` must have said so.
pub fn consent(consent: Consent, what: &str) -> Result<(), Failure> {
    if consent.yes {
        return Ok(());
    }
    needs_terminal("--yes")?;
    agreed(is_yes(&answer(&format!("{what} Go on? [y/N]"))?))
}

/// As `consent`, for what people should not do by habit: they must type `word`.
pub fn consent_by_typing(consent: Consent, what: &str, word: &str) -> Result<(), Failure> {
    if consent.yes {
        return Ok(());
    }
    needs_terminal("--yes")?;
    agreed(answer(&format!("{what} Type {word} to go on"))? == word)
}

/// Whether somebody is there to be asked.
pub fn is_attended() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.to_ascii_lowercase().as_str(), "y" | "yes")
}

fn agreed(so: bool) -> Result<(), Failure> {
    if so { Ok(()) } else { Err(Failure::local(Exit::Other, "declined", "Nothing was done.")) }
}

fn answer(question: &str) -> Result<String, Failure> {
    let _ = write!(std::io::stderr(), "{question}: ");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(Failure::other)?;
    Ok(line.trim().to_owned())
}

fn needs_terminal(option: &str) -> Result<(), Failure> {
    if std::io::stdin().is_terminal() { Ok(()) } else { Err(Failure::usage(format!("Give {option}."))) }
}

fn filled(answer: String, option: &str) -> Result<String, Failure> {
    if answer.is_empty() { Err(Failure::usage(format!("Give {option}."))) } else { Ok(answer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_yes_is_one() {
        assert!(is_yes("y") && is_yes("YES"));
        assert!(!is_yes("") && !is_yes("n") && !is_yes("yes please"));
        assert_eq!(agreed(false).unwrap_err().exit, Exit::Other);
    }
}
