//! Contexts: platforms that people named, each with a login of its own, and which of them a command means.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::api;
use crate::directory::{Directory, Lock};
use crate::failure::{Exit, Failure};

/// The context that is always there.
pub const DEFAULT: &str = "default";
const DEFAULT_URL: &str = "http://127.0.0.1:8080";
const FILE: &str = "contexts.json";

/// The file's form.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Contexts {
    /// None is the default.
    current: Option<String>,
    #[serde(default)]
    contexts: BTreeMap<String, String>,
}

/// A platform, and under which name it is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub context: Option<String>,
    pub url: String,
}

/// What flags and environment say.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub url: Option<String>,
    pub context: Option<String>,
}

impl Place {
    pub fn of_url(url: &str) -> Self {
        Self { context: None, url: url.trim_end_matches('/').to_owned() }
    }

    /// What its login is kept under. A named context's URL is part of it: a token never goes to another platform that took
    /// over the name. The default context shares with its plain URL, whose logins are older than contexts.
    pub fn account(&self) -> String {
        // Written in another way it is the same platform.
        let parsed = api::parse(&self.url).ok();
        let url = parsed.as_ref().map_or(self.url.as_str(), |url| url.as_str().trim_end_matches('/'));
        match &self.context {
            Some(name) if name != DEFAULT => format!("{name} {url}"),
            _ => url.to_owned(),
        }
    }
}

impl Contexts {
    pub fn read(directory: &Directory) -> Result<Self, Failure> {
        directory.read(FILE)
    }

    pub fn write(&self, directory: &Directory, lock: &Lock) -> Result<(), Failure> {
        directory.write(lock, FILE, self)
    }

    pub fn current(&self) -> &str {
        self.current.as_deref().unwrap_or(DEFAULT)
    }

    /// All of them, the default too.
    pub fn all(&self) -> Vec<Place> {
        let default = (!self.contexts.contains_key(DEFAULT)).then(|| (DEFAULT.to_owned(), DEFAULT_URL.to_owned()));
        let own = self.contexts.iter().map(|(name, url)| (name.clone(), url.clone()));
        default.into_iter().chain(own).map(|(name, url)| Place { context: Some(name), url }).collect()
    }

    pub fn find(&self, name: &str) -> Result<Place, Failure> {
        let found = self.all().into_iter().find(|place| place.context.as_deref() == Some(name));
        found.ok_or_else(|| {
            let told = format!("There is no context named `{name}`; `berth context ls` lists yours.");
            Failure::local(Exit::NotFound, "context_not_found", told)
        })
    }

    /// What a flag says goes before the environment, and a URL before a context.
    pub fn choose(&self, flags: Said, environment: Said) -> Result<Place, Failure> {
        match (flags.url, flags.context, environment.url, environment.context) {
            (Some(url), ..) => Ok(Place::of_url(&url)),
            (None, Some(name), ..) => self.find(&name),
            (None, None, Some(url), _) => Ok(Place::of_url(&url)),
            (None, None, None, Some(name)) => self.find(&name),
            (None, None, None, None) => self.find(self.current()),
        }
    }

    pub fn select(&mut self, name: &str) -> Result<Place, Failure> {
        let place = self.find(name)?;
        self.current = Some(name.to_owned());
        Ok(place)
    }

    /// A name that is taken is given to the new URL.
    pub fn add(&mut self, name: &str, url: &str) -> Place {
        let url = url.trim_end_matches('/').to_owned();
        self.contexts.insert(name.to_owned(), url.clone());
        Place { context: Some(name.to_owned()), url }
    }

    pub fn remove(&mut self, name: &str) -> Result<Place, Failure> {
        let place = self.find(name)?;
        if self.contexts.remove(name).is_none() {
            return Err(Failure::usage("The default context is always there."));
        }
        self.current = self.current.take().filter(|current| current != name);
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(url: &str, context: &str) -> Said {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Said { url: given(url), context: given(context) }
    }

    #[test]
    fn a_flag_goes_before_the_environment_and_a_url_before_a_context() {
        let mut contexts = Contexts::default();
        contexts.add("work", "http://work/");
        contexts.add("home", "http://home");
        let chosen = |contexts: &Contexts, flags: Said, environment: Said| {
            contexts.choose(flags, environment).map(|place| place.url).unwrap()
        };
        assert_eq!(chosen(&contexts, said("", ""), said("", "")), DEFAULT_URL);
        contexts.select("home").unwrap();
        assert_eq!(chosen(&contexts, said("", ""), said("", "")), "http://home");
        assert_eq!(chosen(&contexts, said("", ""), said("", "work")), "http://work");
        assert_eq!(chosen(&contexts, said("", ""), said("http://e", "work")), "http://e");
        assert_eq!(chosen(&contexts, said("", "work"), said("http://e", "home")), "http://work");
        assert_eq!(chosen(&contexts, said("http://f/", "work"), said("http://e", "home")), "http://f");
    }

    #[test]
    fn a_name_that_moves_to_another_url_does_not_take_its_login_along() {
        let mut contexts = Contexts::default();
        let before = contexts.add("work", "http://a").account();
        assert_ne!(contexts.add("work", "http://b").account(), before);
        assert_eq!(contexts.find(DEFAULT).unwrap().account(), Place::of_url(DEFAULT_URL).account());
    }

    #[test]
    fn a_platform_written_in_another_way_has_the_same_login() {
        assert_eq!(Place::of_url("HTTPS://Berth.example.org:443/").account(), "https://berth.example.org");
        assert_eq!(Place::of_url("http://127.0.0.1:8080").account(), "http://127.0.0.1:8080");
    }

    #[test]
    fn the_default_comes_back_and_cannot_be_removed() {
        let mut contexts = Contexts::default();
        contexts.add("work", "http://a");
        contexts.select("work").unwrap();
        contexts.remove("work").unwrap();
        assert_eq!(contexts.current(), DEFAULT);
        assert_eq!(contexts.remove(DEFAULT).unwrap_err().exit, Exit::Usage);
        assert_eq!(contexts.select("work").unwrap_err().exit, Exit::NotFound);
    }
}
