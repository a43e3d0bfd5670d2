//! What no endpoint took: another method of a known path, or a path that is none.

use actix_web::http::Method;
use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _, web};
use kit::{ErrorCode, Failure};
use utoipa::openapi::OpenApi;
use wire::Problem;

/// The known paths, `{…}` standing for one segment, with their methods.
pub struct Paths(Vec<(Vec<String>, Vec<&'static str>)>);

impl Paths {
    pub fn of(document: &OpenApi) -> Self {
        let methods = |item: &utoipa::openapi::PathItem| {
            let known = [
                ("GET", item.get.is_some()),
                ("PUT", item.put.is_some()),
                ("POST", item.post.is_some()),
                ("PATCH", item.patch.is_some()),
                ("DELETE", item.delete.is_some()),
            ];
            known.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
        };
        let paths = document.paths.paths.iter();
        Self(paths.map(|(path, item)| (segments(path), methods(item))).collect())
    }

    /// The methods of a path; empty where nothing is there.
    fn methods(&self, path: &str) -> Vec<&'static str> {
        let asked = segments(path);
        let same = |known: &[String]| {
            known.len() == asked.len()
                && known.iter().zip(&asked).all(|(known, asked)| known.starts_with('{') || known == asked)
        };
        // `/allocations/quota` is itself before it is an `{id}`.
        let literal = |known: &[String]| known.iter().filter(|part| !part.starts_with('{')).count();
        let matching = self.0.iter().filter(|(known, _)| same(known));
        matching.max_by_key(|(known, _)| literal(known)).map(|(_, methods)| methods.clone()).unwrap_or_default()
    }
}

fn segments(path: &str) -> Vec<String> {
    path.trim_matches('/').split('/').map(str::to_owned).collect()
}

pub async fn handler(request: HttpRequest, paths: web::Data<Paths>) -> HttpResponse {
    let methods = paths.methods(request.path());
    if methods.is_empty() || (*request.method() == Method::GET && methods.contains(&"GET")) {
        return Problem(Failure::of(ErrorCode::RouteNotFound)).error_response();
    }
    let allowed = methods.join(", ");
    let mut response =
        Problem(Failure::new(ErrorCode::MethodNotAllowed, format!("This path takes {allowed}."))).error_response();
    if let Ok(value) = allowed.parse() {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}
