//! What every command is given: the platform that is meant, how to print, and the time.

use kit::Ambient;

use crate::api::Api;
use crate::args::Global;
use crate::contexts::{Contexts, Place, Said};
use crate::directory::Directory;
use crate::failure::Failure;
use crate::output::Output;
use crate::render::Look;

pub struct Client {
    pub api: Api,
    pub output: Output,
    pub ambient: Ambient,
}

impl Client {
    pub fn new(global: &Global, output: Output) -> Result<Self, Failure> {
        let directory = Directory::of_user()?;
        let place = place(global, &directory)?;
        Ok(Self { api: Api::new(directory, &place, variable("BERTH_TOKEN"))?, output, ambient: Ambient::system() })
    }

    pub fn look(&self) -> Look {
        Look { now: self.ambient.now(), paint: self.output.paint }
    }
}

fn place(global: &Global, directory: &Directory) -> Result<Place, Failure> {
    let flags = Said { url: global.url.clone(), context: global.context.clone() };
    let environment = Said { url: variable("BERTH_URL"), context: variable("BERTH_CONTEXT") };
    Contexts::read(directory)?.choose(flags, environment)
}

/// One that is empty says nothing.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
