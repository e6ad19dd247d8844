//! `GET /`

use actix_web::web;

use crate::args::Pod;

/// A greeting that says who answers.
pub async fn root(pod: web::Data<Pod>) -> String {
    format!("Hello from {}\n", pod.name())
}
