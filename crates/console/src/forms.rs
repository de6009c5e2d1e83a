//! Forms: read, limited, and refused without the session's token.

use crate::pages::PageError;
use crate::ui::Ui;
use axum::Form;
use axum::extract::{FromRequest, Multipart, Request};
use subtle::ConstantTimeEq as _;

/// Most fields of a form: a warning has 33, and a few around them.
const FIELDS_MAX: usize = 200;

/// Most files of one upload: there are eight slots.
pub(crate) const FILES_MAX: usize = 8;

/// Largest file: the largest size class of an attachment, without its padding.
pub(crate) const FILE_BYTES_MAX: usize = 1024 * 1024 - 1024;

/// Largest upload.
pub(crate) const UPLOAD_BYTES_MAX: usize = FILES_MAX * FILE_BYTES_MAX + 256 * 1024;

/// The fields of a form, in their order.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value of a field; empty if it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// The value without space at its ends, if anything is left.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|value| !value.is_empty())
    }

    /// Every value of a field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A form with the session's token.
pub(crate) struct Signed {
    pub(crate) ui: Ui,
    pub(crate) fields: Fields,
}

fn check(ui: &Ui, fields: &Fields) -> Result<(), PageError> {
    let expected = ui.session.as_deref().map_or("", |session| session.csrf.as_str());
    let given = fields.get("csrf");
    if expected.is_empty() || !bool::from(expected.as_bytes().ct_eq(given.as_bytes())) {
        return Err(PageError::StaleForm);
    }
    Ok(())
}

fn visitor(request: &Request) -> Result<Ui, PageError> {
    request.extensions().get::<Ui>().cloned().ok_or(PageError::StaleForm)
}

/// Browsers send CR LF; texts of statements have LF alone.
fn clean(value: &str) -> String {
    value.replace("\r\n", "\n").replace('\r', "\n")
}

impl<S: Send + Sync> FromRequest<S> for Signed {
    type Rejection = axum::response::Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let ui = visitor(&request).map_err(PageError::bare)?;
        let form = Form::<Vec<(String, String)>>::from_request(request, state).await;
        let Form(pairs) = form.map_err(|_| PageError::StaleForm.show(&ui))?;
        if pairs.len() > FIELDS_MAX {
            return Err(PageError::StaleForm.show(&ui));
        }
        let fields = Fields(pairs.into_iter().map(|(key, value)| (key, clean(&value))).collect());
        check(&ui, &fields).map_err(|error| error.show(&ui))?;
        Ok(Self { ui, fields })
    }
}

/// A file that was sent with a form.
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) content: Vec<u8>,
}

/// A form with files and the session's token.
pub(crate) struct SignedUpload {
    pub(crate) ui: Ui,
    pub(crate) fields: Fields,
    pub(crate) files: Vec<Upload>,
}

impl<S: Send + Sync> FromRequest<S> for SignedUpload {
    type Rejection = axum::response::Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let ui = visitor(&request).map_err(PageError::bare)?;
        let read = async {
            let mut multipart = Multipart::from_request(request, state).await.map_err(|_| PageError::StaleForm)?;
            let (mut fields, mut files) = (Vec::new(), Vec::new());
            while let Some(part) = multipart.next_field().await.map_err(|_| PageError::TooLarge)? {
                let name = part.name().unwrap_or_default().to_owned();
                match part.file_name().map(str::to_owned) {
                    Some(file) => {
                        let media_type = part.content_type().unwrap_or("application/octet-stream").to_owned();
                        let content = part.bytes().await.map_err(|_| PageError::TooLarge)?.to_vec();
                        // An empty input sends one part without name and content.
                        if file.is_empty() && content.is_empty() {
                            continue;
                        }
                        if content.len() > FILE_BYTES_MAX || files.len() >= FILES_MAX {
                            return Err(PageError::TooLarge);
                        }
                        files.push(Upload { name: file_name(&file), media_type, content });
                    }
                    None => {
                        let value = part.text().await.map_err(|_| PageError::StaleForm)?;
                        if fields.len() >= FIELDS_MAX {
                            return Err(PageError::StaleForm);
                        }
                        fields.push((name, clean(&value)));
                    }
                }
            }
            let fields = Fields(fields);
            check(&ui, &fields)?;
            Ok((fields, files))
        };
        match read.await {
            Ok((fields, files)) => Ok(Self { ui, fields, files }),
            Err(error) => Err(error.show(&ui)),
        }
    }
}

/// The last part of a name, without signs that end lines or hide what a file is.
fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String =
        last.chars().filter(|c| monition_evidence::Text::parse(&c.to_string()).is_ok()).take(120).collect();
    if name.trim().is_empty() { "file".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_one_harmless_name() {
        for (given, kept) in [
            ("C:\\secret\\plan.pdf", "plan.pdf"),
            ("../../etc/passwd", "passwd"),
            ("gpj\u{202e}exe", "gpjexe"),
            ("", "file"),
            ("نقشه.png", "نقشه.png"),
        ] {
            assert_eq!(file_name(given), kept);
        }
    }
}
