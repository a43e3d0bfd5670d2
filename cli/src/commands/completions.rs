//! `completions`: what makes a shell complete our command lines, for packages and for people's shell start-up files.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use crate::args::Args;
use crate::complete;
use crate::failure::Failure;
use crate::output::Output;

pub fn run(shell: Shell, names: bool) -> Result<(), Failure> {
    let script = if names { complete::registration(&shell.to_string())? } else { script(shell) };
    Output::bytes(&script)
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    generate(shell, &mut Args::command(), "berth", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_shell_completes_every_command() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(script(*shell)).unwrap();
            for command in Args::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell} does not know {}", command.get_name());
            }
            assert!(script.contains("dead-letters") && script.contains("no-wait"), "{shell}");
        }
    }

    #[test]
    fn every_shell_can_ask_for_names() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(complete::registration(&shell.to_string()).unwrap()).unwrap();
            assert!(script.contains("BERTH_COMPLETE"), "{shell}: {script}");
        }
    }
}
