//! What no endpoint takes: another method of a known path, or a path that is none.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::ALLOW;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError as _, web};
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

/// Refuses a method that a known path does not take, before any endpoint is looked for: `/user/login` would otherwise be
/// taken for a user called `login`.
pub async fn methods_only(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let paths = request.app_data::<web::Data<Paths>>().cloned();
    let methods = paths.map(|paths| paths.methods(request.path())).unwrap_or_default();
    if methods.is_empty() || methods.contains(&request.method().as_str()) {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    }
    Ok(request.into_response(not_allowed(&methods)).map_into_right_body())
}

fn not_allowed(methods: &[&str]) -> HttpResponse {
    let allowed = methods.join(", ");
    let mut response =
        Problem(Failure::new(ErrorCode::MethodNotAllowed, format!("This path takes {allowed}."))).error_response();
    if let Ok(value) = allowed.parse() {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}

/// What no endpoint took.
pub async fn handler() -> HttpResponse {
    Problem(Failure::of(ErrorCode::RouteNotFound)).error_response()
}
