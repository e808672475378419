//! What is sent along with a request, and to whom.

use super::request::Request;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

/// The headers of a request to an address.
pub(super) fn headers(request: &Request, url: &Url) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static(request.accept));
    headers.insert(
        header::ACCEPT_ENCODING,
        HeaderValue::from_static("identity"),
    );
    let mut set = |name: HeaderName, value: Option<&str>| {
        if let Some(mut value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            value.set_sensitive(name == header::AUTHORIZATION);
            headers.insert(name, value);
        }
    };
    set(header::IF_NONE_MATCH, request.unless.etag.as_deref());
    set(
        header::IF_MODIFIED_SINCE,
        request.unless.last_modified.as_deref(),
    );
    set(
        header::AUTHORIZATION,
        request
            .address
            .authorization_for(url)
            .map(crate::model::Redacted::expose),
    );
    if url.origin() == request.address.url().origin() {
        for (name, value) in &request.headers {
            let name = HeaderName::from_bytes(name.as_bytes());
            let value = HeaderValue::from_str(value.expose());
            if let (Ok(name), Ok(mut value)) = (name, value) {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        }
    }
    headers
}
