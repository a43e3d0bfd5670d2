//! The documentation as files, for a front door that serves them itself.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

use super::own;

/// What the interactive page is made of; its first file names the others.
const PAGE: [&str; 8] = [
    "index.html",
    "index.css",
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "swagger-initializer.js",
    "favicon-16x16.png",
    "favicon-32x32.png",
];

/// Writes `openapi.json`, `docs/` and `docs/errors.html` into a directory. Each file is the whole one or the one before.
pub fn write(directory: &Path, document: &OpenApi) -> anyhow::Result<()> {
    let config = Arc::new(Config::from("/openapi.json"));
    put(directory, "openapi.json", document.to_pretty_json()?.as_bytes())?;
    put(directory, "docs/errors.html", own::errors_page().as_bytes())?;
    for name in PAGE {
        let file = utoipa_swagger_ui::serve(name, config.clone()).map_err(|error| anyhow!("{name}: {error}"))?;
        let file = file.with_context(|| format!("the page has no {name}"))?;
        put(directory, &format!("docs/{name}"), &file.bytes)?;
    }
    Ok(())
}

fn put(directory: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let path = directory.join(name);
    let new = directory.join(format!("{name}.new"));
    let write = || {
        fs::create_dir_all(path.parent().unwrap_or(directory))?;
        fs::write(&new, bytes)?;
        fs::rename(&new, &path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_the_page_names_is_written() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), &crate::http::openapi::of(&[])).unwrap();
        let read = |name: &str| fs::read_to_string(directory.path().join(name)).unwrap();
        let page = read("docs/index.html");
        let attributes = page.split("src=\"").chain(page.split("href=\"")).skip(1);
        let named: Vec<&str> = attributes.filter_map(|rest| rest.split('"').next()?.strip_prefix("./")).collect();
        assert!(named.len() >= 6, "{page}");
        for name in named {
            assert!(directory.path().join("docs").join(name).is_file(), "{name}");
        }
        assert!(read("docs/swagger-initializer.js").contains("/openapi.json"));
        assert!(read("docs/errors.html").contains("id=\"rate_limited\""));
        assert!(read("openapi.json").contains("\"openapi\""));
    }
}
