//! What every command is given.

use kit::Ambient;

use crate::api::Api;
use crate::args::Global;
use crate::failure::Failure;
use crate::output::Output;

pub struct Context {
    pub api: Api,
    pub output: Output,
    pub ambient: Ambient,
}

impl Context {
    pub fn new(global: &Global) -> Result<Self, Failure> {
        Ok(Self { api: Api::new(&global.url)?, output: Output { json: global.json }, ambient: Ambient::system() })
    }
}
