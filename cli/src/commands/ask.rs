//! Questions to the person at the terminal, for what was not given as an argument.

use std::io::{IsTerminal as _, Write as _};

use crate::failure::Failure;

/// The given value, or an answer at the terminal; a usage failure where nobody can be asked.
pub fn text(given: Option<&String>, option: &str, question: &str) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    needs_terminal(option)?;
    let _ = write!(std::io::stderr(), "{question}: ");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(Failure::other)?;
    filled(line.trim().to_owned(), option)
}

/// The given password, or one typed without being shown.
pub fn password(given: Option<&String>) -> Result<String, Failure> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    needs_terminal("--password or BERTH_PASSWORD")?;
    filled(rpassword::prompt_password("Password: ").map_err(Failure::other)?, "--password")
}

/// The same, typed twice: nobody sees a slip.
pub fn new_password(given: Option<&String>) -> Result<String, Failure> {
    let password = password(given)?;
    if given.is_none() && rpassword::prompt_password("Once more: ").map_err(Failure::other)? != password {
        return Err(Failure::usage("The two passwords differ."));
    }
    Ok(password)
}

fn needs_terminal(option: &str) -> Result<(), Failure> {
    if std::io::stdin().is_terminal() { Ok(()) } else { Err(Failure::usage(format!("Give {option}."))) }
}

fn filled(answer: String, option: &str) -> Result<String, Failure> {
    if answer.is_empty() { Err(Failure::usage(format!("Give {option}."))) } else { Ok(answer) }
}
