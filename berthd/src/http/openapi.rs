//! The REST interface as OpenAPI 3.1, generated from the endpoints themselves.

use std::sync::Mutex;

use actix_web::App;
use kit::Ambient;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_actix_web::AppExt as _;
use wire::problem::ProblemBody;
use wire::service::Routes;

use crate::config::Config;
use crate::data_dir::DataDir;

#[derive(OpenApi)]
#[openapi(
    info(title = "Berth", description = "Containers for everybody: sign up, pick a machine, get an allocation.",
         license(name = "Apache-2.0", identifier = "Apache-2.0")),
    servers((url = "/")),
    components(schemas(ProblemBody)),
    modifiers(&Bearer)
)]
struct Base;

/// Access tokens, as every operation that names `bearer` takes them, and API keys, for the scopes named with `api_key`.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.bearer_format = Some("JWT".to_owned());
        if let Some(components) = document.components.as_mut() {
            components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.bearer_format = Some("berth_…".to_owned());
            let scopes = kit::Scope::ALL.iter().map(|scope| format!("- `{scope}`: {}", scope.meaning()));
            let list = scopes.collect::<Vec<_>>().join("\n");
            scheme.description = Some(format!("An API key in the place of an access token. What it may do:\n\n{list}"));
            components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
        }
    }
}

/// The document of these endpoints.
pub fn of(routes: &[Routes]) -> utoipa::openapi::OpenApi {
    let (_, document) = App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .configure(|config| routes.iter().for_each(|add| add(config)))
        .split_for_parts();
    document
}

/// The document of the services as they are composed, without running them: on a directory of its own.
pub async fn document() -> anyhow::Result<utoipa::openapi::OpenApi> {
    let directory = std::env::temp_dir().join(format!("berth-openapi-{}", std::process::id()));
    let config = Config { data_dir: directory.clone(), ..Config::default() };
    let ambient = Ambient::system();
    let data = DataDir::open(&directory, None, None, &ambient)?;
    let address = "127.0.0.1:0".parse()?;
    let platform = crate::up::platform(config, ambient, &data, address)?;
    let services = crate::wiring::all(&platform).await?;
    let routes: Vec<Routes> = services.iter().filter_map(|service| service.http.clone()).collect();
    let document = of(&routes);
    let opened = Mutex::lock(&platform.databases).map(|opened| opened.values().cloned().collect::<Vec<_>>());
    for database in opened.unwrap_or_default() {
        database.close().await;
    }
    std::fs::remove_dir_all(&directory)?;
    Ok(document)
}
