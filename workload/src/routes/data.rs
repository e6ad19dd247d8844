//! `GET /api/data`

use actix_web::web;
use serde::Serialize;

use crate::args::Pod;

#[derive(Debug, Serialize)]
pub struct Data {
    pod: String,
    items: [Item; 3],
}

#[derive(Debug, Serialize)]
struct Item {
    id: u32,
    name: &'static str,
    price_cents: u32,
}

/// A small document, the same each time, such as an API would serve.
pub async fn data(pod: web::Data<Pod>) -> web::Json<Data> {
    let item = |id, name, price_cents| Item {
        id,
        name,
        price_cents,
    };
    web::Json(Data {
        pod: pod.name().to_owned(),
        items: [
            item(1, "espresso", 220),
            item(2, "flat white", 340),
            item(3, "cold brew", 410),
        ],
    })
}
